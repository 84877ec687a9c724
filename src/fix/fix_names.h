// SPDX-License-Identifier: Apache-2.0
// The renamings of a round (internal to fix).
#pragma once

#include "fix/fixes.h"

#include <functional>
#include <string>

namespace floe::fix {

/// Renames what the naming rules found fault with; whether anything was renamed.
bool fix_names(Tree& tree, const policy::Context& context, const ProjectFolder& folder,
               const std::vector<diag::Diagnostic>& findings, const FixOptions& options,
               Round& round);

/// Takes out of `names` what can't be renamed, told to `refuse` with the reason, and what is beyond
/// the limit.
void drop_obstructed(const Tree& tree, const ProjectFolder& folder, const NameIndex& index,
                     const FixOptions& options, Names& names,
                     const std::function<void(const std::string&, const std::string&)>& refuse);

/// rename_obstacle(), and whether tables that must keep their names can.
std::string renaming_obstacle(const Tree& tree, const ProjectFolder& folder, const NameIndex& index,
                              const std::string& from, const Names& all, bool keep_relations);

}  // namespace floe::fix
