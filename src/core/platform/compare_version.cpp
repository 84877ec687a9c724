// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "core/artifact/version.h"
#include "core/platform/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace floe::core {

namespace {

using artifact::Version;

constexpr std::size_t kMostShownText = 60;    // code points of a value
constexpr std::size_t kMostShownChanges = 5;  // of those that ask for a step

/// A value as part of a line: without line breaks, cut off where it is long.
std::string shown_value(const std::string& text) {
  std::string line = replace_all(text, "\n", " ");
  std::size_t at = 0;
  for (std::size_t points = 0; at < line.size(); ++at) {
    const bool begins = (static_cast<unsigned char>(line[at]) & 0xc0) != 0x80;
    if (begins && ++points > kMostShownText) break;
  }
  if (at == line.size()) return line;
  line.resize(at);
  return line + "…";
}

/// The release that a version is or leads to.
Version release_of(Version version) {
  version.prerelease.clear();
  version.build.clear();
  return version;
}

Version raised(Version version, Step step) {
  if (version.major == 0 && step != Step::kNone) {
    step = step == Step::kMajor ? Step::kMinor : Step::kPatch;
  }
  if (step == Step::kMajor) return {version.major + 1, 0, 0, "", ""};
  if (step == Step::kMinor) return {version.major, version.minor + 1, 0, "", ""};
  if (step == Step::kPatch) ++version.patch;
  return version;
}

std::string version_text(const Version& version) {
  return fmt::format("{}.{}.{}", version.major, version.minor, version.patch);
}

/// "a tightened rule needs at least 1.3.0".
std::string_view reason_words(const Change& change) {
  switch (change.direction) {
    case Direction::kTightened: return "a tightened rule";
    case Direction::kLoosened: return "a loosened rule";
    case Direction::kAdded: return "an addition";
    case Direction::kRemoved: return "a removal";
    case Direction::kChanged: return change.step == Step::kMajor ? "another plugin" : "a change";
  }
  return "a change";
}

Error understated(const std::string& version, const std::string& needed, Step step,
                  const std::vector<Change>& changes) {
  std::vector<const Change*> reasons;
  for (const Change& change : changes) {
    if (change.step == step) reasons.push_back(&change);
  }
  std::string message = fmt::format("version {} understates what changes: {} needs at least {}",
                                    version, reason_words(*reasons.front()), needed);
  for (std::size_t i = 0; i < std::min(reasons.size(), kMostShownChanges); ++i) {
    message += fmt::format("\n  {:<9}  {}", direction_name(reasons[i]->direction),
                           change_text(*reasons[i]));
  }
  if (reasons.size() > kMostShownChanges) {
    message += fmt::format("\n  and {} more", reasons.size() - kMostShownChanges);
  }
  return {ErrorKind::kUsage, std::move(message),
          fmt::format("set metadata.version to \"{}\" or a later version; `floe platform diff` "
                      "shows all changes",
                      needed),
          nullptr};
}

}  // namespace

std::string_view direction_name(Direction direction) {
  static constexpr std::array<std::string_view, 5> kNames = {"tightened", "loosened", "added",
                                                             "removed", "changed"};
  return kNames[static_cast<std::size_t>(direction)];
}

std::string_view step_name(Step step) {
  static constexpr std::array<std::string_view, 4> kNames = {"none", "patch", "minor", "major"};
  return kNames[static_cast<std::size_t>(step)];
}

std::string change_text(const Change& change) {
  const std::string path = replace_all(change.path, "\n", " ") + ": ";
  if (change.before.empty()) return path + "+ " + shown_value(change.after);
  if (change.after.empty()) return path + "- " + shown_value(change.before);
  return path + shown_value(change.before) + " → " + shown_value(change.after);
}

Step needed_step(const std::vector<Change>& changes) {
  Step step = Step::kNone;
  for (const Change& change : changes) step = std::max(step, change.step);
  return step;
}

std::optional<std::string> needed_version(std::string_view before_version,
                                          const std::vector<Change>& changes) {
  const std::optional<Version> before = artifact::parse_version(before_version);
  const Step step = needed_step(changes);
  if (!before || step == Step::kNone) return std::nullopt;
  return version_text(raised(release_of(*before), step));
}

Status check_step(const std::string& before_version, const std::string& after_version,
                  const std::vector<Change>& changes) {
  const std::optional<Version> before = artifact::parse_version(before_version);
  const std::optional<Version> after = artifact::parse_version(after_version);
  if (!before || !after) {
    return fail(ErrorKind::kUsage, fmt::format("'{}' is no semantic version",
                                               before ? after_version : before_version));
  }
  const std::optional<std::string> needed = needed_version(before_version, changes);
  if (!needed) return {};
  const Version release = release_of(*after);
  // Nothing was released between a pre-release and the release that it leads to.
  const bool same_release = artifact::compare(release, release_of(*before)) == 0;
  if (before->is_prerelease() && same_release) return {};
  if (artifact::compare(release, *artifact::parse_version(*needed)) >= 0) return {};
  return tl::unexpected(understated(after_version, *needed, needed_step(changes), changes));
}

}  // namespace floe::core
