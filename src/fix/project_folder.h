// SPDX-License-Identifier: Apache-2.0
// A dbt project inside the tree of files that may be changed.
#pragma once

#include "dbt/project/load.h"
#include "fix/edit.h"

#include <string>
#include <string_view>
#include <vector>

namespace floe::fix {

/// Where a loaded dbt project lies in the tree.
struct ProjectFolder {
  const dbt::Loaded& loaded;
  std::string prefix;               // "" or "dbt/": before paths that are relative to the project
  std::vector<std::string> others;  // prefixes of other projects of the data product

  const dbt::Project& project() const { return loaded.project; }
  /// Whether the file belongs to this project.
  bool holds(std::string_view path) const;
  /// The node's own file in the tree.
  std::string file_of(const dbt::Node& node) const { return prefix + node.original_file_path; }
  /// The properties file that describes it, or "".
  std::string properties_of(const dbt::Node& node) const;
  /// The models, seeds and snapshots of the project itself with a name: several are versions.
  std::vector<const dbt::Node*> named(std::string_view name) const;
};

/// "models/staging/" of "models/staging/stg_orders.sql".
std::string folder_of(std::string_view path);
/// "stg_orders" of it.
std::string stem_of(std::string_view path);
/// ".sql" of it.
std::string extension_of(std::string_view path);
bool is_yaml_file(std::string_view path);

}  // namespace floe::fix
