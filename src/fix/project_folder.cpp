// SPDX-License-Identifier: Apache-2.0
#include "fix/project_folder.h"

#include "base/text.h"

#include <algorithm>

namespace floe::fix {

bool ProjectFolder::holds(std::string_view path) const {
  if (!path.starts_with(prefix)) return false;
  return std::none_of(others.begin(), others.end(), [&](const std::string& other) {
    return other.size() > prefix.size() && path.starts_with(other);
  });
}

std::string ProjectFolder::properties_of(const dbt::Node& node) const {
  const std::size_t scheme = node.patch_path.find("://");
  if (scheme == std::string::npos) return "";
  return prefix + node.patch_path.substr(scheme + 3);
}

std::vector<const dbt::Node*> ProjectFolder::named(std::string_view name) const {
  std::vector<const dbt::Node*> found;
  for (const auto& [id, node] : project().nodes) {
    const bool is_own = node->package_name == project().name;
    if (is_own && node->is_refable() && node->name == name) found.push_back(node.get());
  }
  return found;
}

std::string folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? "" : std::string(path.substr(0, slash + 1));
}

std::string extension_of(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  const std::size_t slash = path.rfind('/');
  const bool in_name = dot != std::string_view::npos && (slash == path.npos || dot > slash);
  return in_name ? std::string(path.substr(dot)) : "";
}

std::string stem_of(std::string_view path) {
  const std::string name(path.substr(folder_of(path).size()));
  return name.substr(0, name.size() - extension_of(name).size());
}

bool is_yaml_file(std::string_view path) {
  return path.ends_with(".yml") || path.ends_with(".yaml");
}

}  // namespace floe::fix
