// SPDX-License-Identifier: Apache-2.0
#include "dbt/columns/query_lineage.h"

#include "base/text.h"
#include "dbt/columns/lineage_reader.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::dbt {

using value::Value;

std::string lineage_text(const Value& node, std::string_view key) {
  const Value* text = node.find(key);
  return text != nullptr && text->is_string() ? text->as_string() : std::string();
}

const Value::List& lineage_list(const Value& node, std::string_view key) {
  static const Value::List kNone;
  const Value* list = node.find(key);
  return list != nullptr && list->is_list() ? list->as_list() : kNone;
}

void rename_columns(ScopeTable& table, const Value::List& names) {
  if (names.empty()) return;
  if (!table.open.empty() && names.size() > table.columns.size()) {
    throw NoLineage{"columns are named by their place in a relation that is not fully known"};
  }
  for (std::size_t i = 0; i < names.size() && i < table.columns.size(); ++i) {
    if (names[i].is_string()) table.columns[i].name = names[i].as_string();
  }
}

namespace {

/// Adds what the column at the same place of another query brings.
void merge_column(QueryColumn& into, const QueryColumn& from) {
  into.flows.add(from.flows);
  into.typing.insert(from.typing.begin(), from.typing.end());
  if (into.unknown.empty()) into.unknown = from.unknown;
}

void merge_by_place(ScopeTable& into, const ScopeTable& from) {
  if (!into.open.empty() || !from.open.empty()) {
    throw NoLineage{"a set operation of relations whose columns are not fully known"};
  }
  for (std::size_t i = 0; i < into.columns.size() && i < from.columns.size(); ++i) {
    merge_column(into.columns[i], from.columns[i]);
  }
}

void merge_by_name(ScopeTable& into, const ScopeTable& from) {
  if (!into.open.empty() || !from.open.empty()) {
    throw NoLineage{"a set operation of relations whose columns are not fully known"};
  }
  for (const QueryColumn& column : from.columns) {
    const std::string name = to_lower(column.name);
    const auto same =
        std::find_if(into.columns.begin(), into.columns.end(),
                     [&](const QueryColumn& each) { return to_lower(each.name) == name; });
    if (same == into.columns.end()) {
      into.columns.push_back(column);
    } else {
      merge_column(*same, column);
    }
  }
}

/// Ephemeral models come as common table expressions of this name.
constexpr std::string_view kEphemeral = "__dbt__cte__";

}  // namespace

ScopeTable LineageReader::query(const Value& node, const LineageScope* outer,
                                const CommonTables* common) {
  if (++depth_ > 200) throw NoLineage{"the query is nested too deeply"};
  const std::string type = lineage_text(node, "type");
  ScopeTable table;
  if (type == "SELECT_NODE") {
    table = select(node, outer, common);
  } else if (type == "SET_OPERATION_NODE") {
    table = set_operation(node, outer, common);
  } else if (type == "RECURSIVE_CTE_NODE") {
    table = recursion(node, outer, common);
  } else {
    throw NoLineage{fmt::format("a query of type {}", type)};
  }
  --depth_;
  return table;
}

CommonTables LineageReader::common_tables(const Value& node, const LineageScope* outer,
                                          const CommonTables* common) {
  CommonTables tables;
  if (common != nullptr) tables = *common;
  const Value* map = node.find("cte_map");
  if (map == nullptr) return tables;
  for (const Value& entry : lineage_list(*map, "map")) {
    const std::string name = lineage_text(entry, "key");
    const Value* definition = entry.find_path("value.query.node");
    if (definition == nullptr) throw NoLineage{"a common table expression that is no query"};
    const KnownRelation* ephemeral =
        name.starts_with(kEphemeral) ? catalog_.find("", "", name) : nullptr;
    ScopeTable table;
    if (ephemeral != nullptr) {
      result_.reads.insert(ephemeral->node);
      for (const std::string& column : ephemeral->columns) {
        const ColumnRef ref{ephemeral->node, column};
        QueryColumn& added = table.columns.emplace_back();
        added.name = column;
        added.flows.add({ref, FlowKind::kCopy, {}});
        added.typing.insert(ref);
      }
      if (ephemeral->open) table.open.push_back({ephemeral->node, {}});
    } else {
      table = query(*definition, outer, &tables);
    }
    if (const Value* aliases = entry.find_path("value.aliases"); aliases != nullptr) {
      rename_columns(table, aliases->as_list());
    }
    table.name = to_lower(name);
    tables.insert_or_assign(table.name, table);
  }
  return tables;
}

ScopeTable LineageReader::select(const Value& node, const LineageScope* outer,
                                 const CommonTables* common) {
  const CommonTables tables = common_tables(node, outer, common);
  LineageScope scope;
  scope.outer = outer;
  scope.common = &tables;
  ScopeTable table;
  if (const Value* source = node.find("from_table"); source != nullptr) {
    from(*source, scope, table);
  }
  for (const ScopeTable& each : scope.tables) table.filters.add(each.filters);
  // The list under construction: a column sees those before it, conditions see all.
  scope.aliases = &table.columns;
  select_list(node, scope, table);
  add_filters(node, scope, table);
  return table;
}

void LineageReader::select_list(const Value& node, LineageScope& scope, ScopeTable& table) {
  for (const Value& item : lineage_list(node, "select_list")) {
    if (lineage_text(item, "class") == "STAR") {
      expand_star(item, scope, table);
    } else {
      const ExpressionFlows made = expression(item, scope);
      QueryColumn& column = table.columns.emplace_back();
      column.name = lineage_text(item, "alias");
      if (column.name.empty() && lineage_text(item, "class") == "COLUMN_REF") {
        const auto& names = lineage_list(item, "column_names");
        if (!names.empty() && names.back().is_string()) column.name = names.back().as_string();
      }
      column.flows = made.flows;
      column.typing = made.typing;
      column.unknown = made.unknown;
      table.filters.add(made.filters);
    }
  }
}

void LineageReader::add_filters(const Value& node, const LineageScope& scope, ScopeTable& table) {
  const auto add = [&](const Value* condition) {
    table.filters.add(indirect(condition, scope).filters);
  };
  for (const char* key : {"where_clause", "having", "qualify"}) add(node.find(key));
  for (const Value& group : lineage_list(node, "group_expressions")) {
    if (lineage_text(group, "class") != "CONSTANT") add(&group);  // a constant is a place
  }
  const auto& modifiers = lineage_list(node, "modifiers");
  const bool limited = std::any_of(modifiers.begin(), modifiers.end(), [](const Value& modifier) {
    return lineage_text(modifier, "type").starts_with("LIMIT");
  });
  for (const Value& modifier : modifiers) {
    for (const Value& target : lineage_list(modifier, "distinct_on_targets")) {
      if (lineage_text(target, "class") != "CONSTANT") add(&target);
    }
    if (!limited) continue;
    for (const Value& order : lineage_list(modifier, "orders")) add(order.find("expression"));
  }
}

ScopeTable LineageReader::set_operation(const Value& node, const LineageScope* outer,
                                        const CommonTables* common) {
  const CommonTables tables = common_tables(node, outer, common);
  std::vector<const Value*> parts;
  for (const char* key : {"left", "right"}) {
    if (const Value* part = node.find(key); part != nullptr) parts.push_back(part);
  }
  for (const Value& child : lineage_list(node, "children")) parts.push_back(&child);
  if (parts.empty()) throw NoLineage{"a set operation without queries"};
  const std::string type = lineage_text(node, "setop_type");
  ScopeTable result = query(*parts.front(), outer, &tables);
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const ScopeTable next = query(*parts[i], outer, &tables);
    result.filters.add(next.filters);
    if (type == "UNION") {
      merge_by_place(result, next);
    } else if (type == "UNION_BY_NAME") {
      merge_by_name(result, next);
    } else if (type == "EXCEPT" || type == "INTERSECT") {
      for (const QueryColumn& column : next.columns) {
        result.filters.add(column.flows.through(FlowKind::kFilter));
      }
    } else {
      throw NoLineage{fmt::format("a set operation of type {}", type)};
    }
  }
  return result;
}

ScopeTable LineageReader::recursion(const Value& node, const LineageScope* outer,
                                    const CommonTables* common) {
  const Value* left = node.find("left");
  const Value* right = node.find("right");
  if (left == nullptr || right == nullptr) throw NoLineage{"a recursion without an end"};
  CommonTables tables;
  if (common != nullptr) tables = *common;
  const std::string name = to_lower(lineage_text(node, "cte_name"));
  ScopeTable result = query(*left, outer, &tables);
  rename_columns(result, lineage_list(node, "aliases"));
  // What flows in grows with each turn until nothing new comes; columns bound how long that takes.
  for (std::size_t turn = 0; turn <= result.columns.size() + 1; ++turn) {
    tables.insert_or_assign(name, result);
    const ScopeTable next = query(*right, outer, &tables);
    ScopeTable grown = result;
    merge_by_place(grown, next);
    grown.filters.add(next.filters);
    const bool same = std::equal(
        grown.columns.begin(), grown.columns.end(), result.columns.begin(), result.columns.end(),
        [](const QueryColumn& a, const QueryColumn& b) { return a.flows.all() == b.flows.all(); });
    result = std::move(grown);
    if (same) break;
  }
  return result;
}

QueryLineage query_lineage(const Value& tree, const LineageCatalog& catalog) {
  QueryLineage result;
  const Value* node = tree.find("node");
  if (node == nullptr) {
    result.unknown = "it is no query";
    return result;
  }
  result.traits = query_traits(tree);
  try {
    const ScopeTable table = LineageReader(catalog, result).query(*node, nullptr, nullptr);
    result.columns = table.columns;
    result.filters = table.filters;
    result.passes_through = table.open;
  } catch (const NoLineage& reason) {
    result.unknown = reason.why;
  }
  return result;
}

}  // namespace floe::dbt
