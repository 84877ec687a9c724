// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/retention.h"

#include "base/text.h"
#include "core/artifact/version.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::artifact {

namespace {

constexpr std::int64_t kSecondsADay = 86'400;

std::optional<Version> stored_version(const StoredVersion& stored) {
  const auto text = version_of_tag(stored.tag);
  return text ? parse_version(*text) : std::nullopt;
}

/// Newest first; tags that are no versions last, by name.
bool is_newer(const StoredVersion& a, const StoredVersion& b) {
  const auto left = stored_version(a);
  const auto right = stored_version(b);
  if (left && right && compare(*left, *right) != 0) return compare(*left, *right) > 0;
  if (left.has_value() != right.has_value()) return left.has_value();
  return a.tag < b.tag;
}

std::string reason_to_keep(const StoredVersion& stored, const Retention& retention,
                           std::int64_t position, std::int64_t now) {
  if (!stored_version(stored)) return "it is no version";
  if (position < retention.keep_last) {
    return fmt::format("it is one of the last {}", retention.keep_last);
  }
  for (const std::string& pattern : retention.protected_tags) {
    if (glob_match(pattern, stored.tag)) return fmt::format("'{}' is protected", pattern);
  }
  if (retention.referenced.contains(stored.digest)) return "a published product refers to it";
  if (retention.keep_days <= 0) return "";
  if (!stored.created) return "its age is not known";
  if (now - *stored.created < retention.keep_days * kSecondsADay) {
    return fmt::format("it is younger than {} days", retention.keep_days);
  }
  return "";
}

}  // namespace

std::vector<Fate> decide(std::vector<StoredVersion> versions, const Retention& retention,
                         std::int64_t now) {
  std::sort(versions.begin(), versions.end(), is_newer);
  std::vector<Fate> out;
  std::int64_t releases = 0;
  std::int64_t prereleases = 0;
  for (StoredVersion& stored : versions) {
    const auto version = stored_version(stored);
    std::int64_t& counter = version && version->is_prerelease() ? prereleases : releases;
    std::string reason = reason_to_keep(stored, retention, version ? counter++ : 0, now);
    out.push_back({std::move(stored), std::move(reason)});
  }
  for (Fate& fate : out) {
    if (!fate.kept_because.empty()) continue;
    const auto twin = std::find_if(out.begin(), out.end(), [&](const Fate& other) {
      return !other.kept_because.empty() && other.version.digest == fate.version.digest;
    });
    if (twin != out.end()) fate.kept_because = fmt::format("{} is the same", twin->version.tag);
  }
  return out;
}

}  // namespace floe::artifact
