// SPDX-License-Identifier: Apache-2.0
// What dbt_project.yml configures by folder, when models move from one folder to another.
#pragma once

#include "fix/edit.h"
#include "fix/project_folder.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace floe::fix {

/// A key of dbt_project.yml that gets another name, with the files that keep their config by it.
struct FolderKey {
  std::string from;             // "models.shop.bronze"
  std::string to;               // "models.shop.staging"
  std::set<std::string> files;  // paths of before
};

/// Renames the keys of folders all of whose models move to one other folder beside it that holds
/// nothing else and has no key: what the key says goes with them, and reaches no other. Every other
/// key stays as it is. `moves`: old path → new path.
std::vector<FolderKey> move_folder_keys(Tree& tree, const ProjectFolder& folder,
                                        const std::map<std::string, std::string>& moves);

/// Whether a folder's key in dbt_project.yml that does not reach `target` gives the model, which
/// moves there, the materialization it has.
bool loses_materialization(const ProjectFolder& folder, const dbt::Node& model,
                           const std::string& target);

}  // namespace floe::fix
