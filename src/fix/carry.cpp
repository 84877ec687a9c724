// SPDX-License-Identifier: Apache-2.0
#include "fix/carry.h"

#include "base/text.h"
#include "fix/name_sites.h"
#include "fix/properties_edit.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

namespace floe::fix {

using dbt::Node;
using value::Value;

namespace {

/// Hooks as people write them: texts, where nothing else is said of them.
Value written_hooks(const Value& hooks) {
  Value list = Value::list();
  for (const Value& hook : hooks.as_list()) {
    const Value* sql = hook.find("sql");
    const Value* transaction = hook.find("transaction");
    if (sql == nullptr || transaction == nullptr || !transaction->is_bool()) return {};
    if (transaction->as_bool()) {
      list.push(*sql);
      continue;
    }
    Value entry = Value::map();
    entry.set("sql", *sql);
    entry.set("transaction", false);
    list.push(std::move(entry));
  }
  return list;
}

/// Those items of a list that another one lacks.
Value missing_items(const Value& wanted, const Value& have) {
  Value list = Value::list();
  for (const Value& item : wanted.as_list()) {
    const auto& known = have.as_list();
    if (std::find(known.begin(), known.end(), item) == known.end()) list.push(item);
  }
  return list;
}

/// What to write, so that together with what is there the key has its value of before; nothing if
/// no value does that: what a new folder adds can't be taken away.
std::optional<Value> value_to_write(const ConfigChange& change) {
  if (change.computed) return std::nullopt;
  const Value& before = change.before;
  const Value& after = change.after;
  if (change.key == "tags" && before.is_list() && after.is_list()) {
    Value missing = missing_items(before, after);
    if (missing.empty()) return std::nullopt;
    return missing;
  }
  if (change.key == "pre-hook" || change.key == "post-hook") {
    // Hooks add up in an order.
    if (!before.is_list() || !after.is_list() || !after.empty()) return std::nullopt;
    Value hooks = written_hooks(before);
    if (hooks.is_null()) return std::nullopt;
    return hooks;
  }
  if (change.key == "meta" && before.is_map() && after.is_map()) {
    Value missing = Value::map();
    for (const value::Member& member : before.as_map()) {
      const Value* have = after.find(member.key);
      if (have == nullptr || !(*have == member.value)) missing.set(member.key, member.value);
    }
    return missing;
  }
  return before;
}

std::string argument_of(std::string_view key) {
  std::string name(key);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

Status write_key(Tree& tree, const ProjectFolder& folder, const Node& node, const std::string& key,
                 const Value& wanted) {
  const std::string path = folder.file_of(node);
  const std::string argument = argument_of(key);
  const std::string* code = tree.find(path);
  if (path.ends_with(".sql") && code != nullptr && is_identifier(argument)) {
    const auto site = config_site(*code, argument);
    const bool is_free = site ? !site->has_argument : !contains(*code, "config(");
    if (is_free) return set_config_call(tree, path, argument, wanted);
  }
  const EntryPlace place = FLOE_TRY(ensure_entry(tree, folder, node));
  if (has_config(tree, place, key) || has_config(tree, place, argument)) {
    return fail(ErrorKind::kUsage, fmt::format("{} says something of {} already", place.path, key));
  }
  return set_config(tree, place, key, wanted);
}

/// The keys that were written; none if not all can be.
std::vector<std::string> carry_node(Tree& tree, const ProjectFolder& folder,
                                    const ChangedConfig& changed) {
  std::vector<std::string> keys;
  // Each is put before the others: what a reader looks for first comes last.
  std::vector<const ConfigChange*> order;
  for (const ConfigChange& change : changed.keys) order.push_back(&change);
  std::stable_sort(order.begin(), order.end(), [](const ConfigChange* a, const ConfigChange* b) {
    return (a->key == "materialized") < (b->key == "materialized");
  });
  for (const ConfigChange* change : order) {
    const std::optional<Value> wanted = value_to_write(*change);
    if (!wanted || !write_key(tree, folder, *changed.after, change->key, *wanted)) return {};
    keys.push_back(change->key);
  }
  std::reverse(keys.begin(), keys.end());
  return keys;
}

}  // namespace

std::vector<CarriedConfig> carry_configs(Tree& tree, const ProjectFolder& folder,
                                         const std::vector<ChangedConfig>& changed,
                                         const std::set<std::string>& moved) {
  std::vector<CarriedConfig> carried;
  for (const ChangedConfig& each : changed) {
    if (!moved.contains(folder.file_of(*each.after))) continue;
    tree.checkpoint();
    std::vector<std::string> keys = carry_node(tree, folder, each);
    if (keys.empty()) tree.rollback();
    else carried.push_back({each.after->name, std::move(keys)});
  }
  return carried;
}

}  // namespace floe::fix
