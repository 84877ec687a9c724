// SPDX-License-Identifier: Apache-2.0
// What differs between two versions of a platform, and which semver step the difference needs.
#pragma once

#include "base/result.h"
#include "core/platform/platform.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::core {

/// What a change means for those who have to keep to the platform.
enum class Direction { kTightened, kLoosened, kAdded, kRemoved, kChanged };

/// The step of semantic versioning (semver.org 2.0.0) that a change needs at least.
enum class Step { kNone, kPatch, kMinor, kMajor };

/// "tightened", "loosened", …
std::string_view direction_name(Direction direction);
/// "none", "patch", "minor", "major".
std::string_view step_name(Step step);

/// One difference. A list gives a change for each name that came or went.
struct Change {
  std::string path;    // dotted manifest path: "data_architecture.naming.enforcement"
  std::string before;  // as text, data as compact JSON; "" if it was not there
  std::string after;   // "" if it is not there any more
  Direction direction = Direction::kChanged;
  Step step = Step::kPatch;
};

/// Everything in which two platforms differ, in the order of a manifest. Empty exactly if their
/// artifacts hold the same files. Reference and digest do not count.
std::vector<Change> compare_platforms(const Platform& before, const Platform& after);

/// "data_architecture.naming.enforcement: warn → strict", "…: + tmp", "…: - tmp"; one line, values
/// cut off where they are long.
std::string change_text(const Change& change);

/// The greatest step that one of the changes needs; kNone if there are none.
Step needed_step(const std::vector<Change>& changes);

/// The least version after `before_version` that may bring the changes: removals, and other plugins
/// a major step, other rules and additions a minor step, the rest a patch. Below 1.0.0 what needs a
/// major step needs a minor one, and a patch is enough for the rest (as Cargo has it). A
/// pre-release counts as the release it leads to. Nothing if the version cannot be read, or if
/// the changes need no step.
std::optional<std::string> needed_version(std::string_view before_version,
                                          const std::vector<Change>& changes);

/// Refuses (kUsage) an `after_version` below needed_version, with the changes that ask for more.
/// Between two pre-releases of one release, and from them to it, everything may change.
Status check_step(const std::string& before_version, const std::string& after_version,
                  const std::vector<Change>& changes);

}  // namespace floe::core
