// SPDX-License-Identifier: Apache-2.0
// Whether a project is still the one it was, apart from what was meant to change.
#pragma once

#include "dbt/project/model.h"
#include "diag/diagnostic.h"
#include "fix/rename.h"

#include <set>
#include <string>
#include <vector>

namespace floe::fix {

/// What a change may do to a project besides the new names.
struct Intended {
  Names names;                         // old name → new name
  std::set<std::string> reconfigured;  // new names of nodes whose config may differ
};

/// The first thing that became different though it was not meant to, as a sentence part; "" if
/// there is none: the same nodes, reading the same nodes, with the same config and code.
std::string unintended_difference(const dbt::Project& before, const dbt::Project& after,
                                  const Intended& intended);

/// What a change may bring to light or leave behind, and be no worse for it.
struct Expected {
  /// Names or folders changed, so that rules speak of models that they knew no layer of before:
  /// only what dbt or DuckDB refuses counts.
  bool revealed = false;
  /// Models left their folders: a path of dbt_project.yml may apply to nothing any more.
  bool moved = false;
};

/// Whether the findings after a change are worse than before: the first one that is new, or
/// nothing.
std::optional<diag::Diagnostic> worse_finding(const std::vector<diag::Diagnostic>& before,
                                              const std::vector<diag::Diagnostic>& after,
                                              const Expected& expected);

/// Whether dbt warns that paths of dbt_project.yml apply to nothing.
bool is_unused_path(const diag::Diagnostic& finding);

}  // namespace floe::fix
