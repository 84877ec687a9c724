// SPDX-License-Identifier: Apache-2.0
#include "fix/agreement.h"

#include "base/text.h"
#include "policy/custom/custom_rules.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

namespace floe::fix {

using dbt::Node;
using value::Value;

namespace {

bool is_renamed(const dbt::Project& project, const Node& node, const Names& names) {
  return node.is_refable() && node.package_name == project.name && names.contains(node.name);
}

std::string renamed_id(const dbt::Project& project, const std::string& id, const Names& names) {
  const Node* node = project.find_node(id);
  if (node == nullptr || !is_renamed(project, *node, names)) return id;
  const auto to = names.find(node->name);
  auto parts = split(id, '.');
  std::string out = fmt::format("{}.{}.{}", parts[0], parts[1], to->second);
  for (std::size_t i = 3; i < parts.size(); ++i) out += "." + std::string(parts[i]);
  return out;
}

/// What a node reads, by the names of afterwards; tests' own ids are made of names, so they are
/// left out.
std::vector<std::string> inputs_of(const dbt::Project& project, const Node& node,
                                   const Names& names) {
  std::vector<std::string> ids;
  for (const std::string& id : node.depends_on_nodes) ids.push_back(renamed_id(project, id, names));
  std::sort(ids.begin(), ids.end());
  return ids;
}

/// The value with new names in the templates among its texts: hooks.
Value with_names(const Value& value, const std::string& package, const Names& names) {
  if (value.is_list()) {
    Value list = Value::list();
    for (const Value& item : value.as_list()) list.push(with_names(item, package, names));
    return list;
  }
  if (value.is_map()) {
    Value map = value;
    for (value::Member& member : map.edit_map()) {
      member.value = with_names(member.value, package, names);
    }
    return map;
  }
  if (!value.is_string() || !contains(value.as_string(), "{{")) return value;
  std::vector<TextEdit> edits;
  for (const NameSite& site : sites_in_jinja(value.as_string())) {
    const auto to = names.find(site.name);
    const bool is_own = site.package.empty() || site.package == package;
    if (to != names.end() && is_own) edits.push_back({site.begin, site.end, to->second});
  }
  const auto text = edited_text(value.as_string(), std::move(edits));
  return text ? Value(*text) : value;
}

/// Tags are a set.
Value comparable(const std::string& key, const Value& value) {
  if (key != "tags" || !value.is_list()) return value;
  Value sorted = value;
  auto& items = sorted.edit_list();
  const auto text = [](const Value& item) { return value::canonical_json(item); };
  std::sort(items.begin(), items.end(),
            [&](const Value& a, const Value& b) { return text(a) < text(b); });
  items.erase(std::unique(items.begin(), items.end()), items.end());
  return sorted;
}

bool is_hook_key(std::string_view key) { return key == "pre-hook" || key == "post-hook"; }

bool holds_template(const Value* written) {
  return written != nullptr && contains(value::canonical_json(*written), "{{");
}

/// Whether the key is written in another way than before, and computed in one of them: the values
/// agree here, but need not in another environment. Hooks are templates anyway.
bool is_computed_otherwise(const Node& node, const Node& now, const std::string& key) {
  if (is_hook_key(key)) return false;
  const Value* was = node.unrendered_config.find(key);
  const Value* is = now.unrendered_config.find(key);
  if (!holds_template(was) && !holds_template(is)) return false;
  return was == nullptr || is == nullptr || !(*was == *is);
}

std::vector<ConfigChange> config_changes(const dbt::Project& before, const Node& node,
                                         const Node& now, const Intended& intended) {
  static const Value kNone;
  const Value config = with_names(node.config, node.package_name, intended.names);
  std::set<std::string> keys;
  for (const Value* each : {&config, &now.config}) {
    for (const value::Member& member : each->as_map()) keys.insert(member.key);
  }
  const auto meant = intended.reconfigured.find(now.name);
  // The name of a table is looked at as a whole.
  if (is_renamed(before, node, intended.names)) keys.erase("alias");
  std::vector<ConfigChange> changes;
  for (const std::string& key : keys) {
    if (meant != intended.reconfigured.end() && meant->second.contains(key)) continue;
    const Value* was = config.find(key);
    const Value* is = now.config.find(key);
    ConfigChange change{key, was == nullptr ? kNone : *was, is == nullptr ? kNone : *is, false};
    change.computed = is_computed_otherwise(node, now, key);
    const bool same =
        (was == nullptr) == (is == nullptr) &&
        (change.before == change.after || value::canonical_json(comparable(key, change.before)) ==
                                              value::canonical_json(comparable(key, change.after)));
    if (!same || change.computed) changes.push_back(std::move(change));
  }
  return changes;
}

std::string keys_in_words(const std::vector<ConfigChange>& changes) {
  std::vector<std::string> keys;
  for (const ConfigChange& change : changes) {
    keys.push_back(change.computed ? change.key + " (which is computed)" : change.key);
  }
  return list_and(keys);
}

std::string relation_text(const Node& node, const std::string& alias) {
  return join({node.database, node.schema, alias}, ".");
}

/// Where a node is built otherwise than before: a renamed one gets a table of its new name, unless
/// an alias says what it is called.
std::string relation_difference(const dbt::Project& before, const Node& node, const Node& now,
                                const Intended& intended) {
  const auto meant = intended.reconfigured.find(now.name);
  const auto may = [&](const char* key) {
    return meant != intended.reconfigured.end() && meant->second.contains(key);
  };
  if (may("schema") || may("database") || may("alias")) return "";
  const auto has_alias = [](const Node& each) {
    const Value* alias = each.config.find("alias");
    return alias != nullptr && !alias->is_null();
  };
  const bool free = is_renamed(before, node, intended.names) && !has_alias(node) && !has_alias(now);
  const bool same = node.database == now.database && node.schema == now.schema;
  if (same && (free || node.alias == now.alias)) return "";
  return fmt::format("'{}' would be built as {} instead of {}", now.name,
                     relation_text(now, now.alias), relation_text(node, node.alias));
}

std::string difference_of(const dbt::Project& before, const Node& node, const Node& now,
                          const Intended& intended) {
  if (inputs_of(before, node, intended.names) != inputs_of(before, now, {})) {
    return fmt::format("'{}' reads other nodes than before", now.name);
  }
  if (const auto changes = config_changes(before, node, now, intended); !changes.empty()) {
    return fmt::format("'{}' has another config than before: {}", now.name, keys_in_words(changes));
  }
  if (std::string found = relation_difference(before, node, now, intended); !found.empty())
    return found;
  if (node.columns.size() > now.columns.size() ||
      (!node.patch_path.empty() && now.patch_path.empty())) {
    return fmt::format("'{}' lost what its properties file says", now.name);
  }
  return "";
}

std::size_t count_tests(const dbt::Project& project) {
  return static_cast<std::size_t>(std::count_if(
      project.nodes.begin(), project.nodes.end(),
      [](const auto& entry) { return entry.second->type == dbt::ResourceType::kTest; }));
}

template <class Map>
std::string lost_resource(const Map& before, const Map& after, std::string_view what) {
  if (before.size() <= after.size()) return "";
  return fmt::format("{} would get lost", counted(before.size() - after.size(), what));
}

}  // namespace

std::vector<ChangedConfig> changed_configs(const dbt::Project& before, const dbt::Project& after,
                                           const Intended& intended) {
  std::vector<ChangedConfig> changed;
  for (const auto& [id, node] : before.nodes) {
    if (!node->is_refable()) continue;
    const Node* now = after.find_node(renamed_id(before, id, intended.names));
    if (now == nullptr) continue;
    if (auto keys = config_changes(before, *node, *now, intended); !keys.empty()) {
      changed.push_back({node.get(), now, std::move(keys)});
    }
  }
  return changed;
}

std::string unintended_difference(const dbt::Project& before, const dbt::Project& after,
                                  const Intended& intended) {
  std::size_t nodes = 0;
  for (const auto& [id, node] : before.nodes) {
    const bool by_name = node->type != dbt::ResourceType::kTest || node->attached_node.empty();
    if (!by_name) continue;
    ++nodes;
    const Node* now = after.find_node(renamed_id(before, id, intended.names));
    if (now == nullptr) return fmt::format("'{}' would get lost", node->name);
    if (std::string found = difference_of(before, *node, *now, intended); !found.empty()) {
      return found;
    }
  }
  if (count_tests(after) < count_tests(before)) {
    return fmt::format("{} would get lost",
                       counted(count_tests(before) - count_tests(after), "test"));
  }
  for (const std::string& found :
       {lost_resource(before.exposures, after.exposures, "exposure"),
        lost_resource(before.unit_tests, after.unit_tests, "unit test"),
        lost_resource(before.semantic_models, after.semantic_models, "semantic model"),
        lost_resource(before.metrics, after.metrics, "metric"),
        lost_resource(before.sources, after.sources, "source table")}) {
    if (!found.empty()) return found;
  }
  return "";
}

bool is_unused_path(const diag::Diagnostic& finding) {
  return finding.severity == diag::Severity::kWarning &&
         finding.event == "UnusedResourceConfigPath";
}

std::optional<diag::Diagnostic> worse_finding(const std::vector<diag::Diagnostic>& before,
                                              const std::vector<diag::Diagnostic>& after,
                                              const Expected& expected) {
  const auto counts = [&](const diag::Diagnostic& finding) {
    const bool is_rule = policy::is_rule_code(finding.code) && !finding.code.starts_with("S");
    if (finding.severity == diag::Severity::kError) return !is_rule || !expected.revealed;
    if (expected.moved && is_unused_path(finding)) return false;
    // Of dbt's own warnings: a properties entry without its node, and the like.
    return finding.severity == diag::Severity::kWarning && !finding.event.empty();
  };
  std::map<std::string, std::size_t> known;
  for (const diag::Diagnostic& finding : before) {
    if (counts(finding)) ++known[finding.code + finding.event];
  }
  for (const diag::Diagnostic& finding : after) {
    if (!counts(finding)) continue;
    std::size_t& left = known[finding.code + finding.event];
    if (left == 0) return finding;
    --left;
  }
  return std::nullopt;
}

}  // namespace floe::fix
