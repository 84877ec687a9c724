// SPDX-License-Identifier: Apache-2.0
#include "dbt/graph/contract_changes.h"

#include "base/text.h"
#include "base/time.h"
#include "dbt/graph/methods.h"
#include "dbt/manifest/contract.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::dbt {

namespace {

const Value kNothing;

const Value& at_path(const Value& object, std::string_view path) {
  const Value* found = object.find_path(path);
  return found == nullptr ? kNothing : *found;
}

/// A type without size, precision and scale: those may change.
std::string base_type(const std::string& type) {
  return to_lower(trim(std::string_view(type).substr(0, type.find('('))));
}

bool builds_table(std::string_view materialized) {
  return materialized == "table" || materialized == "incremental";
}

/// The fields of a constraint with what is left out spelled as null or [].
bool same_constraint(const Value& a, const Value& b) {
  for (const std::string_view key : {"type", "name", "expression", "to", "to_columns", "columns",
                                     "warn_unenforced", "warn_unsupported"}) {
    const Value* x = a.find(key);
    const Value* y = b.find(key);
    const bool no_x = x == nullptr || x->is_null() || (x->is_list() && x->empty());
    const bool no_y = y == nullptr || y->is_null() || (y->is_list() && y->empty());
    if (no_x != no_y || (!no_x && *x != *y)) return false;
  }
  return true;
}

/// The enforced constraints of `before` that are missing now, by name or type.
std::vector<std::string> lost_constraints(const Value& before, const Value& now) {
  std::vector<std::string> lost;
  if (!before.is_list()) return lost;
  for (const Value& old : before.as_list()) {
    const std::string type = selector_text(at_path(old, "type"));
    if (type == "custom") continue;  // DuckDB enforces all others
    const bool kept =
        now.is_list() && std::any_of(now.as_list().begin(), now.as_list().end(),
                                     [&](const Value& item) { return same_constraint(old, item); });
    if (kept) continue;
    const Value& name = at_path(old, "name");
    lost.push_back(name.is_null() ? type : selector_text(name));
  }
  return lost;
}

std::string removal_text(const std::string& unique_id, bool enforced, bool enabled,
                         const std::string& deprecation_date) {
  if (!enforced) return {};
  // Both are ISO 8601; what was announced to go may go.
  const std::string today = utc_timestamp_now().substr(0, 19);
  if (!deprecation_date.empty() && deprecation_date.substr(0, 19) < today) return {};
  return fmt::format("Contracted model '{}' was {}.", unique_id,
                     enabled ? "deleted or renamed" : "disabled");
}

}  // namespace

std::vector<std::string> breaking_changes(const Value& old, const Node& node) {
  std::vector<std::string> changes;
  if (!contract_enforced(node)) changes.emplace_back("it is no longer enforced");
  const std::string materialized = selector_text(at_path(old, "config.materialized"));
  const Value& model_constraints = at_path(old, "constraints");
  bool constrained = !model_constraints.empty();
  const Value& columns = at_path(old, "columns");
  static const Value kNoColumns = Value::map();
  for (const value::Member& member : (columns.is_map() ? columns : kNoColumns).as_map()) {
    const auto now = std::find_if(node.columns.begin(), node.columns.end(),
                                  [&](const auto& entry) { return entry.first == member.key; });
    const Value& constraints = at_path(member.value, "constraints");
    constrained = constrained || !constraints.empty();
    if (now == node.columns.end()) {
      changes.push_back(fmt::format("column '{}' is gone", member.key));
      continue;
    }
    const std::string before = selector_text(at_path(member.value, "data_type"));
    const std::string after = now->second.data_type.value_or("");
    if (base_type(before) != base_type(after)) {
      changes.push_back(
          fmt::format("column '{}' changed from {} to {}", member.key, before, after));
    }
    if (!builds_table(materialized)) continue;
    for (const std::string& lost : lost_constraints(constraints, now->second.constraints)) {
      changes.push_back(fmt::format("column '{}' lost its constraint '{}'", member.key, lost));
    }
  }
  if (!builds_table(materialized)) return changes;
  for (const std::string& lost : lost_constraints(model_constraints, node.constraints)) {
    changes.push_back(fmt::format("the model lost its constraint '{}'", lost));
  }
  if (!builds_table(node.materialized()) && constrained) {
    changes.push_back(fmt::format("constraints are not enforced on a {}", node.materialized()));
  }
  return changes;
}

std::string broken_by_removal(const Value& old) {
  if (selector_text(at_path(old, "resource_type")) != "model") return {};
  const Value& enforced = at_path(old, "contract.enforced");
  const Value& enabled = at_path(old, "config.enabled");
  return removal_text(
      selector_text(at_path(old, "unique_id")), enforced.is_bool() && enforced.as_bool(),
      !enabled.is_bool() || enabled.as_bool(), selector_text(at_path(old, "deprecation_date")));
}

std::string broken_by_removal(const Node& disabled) {
  if (disabled.type != ResourceType::kModel) return {};
  return removal_text(disabled.unique_id, contract_enforced(disabled), disabled.enabled,
                      disabled.deprecation_date);
}

}  // namespace floe::dbt
