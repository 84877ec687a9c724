// SPDX-License-Identifier: Apache-2.0
#include "fix/rename.h"

#include "base/text.h"
#include "fix/yaml_names.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::fix {

using dbt::Node;

namespace {

bool is_code_file(std::string_view path) { return path.ends_with(".sql") || path.ends_with(".py"); }

bool in_folders(std::string_view path, const std::vector<std::string>& folders,
                const std::string& prefix) {
  return std::any_of(folders.begin(), folders.end(), [&](const std::string& folder) {
    return path.starts_with(prefix + folder + "/");
  });
}

}  // namespace

NameIndex::NameIndex(const Tree& tree, const ProjectFolder& folder) {
  const auto& macro_paths = folder.loaded.root().macro_paths;
  for (const auto& [path, text] : tree.texts()) {
    if (!folder.holds(path) || !is_code_file(path)) continue;
    std::vector<NameSite> sites =
        path.ends_with(".py") ? sites_in_python(text) : sites_in_jinja(text);
    if (sites.empty()) continue;
    if (in_folders(path, macro_paths, folder.prefix)) {
      for (const NameSite& site : sites) in_macros_.insert(site.name);
    }
    files_.emplace(path, std::move(sites));
  }
}

bool NameIndex::names(const std::string& path, const std::string& name) const {
  const auto found = files_.find(path);
  return found != files_.end() &&
         std::any_of(found->second.begin(), found->second.end(), [&](const NameSite& site) {
           return site.kind == NameSite::Kind::kRef && site.name == name;
         });
}

std::string renamed_file(const ProjectFolder& folder, const Node& node, const Names& names) {
  const std::string path = folder.file_of(node);
  const auto to = names.find(node.name);
  std::string stem = stem_of(path);
  if (to == names.end() || !stem.starts_with(node.name)) return path;
  // Of a versioned model the file may be called orders_v2.
  const bool is_own = stem == node.name || !node.version.is_null();
  if (!is_own) return path;
  stem = to->second + stem.substr(node.name.size());
  return folder_of(path) + stem + extension_of(path);
}

namespace {

/// Whether `name` will still be somebody's when all renamings are done.
bool name_taken(const ProjectFolder& folder, const std::string& name, const Names& all) {
  for (const auto& [id, node] : folder.project().nodes) {
    if (!node->is_refable() || to_lower(node->name) != to_lower(name)) continue;
    const bool leaves = node->package_name == folder.project().name && all.contains(node->name);
    if (!leaves) return true;
  }
  return false;
}

template <class Refs>
bool refers_to(const Refs& refs, const std::string& name, const std::string& package) {
  return std::any_of(refs.begin(), refs.end(), [&](const dbt::RefArgs& ref) {
    return ref.name == name && (!ref.package || *ref.package == package);
  });
}

/// A reader of the node that can't be made to read it by its new name.
std::string reader_obstacle(const Tree& tree, const ProjectFolder& folder, const NameIndex& index,
                            const std::string& from) {
  const dbt::Project& project = folder.project();
  std::set<std::string> ids;
  for (const Node* node : folder.named(from)) ids.insert(node->unique_id);
  for (const auto& [id, node] : project.nodes) {
    const bool depends = std::any_of(node->depends_on_nodes.begin(), node->depends_on_nodes.end(),
                                     [&](const std::string& on) { return ids.contains(on); });
    if (!depends || !refers_to(node->refs, from, project.name)) continue;
    if (node->package_name != project.name) {
      return fmt::format("'{}' of the package {} reads it", node->name, node->package_name);
    }
    const std::string path = folder.file_of(*node);
    if (!is_code_file(path) || !node->attached_node.empty()) continue;
    if (tree.find(path) == nullptr || tree.is_fixed(path)) {
      return fmt::format("{}, which reads it, may not be changed", path);
    }
    if (!index.names(path, from) && !index.macros_name(from)) {
      return fmt::format("{} reads it by a name that is computed", path);
    }
  }
  return "";
}

std::string file_obstacle(const Tree& tree, const ProjectFolder& folder, const Node& node,
                          const Names& all) {
  const std::string path = folder.file_of(node);
  if (tree.find(path) == nullptr || tree.is_fixed(path)) {
    return fmt::format("{} may not be changed: it is a link, or no text floe can read", path);
  }
  const std::string target = renamed_file(folder, node, all);
  if (target == path || !tree.exists(target)) return "";
  for (const auto& [from, to] : all) {
    for (const Node* other : folder.named(from)) {
      if (folder.file_of(*other) == target) return "";
    }
  }
  return fmt::format("{} exists already", target);
}

}  // namespace

std::string rename_obstacle(const Tree& tree, const ProjectFolder& folder, const NameIndex& index,
                            const std::string& from, const Names& all) {
  const std::string& to = all.at(from);
  const std::vector<const Node*> nodes = folder.named(from);
  if (nodes.empty()) return fmt::format("there is no '{}' in the project itself", from);
  if (!is_identifier(to)) return fmt::format("'{}' is no name for a table", to);
  if (name_taken(folder, to, all)) return fmt::format("'{}' exists already", to);
  for (const auto& [other, target] : all) {
    if (other != from && to_lower(target) == to_lower(to)) {
      return fmt::format("'{}' would become '{}', too", other, to);
    }
  }
  if (const std::string* product = tree.find("floe.yaml")) {
    const auto yaml = YamlText::read(*product, value::YamlSchema::kCore);
    if (std::string reason = yaml ? pattern_that_loses(*yaml, from, to) : ""; !reason.empty()) {
      return reason;
    }
  }
  for (const Node* node : nodes) {
    if (std::string reason = file_obstacle(tree, folder, *node, all); !reason.empty()) {
      return reason;
    }
    const std::string properties = folder.properties_of(*node);
    if (!properties.empty() && (tree.find(properties) == nullptr || tree.is_fixed(properties))) {
      return fmt::format("{}, which describes it, may not be changed", properties);
    }
  }
  return reader_obstacle(tree, folder, index, from);
}

namespace {

std::vector<TextEdit> code_edits(const std::vector<NameSite>& sites, const std::string& package,
                                 const Names& names) {
  std::vector<TextEdit> edits;
  for (const NameSite& site : sites) {
    const auto to = names.find(site.name);
    if (to == names.end()) continue;
    if (!site.package.empty() && site.package != package) continue;
    edits.push_back({site.begin, site.end, to->second});
  }
  return edits;
}

}  // namespace

Result<std::map<std::string, std::string>> rename_nodes(Tree& tree, const ProjectFolder& folder,
                                                        const NameIndex& index,
                                                        const Names& names) {
  std::map<std::string, std::vector<TextEdit>> edits;
  for (const auto& [path, sites] : index.files()) {
    auto found = code_edits(sites, folder.project().name, names);
    if (!found.empty()) edits[path] = std::move(found);
  }
  for (const auto& [path, text] : tree.texts()) {
    const bool is_product_file = path == "floe.yaml";
    if (!is_product_file && (!folder.holds(path) || !is_yaml_file(path))) continue;
    const auto schema = is_product_file ? value::YamlSchema::kCore : value::YamlSchema::kYaml11;
    const auto yaml = YamlText::read(text, schema);
    if (!yaml) continue;
    auto found = is_product_file ? product_name_edits(*yaml, folder, names)
                                 : yaml_name_edits(*yaml, path, folder, names);
    if (!found.empty()) edits[path] = std::move(found);
  }
  for (auto& [path, list] : edits) FLOE_CHECK(tree.edit(path, std::move(list)));

  std::map<std::string, std::string> moves;
  for (const auto& [from, to] : names) {
    for (const Node* node : folder.named(from)) {
      const std::string path = folder.file_of(*node);
      const std::string target = renamed_file(folder, *node, names);
      if (target != path) moves[path] = target;
    }
  }
  FLOE_CHECK(tree.move(moves));
  return moves;
}

}  // namespace floe::fix
