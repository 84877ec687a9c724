// SPDX-License-Identifier: Apache-2.0
// Semantic versions and ranges of them, with the rules of dbt's resolver.
#pragma once

#include "base/result.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::cli {

/// A version with an operator: ">=1.2.0-rc.1". Default: unbounded.
struct VersionSpec {
  enum class Match { kExact, kGreater, kGreaterEqual, kLess, kLessEqual };
  Match match = Match::kExact;
  std::array<std::string, 3> numbers;  // decimal, without leading zeros; empty: unbounded
  std::string prerelease;
  std::string build;

  bool unbounded() const { return numbers[0].empty(); }
  bool exact() const { return !unbounded() && match == Match::kExact; }
  bool lower() const { return match == Match::kGreater || match == Match::kGreaterEqual; }
  bool upper() const { return match == Match::kLess || match == Match::kLessEqual; }
  std::string text() const;
};

/// kUsage: '"x" is not a valid semantic version.'
Result<VersionSpec> parse_version_spec(std::string_view text);
/// <0, 0, >0 by number, then prerelease, then operator; 0 if one is unbounded.
int compare_specs(const VersionSpec& a, const VersionSpec& b);

struct VersionRange {
  VersionSpec start;
  VersionSpec end;
  std::string text() const;  // ">=1.0.0, <2.0.0", "ANY"
};

/// What satisfies all of them, or nothing.
std::optional<VersionRange> reduce_specs(std::vector<VersionSpec> specs);
bool specs_compatible(const std::vector<VersionSpec>& specs);

/// The versions that may be installed, lowest first; texts that are no versions are kUsage.
Result<std::vector<std::string>> installable_versions(const std::vector<std::string>& versions,
                                                      bool prereleases);
/// The highest of them in the range.
Result<std::optional<std::string>> highest_version(const VersionRange& range,
                                                   const std::vector<std::string>& versions);

}  // namespace floe::cli
