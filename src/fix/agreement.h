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

/// Whether the findings after a change are worse than before: the first one that is new, or
/// nothing. `revealed`: names or folders changed, so that rules speak of models that they knew no
/// layer of before; then only what dbt or DuckDB refuses counts.
std::optional<diag::Diagnostic> worse_finding(const std::vector<diag::Diagnostic>& before,
                                              const std::vector<diag::Diagnostic>& after,
                                              bool revealed);

}  // namespace floe::fix
