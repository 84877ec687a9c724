// SPDX-License-Identifier: Apache-2.0
// The renamings of a round (internal to fix).
#pragma once

#include "fix/fixes.h"

namespace floe::fix {

/// Renames what the naming rules found fault with; whether anything was renamed.
bool fix_names(Tree& tree, const policy::Context& context, const ProjectFolder& folder,
               const std::vector<diag::Diagnostic>& findings, const FixOptions& options,
               Round& round);

/// rename_obstacle(), and whether tables that must keep their names can.
std::string renaming_obstacle(const Tree& tree, const ProjectFolder& folder, const NameIndex& index,
                              const std::string& from, const Names& all, bool keep_relations);

}  // namespace floe::fix
