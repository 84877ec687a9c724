// SPDX-License-Identifier: Apache-2.0
// Renaming: the findings of the naming rules, and the aliases that keep tables.
#include "fix/fix_names.h"

#include "base/text.h"
#include "fix/placement.h"
#include "fix/properties_edit.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::fix {

using dbt::Node;

namespace {

bool is_naming_code(std::string_view code) {
  static constexpr std::string_view kCodes = "N001 N002 N003 N004 N005 N008 N009";
  return contains(kCodes, code);
}

/// Whether building the table again from scratch could lose something.
bool holds_history(const Node& node) {
  if (node.type == dbt::ResourceType::kSeed) return false;
  return node.type == dbt::ResourceType::kSnapshot || !is_made_anew(node.materialized());
}

bool has_own_alias(const Node& node) {
  const value::Value* alias = node.config.find("alias");
  return alias != nullptr && !alias->is_null();
}

/// Writes alias: `name` where a node's config is; `path` is its file by now.
Status add_alias(Tree& tree, const ProjectFolder& folder, const Node& node, const std::string& path,
                 const std::string& alias, const std::string& new_name) {
  const std::string* code = tree.find(path);
  const bool has_call = code != nullptr && config_site(*code, "alias").has_value();
  if (path.ends_with(".sql") && (has_call || node.type == dbt::ResourceType::kModel)) {
    return set_config_call(tree, path, "alias", alias);
  }
  EntryPlace place{folder.properties_of(node), "", new_name, ""};
  place.section = node.type == dbt::ResourceType::kSeed       ? "seeds"
                  : node.type == dbt::ResourceType::kSnapshot ? "snapshots"
                                                              : "models";
  if (place.path.empty() && is_yaml_file(path)) place.path = path;
  if (!place.path.empty()) return set_config(tree, place, "alias", alias);
  return fail(ErrorKind::kUsage,
              fmt::format("'{}' has no config to hold the alias that keeps its table", node.name));
}

/// Why a template's config() can't take the alias; "" if it can.
std::string config_obstacle(const Tree& tree, const ProjectFolder& folder, const Node& node) {
  const std::string path = folder.file_of(node);
  const std::string* code = tree.find(path);
  const bool described = !folder.properties_of(node).empty();
  if (!path.ends_with(".sql")) {
    if (described || is_yaml_file(path)) return "";
    return "its table can't be kept: no properties file has an entry to hold an alias";
  }
  if (code == nullptr || config_site(*code, "alias")) return "";
  if (contains(*code, "config(")) return "its table can't be kept: floe can't edit its config()";
  if (node.type == dbt::ResourceType::kModel || described) return "";
  return "its table can't be kept: it has no config() to hold an alias";
}

/// Why aliases can't be given, where one is needed.
std::string alias_obstacle(const Tree& tree, const ProjectFolder& folder, const NameIndex& index,
                           const std::string& name, bool keep_relations) {
  for (const Node* node : folder.named(name)) {
    if ((!holds_history(*node) && !keep_relations) || has_own_alias(*node)) continue;
    if (!node->version.is_null()) return "its tables can't be kept: it has versions";
    if (std::string found = config_obstacle(tree, folder, *node); !found.empty()) return found;
    const auto sites = index.files().find(folder.file_of(*node));
    if (sites == index.files().end()) continue;
    const auto blocks =
        std::count_if(sites->second.begin(), sites->second.end(),
                      [](const NameSite& site) { return site.kind == NameSite::Kind::kSnapshot; });
    if (blocks > 1) return "its table can't be kept: its file holds several snapshots";
  }
  return "";
}

/// All macros that a node's code can reach but dbt's own.
std::vector<const dbt::Macro*> own_macros(const dbt::Project& project, const Node& node) {
  std::vector<const dbt::Macro*> found;
  std::set<std::string> seen;
  std::vector<std::string> open = node.depends_on_macros;
  while (!open.empty()) {
    const std::string id = std::move(open.back());
    open.pop_back();
    const auto macro = project.macros.find(id);
    if (macro == project.macros.end() || !seen.insert(id).second) continue;
    if (project.origin_of(macro->second->package_name) == dbt::PackageOrigin::kInternal) continue;
    found.push_back(macro->second.get());
    const auto& more = macro->second->depends_on_macros;
    open.insert(open.end(), more.begin(), more.end());
  }
  return found;
}

/// Why the rows would be others under another name; "" if they would not.
std::string content_obstacle(const ProjectFolder& folder, const std::string& name,
                             bool keep_relations) {
  for (const Node* node : folder.named(name)) {
    const bool keeps = holds_history(*node) || keep_relations || has_own_alias(*node);
    const bool is_python = node->language == "python";
    std::string own = is_python ? own_name_in_python(node->raw_code, keeps)
                                : own_name_in_jinja(node->raw_code, keeps);
    if (!own.empty()) return fmt::format("its code takes its own name as a value ({})", own);
    for (const dbt::Macro* macro : own_macros(folder.project(), *node)) {
      own = own_name_in_jinja(macro->macro_sql, keeps);
      if (own.empty()) continue;
      return fmt::format("the macro {} takes its name as a value ({})", macro->name, own);
    }
  }
  return "";
}

std::string fault_words(const std::vector<diag::Diagnostic>& findings) {
  std::vector<std::string> wanted;
  for (const diag::Diagnostic& finding : findings) {
    if (!finding.expected.empty()) wanted.push_back(finding.expected);
  }
  return list_and(wanted);
}

}  // namespace

std::string renaming_obstacle(const Tree& tree, const ProjectFolder& folder, const NameIndex& index,
                              const std::string& from, const Names& all, bool keep_relations) {
  std::string reason = rename_obstacle(tree, folder, index, from, all);
  if (reason.empty()) reason = alias_obstacle(tree, folder, index, from, keep_relations);
  if (reason.empty()) reason = content_obstacle(folder, from, keep_relations);
  return reason;
}

Result<std::map<std::string, std::string>> rename_with_aliases(Tree& tree,
                                                               const ProjectFolder& folder,
                                                               const NameIndex& index,
                                                               const Names& names,
                                                               bool keep_relations) {
  auto moves = FLOE_TRY(rename_nodes(tree, folder, index, names));
  for (const auto& [from, to] : names) {
    for (const Node* node : folder.named(from)) {
      if ((!holds_history(*node) && !keep_relations) || has_own_alias(*node)) continue;
      const std::string path = renamed_file(folder, *node, names);
      FLOE_CHECK(add_alias(tree, folder, *node, path, node->alias, to));
    }
  }
  return moves;
}

void drop_obstructed(const Tree& tree, const ProjectFolder& folder, const NameIndex& index,
                     const FixOptions& options, Names& names,
                     const std::function<void(const std::string&, const std::string&)>& refuse) {
  // What stays may be in the way of another, whose place it would have left: look again then.
  for (bool changed = true; changed;) {
    changed = false;
    const Names all = names;
    for (const auto& [name, target] : all) {
      const std::string reason =
          renaming_obstacle(tree, folder, index, name, all, options.keep_relations);
      if (reason.empty()) continue;
      refuse(name, fmt::format("it can't be renamed to '{}': {}", target, reason));
      names.erase(name);
      changed = true;
    }
  }
  while (names.size() > options.limit) names.erase(std::prev(names.end()));
}

bool fix_names(Tree& tree, const policy::Context& context, const ProjectFolder& folder,
               const std::vector<diag::Diagnostic>& findings, const FixOptions& options,
               Round& round) {
  std::map<std::string, std::vector<diag::Diagnostic>> of_node;  // by name
  for (const diag::Diagnostic& finding : findings) {
    const Node* node = context.project.find_node(finding.node);
    if (node == nullptr || !is_naming_code(finding.code)) continue;
    // N004 and N005 are also about columns, whose names other products know.
    if (contains(finding.message, "column '")) continue;
    if (options.barred.contains({finding.code, node->name})) continue;
    of_node[node->name].push_back(finding);
  }
  if (of_node.empty()) return false;

  std::map<std::string, Placement> placed;
  for (Placement& place : place_models(context, context.platform)) {
    placed.emplace(place.node->name, std::move(place));
  }
  Names names;
  const auto refuse = [&](const std::string& name, const std::string& reason) {
    std::set<std::string> codes;
    for (const diag::Diagnostic& finding : of_node.at(name)) codes.insert(finding.code);
    for (const std::string& code : codes) round.refusals.push_back({code, name, reason});
  };
  for (const auto& [name, its] : of_node) {
    const Node* node = context.project.find_node(its.front().node);
    const auto place = placed.find(name);
    const bool no_layer =
        std::any_of(its.begin(), its.end(), [](const auto& each) { return each.code == "N001"; });
    std::string target;
    if (no_layer && place != placed.end()) {
      target = place->second.name;
      if (!place->second.is_decided()) {
        refuse(name, place->second.open);
        continue;
      }
    } else {
      target = well_formed_name(context.platform, name, node->type);
    }
    if (target.empty() || target == name) {
      refuse(name, fmt::format("no name can be made of it that is {}", fault_words(its)));
    } else {
      names[name] = target;
    }
  }
  const NameIndex index(tree, folder);
  drop_obstructed(tree, folder, index, options, names, refuse);
  if (names.empty()) return false;
  Tree changed_tree = tree;
  auto moves = rename_with_aliases(changed_tree, folder, index, names, options.keep_relations);
  if (!moves) {
    for (const auto& [name, target] : names) refuse(name, moves.error().message);
    return false;
  }
  tree = std::move(changed_tree);
  round.moves = std::move(*moves);
  round.names = names;
  for (const auto& [name, target] : names) {
    const auto place = placed.find(name);
    std::string why = place == placed.end() || of_node.at(name).front().code != "N001"
                          ? ""
                          : ": " + place->second.why;
    bool kept = false;
    for (const Node* node : folder.named(name)) {
      kept = kept || ((holds_history(*node) || options.keep_relations) && !has_own_alias(*node));
    }
    if (kept) why += "; its table keeps its name by an alias";
    round.fixes.push_back({of_node.at(name).front().code, name,
                           fmt::format("renamed to '{}'{}", target, why), false});
  }
  return true;
}

}  // namespace floe::fix
