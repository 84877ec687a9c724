// SPDX-License-Identifier: Apache-2.0
// Renames models, seeds and snapshots of a project: the file, and every place that names them.
#pragma once

#include "base/result.h"
#include "fix/name_sites.h"
#include "fix/project_folder.h"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace floe::fix {

/// Old name → new name.
using Names = std::map<std::string, std::string>;

/// What the code of a project names, file by file.
class NameIndex {
 public:
  NameIndex(const Tree& tree, const ProjectFolder& folder);

  const std::map<std::string, std::vector<NameSite>>& files() const { return files_; }
  /// Whether a literal ref() in the file names the node.
  bool names(const std::string& path, const std::string& name) const;
  /// The same for any macro of the project.
  bool macros_name(const std::string& name) const { return in_macros_.contains(name); }

 private:
  std::map<std::string, std::vector<NameSite>> files_;
  std::set<std::string> in_macros_;
};

/// Why `from` can't be renamed without breaking something or leaving it half done; "" if it can.
/// `all`: what else is renamed at the same time.
std::string rename_obstacle(const Tree& tree, const ProjectFolder& folder, const NameIndex& index,
                            const std::string& from, const Names& all);

/// The file a node's file becomes by the renaming; the same path if it keeps its name.
std::string renamed_file(const ProjectFolder& folder, const dbt::Node& node, const Names& names);

/// Makes all edits in the tree; the files that move. Names with an obstacle must not be among them.
Result<std::map<std::string, std::string>> rename_nodes(Tree& tree, const ProjectFolder& folder,
                                                        const NameIndex& index, const Names& names);

}  // namespace floe::fix
