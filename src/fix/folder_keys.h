// SPDX-License-Identifier: Apache-2.0
// What dbt_project.yml configures by folder, when models move from one folder to another.
#pragma once

#include "fix/edit.h"
#include "fix/project_folder.h"

#include <map>
#include <string>
#include <vector>

namespace floe::fix {

/// A key of dbt_project.yml that gets another name.
struct FolderKey {
  std::string from;  // "models.shop.bronze"
  std::string to;    // "models.shop.staging"
};

/// Renames the keys of folders all of whose models move to one other folder beside it that holds
/// nothing else and has no key: what the key says goes with them, and reaches no other. Every other
/// key stays as it is. `moves`: old path → new path.
std::vector<FolderKey> move_folder_keys(Tree& tree, const ProjectFolder& folder,
                                        const std::map<std::string, std::string>& moves);

}  // namespace floe::fix
