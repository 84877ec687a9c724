// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/version.h"

#include "base/text.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace floe::artifact {

namespace {

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// A number without leading zeros that fits.
std::optional<std::uint64_t> version_number(std::string_view text) {
  if (!is_number(text) || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  return number;
}

/// Dot-separated identifiers of [0-9A-Za-z-]+; numeric ones without leading zeros if `strict`.
bool are_identifiers(std::string_view text, bool strict) {
  for (const std::string_view part : split(text, '.')) {
    if (part.empty()) return false;
    for (const char c : part) {
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!letter && !(c >= '0' && c <= '9') && c != '-') return false;
    }
    if (strict && is_number(part) && part.size() > 1 && part.front() == '0') return false;
  }
  return true;
}

std::strong_ordering compare_identifiers(std::string_view a, std::string_view b) {
  const bool a_number = is_number(a);
  const bool b_number = is_number(b);
  if (a_number != b_number) {
    return a_number ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  if (a_number && a.size() != b.size()) return a.size() <=> b.size();
  return a.compare(b) <=> 0;
}

std::strong_ordering compare_prereleases(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) return a.empty() <=> b.empty();  // a release is above its candidates
  const std::vector<std::string_view> left = split(a, '.');
  const std::vector<std::string_view> right = split(b, '.');
  for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
    const std::strong_ordering order = compare_identifiers(left[i], right[i]);
    if (order != 0) return order;
  }
  return left.size() <=> right.size();
}

}  // namespace

std::optional<Version> parse_version(std::string_view text) {
  if (text.size() > 128) return std::nullopt;
  Version version;
  if (const std::size_t plus = text.find('+'); plus != std::string_view::npos) {
    version.build = text.substr(plus + 1);
    if (!are_identifiers(version.build, false)) return std::nullopt;
    text = text.substr(0, plus);
  }
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    version.prerelease = text.substr(dash + 1);
    if (!are_identifiers(version.prerelease, true)) return std::nullopt;
    text = text.substr(0, dash);
  }
  const std::vector<std::string_view> parts = split(text, '.');
  if (parts.size() != 3) return std::nullopt;
  std::uint64_t* numbers[] = {&version.major, &version.minor, &version.patch};
  for (std::size_t i = 0; i < 3; ++i) {
    const std::optional<std::uint64_t> number = version_number(parts[i]);
    if (!number) return std::nullopt;
    *numbers[i] = *number;
  }
  return version;
}

std::strong_ordering compare(const Version& a, const Version& b) {
  if (const auto order = a.major <=> b.major; order != 0) return order;
  if (const auto order = a.minor <=> b.minor; order != 0) return order;
  if (const auto order = a.patch <=> b.patch; order != 0) return order;
  return compare_prereleases(a.prerelease, b.prerelease);
}

std::string tag_of(std::string_view version) {
  return "v" + replace_all(std::string(version), "+", "_");
}

std::optional<std::string> version_of_tag(std::string_view tag) {
  if (tag.starts_with('v')) tag.remove_prefix(1);
  std::string version(tag);
  if (const std::size_t mark = version.find('_'); mark != std::string::npos) version[mark] = '+';
  if (!parse_version(version)) return std::nullopt;
  return version;
}

}  // namespace floe::artifact
