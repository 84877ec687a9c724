// SPDX-License-Identifier: Apache-2.0
// FROM clauses: base tables, joins, table functions, rows of values, pivots; and `*`.
#include "base/text.h"
#include "dbt/columns/lineage_reader.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::dbt {

using value::Value;

namespace {

/// Table functions that make rows of their arguments alone.
bool makes_rows_itself(std::string_view function) {
  return function == "unnest" || function == "range" || function == "generate_series" ||
         function == "repeat" || function == "generate_subscripts" || function == "json_each" ||
         function == "json_tree";
}

QueryColumn column_of_relation(const KnownRelation& relation, const std::string& name) {
  const ColumnRef ref{relation.node, name};
  QueryColumn column;
  column.name = name;
  column.flows.add({ref, FlowKind::kCopy, {}});
  column.typing.insert(ref);
  return column;
}

ScopeTable table_of_relation(const KnownRelation& relation) {
  ScopeTable table;
  for (const std::string& name : relation.columns) {
    table.columns.push_back(column_of_relation(relation, name));
  }
  if (relation.open) table.open.push_back({relation.node, {}});
  return table;
}

QueryColumn* named_column(ScopeTable& table, const std::string& lower_name) {
  const auto at =
      std::find_if(table.columns.begin(), table.columns.end(),
                   [&](const QueryColumn& each) { return to_lower(each.name) == lower_name; });
  return at == table.columns.end() ? nullptr : &*at;
}

/// Names that both sides of a NATURAL join have.
std::vector<std::string> common_names(const std::vector<ScopeTable>& left,
                                      const std::vector<ScopeTable>& right) {
  std::vector<std::string> names;
  for (const ScopeTable& table : left) {
    if (!table.open.empty()) throw NoLineage{"a natural join of a relation not fully known"};
    for (const QueryColumn& column : table.columns) {
      const std::string name = to_lower(column.name);
      for (const ScopeTable& other : right) {
        ScopeTable copy = other;
        if (!other.open.empty()) throw NoLineage{"a natural join of a relation not fully known"};
        if (named_column(copy, name) != nullptr) names.push_back(name);
      }
    }
  }
  return names;
}

/// The name that `*` lists may qualify: "a", or an object with the column's name.
std::string listed_name(const Value& item) {
  if (item.is_string()) return to_lower(item.as_string());
  return to_lower(lineage_text(item, "column"));
}

}  // namespace

void LineageReader::note_name(const std::string& relation, const Value& node) {
  const Value* at = node.find("query_location");
  if (at == nullptr || !at->is_int() || at->as_int() < 0) return;
  const auto byte = static_cast<std::size_t>(at->as_int());
  const auto [found, is_new] = result_.named_at.emplace(relation, byte);
  if (!is_new) found->second = std::min(found->second, byte);
}

void LineageReader::base_table(const Value& node, LineageScope& scope, ScopeTable& into) {
  const std::string name = lineage_text(node, "table_name");
  const std::string schema = lineage_text(node, "schema_name");
  const std::string database = lineage_text(node, "catalog_name");
  ScopeTable table;
  const bool plain = schema.empty() && database.empty();
  const auto common = plain && scope.common != nullptr ? scope.common->find(to_lower(name))
                                                       : CommonTables::const_iterator();
  if (plain && scope.common != nullptr && common != scope.common->end()) {
    table = common->second;
  } else if (const KnownRelation* known = catalog_.find(database, schema, name)) {
    table = table_of_relation(*known);
    result_.reads.insert(known->node);
    note_name(known->node, node);
  } else {
    std::string written = name;
    if (!schema.empty()) written = schema + "." + written;
    if (!database.empty()) written = database + "." + written;
    result_.foreign.insert(written);
    note_name(written, node);
    table.foreign = written;
  }
  table.database = to_lower(database);
  table.schema = to_lower(schema);
  const std::string alias = lineage_text(node, "alias");
  table.name = to_lower(alias.empty() ? name : alias);
  if (!alias.empty()) table.schema = table.database = "";
  rename_columns(table, lineage_list(node, "column_name_alias"));
  into.filters.add(table.filters);
  scope.tables.push_back(std::move(table));
}

void LineageReader::value_rows(const Value& node, LineageScope& scope) {
  ScopeTable table;
  table.name = to_lower(lineage_text(node, "alias"));
  for (const Value& row : lineage_list(node, "values")) {
    if (!row.is_list()) continue;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const ExpressionFlows made = expression(row.as_list()[i], scope);
      if (i >= table.columns.size()) {
        table.columns.emplace_back().name = fmt::format("col{}", i);
      }
      table.columns[i].flows.add(made.flows);
      table.columns[i].typing.insert(made.typing.begin(), made.typing.end());
      if (table.columns[i].unknown.empty()) table.columns[i].unknown = made.unknown;
    }
  }
  rename_columns(table, lineage_list(node, "expected_names"));
  rename_columns(table, lineage_list(node, "column_name_alias"));
  scope.tables.push_back(std::move(table));
}

void LineageReader::table_function(const Value& node, LineageScope& scope) {
  const Value* call = node.find("function");
  if (call == nullptr) throw NoLineage{"a table function without a name"};
  const std::string function = to_lower(lineage_text(*call, "function_name"));
  ScopeTable table;
  const std::string alias = lineage_text(node, "alias");
  table.name = to_lower(alias.empty() ? function : alias);
  if (!makes_rows_itself(function)) {
    table.foreign = function + "()";
    result_.foreign.insert(table.foreign);
    note_name(table.foreign, node);
    scope.tables.push_back(std::move(table));
    return;
  }
  // Its arguments may name the relations before it.
  const ExpressionFlows made = children(*call, scope);
  const auto& names = lineage_list(node, "column_name_alias");
  const std::size_t count = std::max<std::size_t>(names.size(), 1);
  for (std::size_t i = 0; i < count; ++i) {
    QueryColumn& column = table.columns.emplace_back();
    column.name = i < names.size() && names[i].is_string() ? names[i].as_string()
                  : !alias.empty() && function != "range"  ? alias
                                                           : function;
    column.flows = made.flows.through(FlowKind::kTransform, function);
    column.typing = made.typing;
    column.unknown = made.unknown;
  }
  // A struct or an object is spread over columns of names that nobody knows here.
  if (function.starts_with("json_") || names.empty()) table.foreign = function + "()";
  scope.tables.push_back(std::move(table));
}

void LineageReader::join(const Value& node, LineageScope& scope, ScopeTable& into) {
  const Value* left = node.find("left");
  const Value* right = node.find("right");
  if (left == nullptr || right == nullptr) throw NoLineage{"a join of one relation"};
  LineageScope left_scope = scope;
  left_scope.tables.clear();
  from(*left, left_scope, into);
  // A lateral subquery on the right sees what is on the left.
  LineageScope right_scope = left_scope;
  const std::size_t first_right = right_scope.tables.size();
  from(*right, right_scope, into);
  std::vector<ScopeTable> rights(right_scope.tables.begin() + static_cast<long>(first_right),
                                 right_scope.tables.end());
  std::vector<ScopeTable> lefts = std::move(left_scope.tables);

  std::vector<std::string> using_names;
  for (const Value& name : lineage_list(node, "using_columns")) {
    if (name.is_string()) using_names.push_back(to_lower(name.as_string()));
  }
  if (lineage_text(node, "ref_type") == "NATURAL") using_names = common_names(lefts, rights);
  const std::string type = lineage_text(node, "join_type");
  const bool either_side = type == "OUTER" || type == "FULL" || type == "RIGHT";
  for (const std::string& name : using_names) {
    Flows both;
    std::optional<QueryColumn> of_right;
    for (ScopeTable& table : rights) {
      if (auto column = column_of(table, name)) {
        of_right = std::move(column);
        table.shown_elsewhere.insert(name);
      }
    }
    for (ScopeTable& table : lefts) {
      auto of_left = column_of(table, name);
      if (!of_left || table.shown_elsewhere.contains(name)) continue;
      both.add(of_left->flows);
      if (QueryColumn* shown = named_column(table, name);
          shown != nullptr && of_right && either_side) {
        shown->flows.add(of_right->flows);
        shown->typing.insert(of_right->typing.begin(), of_right->typing.end());
      }
    }
    if (of_right) both.add(of_right->flows);
    into.filters.add(both.through(FlowKind::kFilter));
  }

  LineageScope both_scope = scope;
  both_scope.tables = lefts;
  both_scope.tables.insert(both_scope.tables.end(), rights.begin(), rights.end());
  into.filters.add(indirect(node.find("condition"), both_scope).filters);
  scope.tables.insert(scope.tables.end(), lefts.begin(), lefts.end());
  if (type == "SEMI" || type == "ANTI") return;  // the right side has no columns to show
  scope.tables.insert(scope.tables.end(), rights.begin(), rights.end());
}

void LineageReader::from(const Value& node, LineageScope& scope, ScopeTable& into) {
  if (++depth_ > 200) throw NoLineage{"the query is nested too deeply"};
  const std::string type = lineage_text(node, "type");
  if (type == "BASE_TABLE") {
    base_table(node, scope, into);
  } else if (type == "JOIN") {
    join(node, scope, into);
  } else if (type == "SUBQUERY") {
    const Value* inner = node.find_path("subquery.node");
    if (inner == nullptr) throw NoLineage{"a subquery that is no query"};
    ScopeTable table = query(*inner, &scope, scope.common);
    table.name = to_lower(lineage_text(node, "alias"));
    rename_columns(table, lineage_list(node, "column_name_alias"));
    into.filters.add(table.filters);
    scope.tables.push_back(std::move(table));
  } else if (type == "TABLE_FUNCTION") {
    table_function(node, scope);
  } else if (type == "EXPRESSION_LIST") {
    value_rows(node, scope);
  } else if (type != "EMPTY") {
    throw NoLineage{type == "PIVOT" ? "PIVOT and UNPIVOT"
                                    : fmt::format("a relation of type {}", type)};
  }
  --depth_;
}

void LineageReader::expand_star(const Value& node, const LineageScope& scope, ScopeTable& into) {
  const Value* columns = node.find("columns");
  if (columns != nullptr && columns->is_bool() && columns->as_bool()) {
    throw NoLineage{"COLUMNS()"};
  }
  std::set<std::string> excluded;
  for (const char* key : {"exclude_list", "qualified_exclude_list"}) {
    for (const Value& item : lineage_list(node, key)) excluded.insert(listed_name(item));
  }
  std::map<std::string, const Value*> replaced;
  for (const Value& item : lineage_list(node, "replace_list")) {
    replaced[to_lower(lineage_text(item, "key"))] = item.find("value");
  }
  std::map<std::string, std::string> renamed;
  for (const Value& item : lineage_list(node, "rename_list")) {
    const Value* key = item.find("key");
    if (key != nullptr) renamed[listed_name(*key)] = lineage_text(item, "value");
  }
  const std::string relation = to_lower(lineage_text(node, "relation_name"));
  bool found = false;
  for (const ScopeTable& table : scope.tables) {
    if (!relation.empty() && table.name != relation) continue;
    found = true;
    if (!table.foreign.empty()) {
      throw NoLineage{fmt::format("all columns of {}, which is not the project's", table.foreign)};
    }
    for (QueryColumn column : table.columns) {
      const std::string name = to_lower(column.name);
      if (excluded.contains(name)) continue;
      if (relation.empty() && table.shown_elsewhere.contains(name)) continue;
      if (const auto at = replaced.find(name); at != replaced.end() && at->second != nullptr) {
        const ExpressionFlows made = expression(*at->second, scope);
        column.flows = made.flows;
        column.typing = made.typing;
        column.unknown = made.unknown;
        into.filters.add(made.filters);
      }
      if (const auto at = renamed.find(name); at != renamed.end()) column.name = at->second;
      into.columns.push_back(std::move(column));
    }
    for (PassThrough through : table.open) {
      // What is left out, replaced or renamed of a relation that is not fully known.
      through.hidden.insert(excluded.begin(), excluded.end());
      for (const auto& [name, with] : replaced) {
        through.hidden.insert(name);
        if (with == nullptr || std::any_of(table.columns.begin(), table.columns.end(),
                                           [&, key = name](const QueryColumn& each) {
                                             return to_lower(each.name) == key;
                                           })) {
          continue;
        }
        const ExpressionFlows made = expression(*with, scope);
        QueryColumn& column = into.columns.emplace_back();
        column.name = name;
        column.flows = made.flows;
        column.typing = made.typing;
        column.unknown = made.unknown;
      }
      for (const auto& [name, to] : renamed) {
        through.hidden.insert(name);
        if (auto column = column_of(table, name)) {
          const bool there =
              std::any_of(into.columns.begin(), into.columns.end(),
                          [&, as = to](const auto& each) { return each.name == as; });
          if (there) continue;
          column->name = to;
          into.columns.push_back(std::move(*column));
        }
      }
      for (const std::string& name : table.shown_elsewhere) through.hidden.insert(name);
      into.open.push_back(std::move(through));
    }
  }
  if (!found) throw NoLineage{fmt::format("{}.* names no relation", relation)};
}

}  // namespace floe::dbt
