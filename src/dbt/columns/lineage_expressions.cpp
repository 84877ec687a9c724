// SPDX-License-Identifier: Apache-2.0
// Expressions: what a value is made of, and what names in it mean.
#include "base/text.h"
#include "dbt/columns/lineage_reader.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::dbt {

using value::Value;

namespace {

std::vector<std::string> names_of(const Value& node) {
  std::vector<std::string> names;
  for (const Value& name : lineage_list(node, "column_names")) {
    if (name.is_string()) names.push_back(name.as_string());
  }
  return names;
}

ExpressionFlows flows_of_column(const QueryColumn& column) {
  ExpressionFlows made;
  made.flows = column.flows;
  made.typing = column.typing;
  made.unknown = column.unknown;
  return made;
}

/// Whether names[at], with the schema and database before it, is the relation's name.
bool is_called(const ScopeTable& table, const std::vector<std::string>& names, std::size_t at) {
  if (table.name != to_lower(names[at])) return false;
  if (at >= 1 && table.schema != to_lower(names[at - 1])) return false;
  return at < 2 || table.database.empty() || table.database == to_lower(names[at - 2]);
}

bool is_value_keyword(const std::string& lower) {
  return lower == "current_date" || lower == "current_timestamp" || lower == "current_time" ||
         lower == "localtime" || lower == "localtimestamp" || lower == "current_user" ||
         lower == "current_schema" || lower == "current_catalog" || lower == "session_user" ||
         lower == "user" || lower == "current_role" || lower == "rowid";
}

}  // namespace

void ExpressionFlows::add(const ExpressionFlows& more) {
  flows.add(more.flows);
  filters.add(more.filters);
  typing.insert(more.typing.begin(), more.typing.end());
  if (unknown.empty()) unknown = more.unknown;
}

ExpressionFlows flows_of_row(const ScopeTable& table) {
  ExpressionFlows made;
  for (const QueryColumn& column : table.columns) made.add(flows_of_column(column));
  if (!table.open.empty()) made.unknown = "a whole row of a relation that is not fully known";
  if (!table.foreign.empty()) made.unknown = fmt::format("a row of {}", table.foreign);
  made.flows = made.flows.through(FlowKind::kTransform);
  return made;
}

std::optional<QueryColumn> LineageReader::column_of(const ScopeTable& table,
                                                    const std::string& name) {
  const std::string lower = to_lower(name);
  for (const QueryColumn& column : table.columns) {
    if (!column.name.empty() && to_lower(column.name) == lower) return column;
  }
  QueryColumn column;
  column.name = name;
  std::vector<const PassThrough*> open;
  for (const PassThrough& through : table.open) {
    if (!through.hidden.contains(lower)) open.push_back(&through);
  }
  if (open.size() == 1) {
    const ColumnRef ref{open.front()->node, name};
    result_.asked.insert(ref);
    column.flows.add({ref, FlowKind::kCopy, {}});
    column.typing.insert(ref);
    return column;
  }
  if (open.size() > 1) {
    column.unknown = fmt::format(
        "'{}' can be a column of several relations that are not fully "
        "known",
        name);
    return column;
  }
  if (!table.foreign.empty()) {
    column.unknown =
        fmt::format("'{}' comes from {}, which is not the project's", name, table.foreign);
    return column;
  }
  return std::nullopt;
}

/// names[at] is the column, what is before it names a relation.
std::optional<QueryColumn> LineageReader::find_qualified(const std::vector<std::string>& names,
                                                         std::size_t at,
                                                         const LineageScope& scope) {
  for (const LineageScope* each = &scope; each != nullptr; each = each->outer) {
    for (const ScopeTable& table : each->tables) {
      if (!is_called(table, names, at - 1)) continue;
      if (auto column = column_of(table, names[at])) return column;
    }
  }
  return std::nullopt;
}

std::optional<QueryColumn> LineageReader::find_plain(const std::string& name,
                                                     const LineageScope& scope) {
  const std::string lower = to_lower(name);
  for (const LineageScope* each = &scope; each != nullptr; each = each->outer) {
    if (each->locals.contains(lower)) return QueryColumn{};
    const ScopeTable* open = nullptr;
    std::size_t open_count = 0;
    std::optional<QueryColumn> found;
    for (const ScopeTable& table : each->tables) {
      const auto has =
          std::any_of(table.columns.begin(), table.columns.end(),
                      [&](const QueryColumn& column) { return to_lower(column.name) == lower; });
      if (has && !table.shown_elsewhere.contains(lower)) {
        if (found) {
          const auto other = column_of(table, name);
          found->flows.add(other->flows);
        } else {
          found = column_of(table, name);
        }
      } else if (!has && (!table.open.empty() || !table.foreign.empty()) &&
                 !table.shown_elsewhere.contains(lower)) {
        open = &table;
        ++open_count;
      }
    }
    if (found) return found;
    // DuckDB takes a relation's name for its row before it looks at what the select list names.
    if (auto row = whole_row({name}, *each, open_count > 0)) {
      if (open_count == 0) return row;
      // Whether there is such a column, nobody knows.
      QueryColumn column;
      column.unknown =
          fmt::format("'{}' is a row, or a column of a relation that is not fully known", name);
      return column;
    }
    if (each->aliases != nullptr) {
      for (const QueryColumn& alias : *each->aliases) {
        if (!alias.name.empty() && to_lower(alias.name) == lower) return alias;
      }
    }
    if (open_count == 1) {
      if (auto column = column_of(*open, name)) return column;
    }
    if (open_count > 1) {
      QueryColumn column;
      column.unknown =
          fmt::format("'{}' can be a column of several relations that are not fully known", name);
      return column;
    }
  }
  return std::nullopt;
}

std::optional<QueryColumn> LineageReader::whole_row(const std::vector<std::string>& names,
                                                    const LineageScope& scope, bool look_outside) {
  for (const LineageScope* each = &scope; each != nullptr;
       each = look_outside ? each->outer : nullptr) {
    for (const ScopeTable& table : each->tables) {
      if (!is_called(table, names, names.size() - 1)) continue;
      const ExpressionFlows row = flows_of_row(table);
      QueryColumn column;
      column.unknown = row.unknown;
      // Of what is not fully known the name may mean a column, or a field of one.
      if (!table.open.empty() || !table.foreign.empty()) return column;
      column.flows = row.flows;
      column.typing = row.typing;
      return column;
    }
  }
  return std::nullopt;
}

ExpressionFlows LineageReader::column(const Value& node, const LineageScope& scope) {
  const std::vector<std::string> names = names_of(node);
  if (names.empty()) throw NoLineage{"a column without a name"};
  return column_named(names, scope);
}

ExpressionFlows LineageReader::column_named(const std::vector<std::string>& names,
                                            const LineageScope& scope) {
  // The longest qualifier that fits; what follows the column are fields of a struct.
  for (std::size_t at = std::min<std::size_t>(names.size() - 1, 3); at >= 1; --at) {
    if (auto found = find_qualified(names, at, scope)) {
      ExpressionFlows made = flows_of_column(*found);
      if (at + 1 < names.size()) made.flows = made.flows.through(FlowKind::kTransform);
      return made;
    }
  }
  if (names.size() > 1 && names.size() <= 3) {
    if (auto row = whole_row(names, scope, true)) return flows_of_column(*row);
  }
  if (auto found = find_plain(names.front(), scope)) {
    ExpressionFlows made = flows_of_column(*found);
    if (names.size() > 1) made.flows = made.flows.through(FlowKind::kTransform);
    return made;
  }
  ExpressionFlows made;
  if (names.size() == 1 && is_value_keyword(to_lower(names.front()))) return made;
  made.unknown = fmt::format("nothing here is called '{}'", floe::join(names, "."));
  return made;
}

ExpressionFlows LineageReader::children(const Value& node, const LineageScope& scope) {
  ExpressionFlows made;
  for (const char* key : {"child", "left", "right", "input", "lower", "upper", "else_expr"}) {
    if (const Value* child = node.find(key); child != nullptr && child->is_map()) {
      made.add(expression(*child, scope));
    }
  }
  for (const Value& child : lineage_list(node, "children")) made.add(expression(child, scope));
  return made;
}

/// Whatever the expression reads decides about rows, or which of several values is taken.
ExpressionFlows LineageReader::indirect(const Value* node, const LineageScope& scope) {
  ExpressionFlows made;
  if (node == nullptr || !node->is_map()) return made;
  const ExpressionFlows read = expression(*node, scope);
  made.filters.add(read.flows.through(FlowKind::kFilter));
  made.filters.add(read.filters);
  return made;
}

ExpressionFlows LineageReader::subquery(const Value& node, const LineageScope& scope) {
  const Value* inner = node.find_path("subquery.node");
  if (inner == nullptr) throw NoLineage{"a subquery that is no query"};
  const ScopeTable table = query(*inner, &scope, scope.common);
  ExpressionFlows made;
  made.filters.add(table.filters);
  const std::string type = lineage_text(node, "subquery_type");
  const bool is_value = type == "SCALAR" || type == "INVALID" || type == "ARRAY";
  for (const QueryColumn& column : table.columns) {
    if (is_value) {
      made.add(flows_of_column(column));
    } else {
      made.filters.add(column.flows.through(FlowKind::kFilter));
    }
  }
  if (!table.open.empty() && is_value) made.unknown = "a subquery that is not fully known";
  if (const Value* child = node.find("child"); child != nullptr) {
    const ExpressionFlows compared = expression(*child, scope);
    made.flows.add(compared.flows.through(FlowKind::kTransform));
    made.filters.add(compared.filters);
    if (made.unknown.empty()) made.unknown = compared.unknown;
  }
  return made;
}

ExpressionFlows LineageReader::lambda(const Value& node, const LineageScope& scope) {
  LineageScope inner = scope;
  const auto add_parameter = [&](const Value& parameter) {
    const std::vector<std::string> names = names_of(parameter);
    if (!names.empty()) inner.locals.insert(to_lower(names.front()));
  };
  if (const Value* parameters = node.find("lhs"); parameters != nullptr) {
    add_parameter(*parameters);
    for (const Value& each : lineage_list(*parameters, "children")) add_parameter(each);
  }
  const Value* body = node.find("expr");
  return body == nullptr ? ExpressionFlows{} : expression(*body, inner);
}

/// `json -> path`, which is written like a lambda: that it is only where a function takes one.
ExpressionFlows LineageReader::arrow(const Value& node, const LineageScope& scope) {
  ExpressionFlows made;
  for (const char* key : {"lhs", "expr"}) {
    if (const Value* side = node.find(key); side != nullptr) made.add(expression(*side, scope));
  }
  made.flows = made.flows.through(FlowKind::kTransform);
  return made;
}

ExpressionFlows LineageReader::expression(const Value& node, const LineageScope& scope) {
  if (++depth_ > 400) throw NoLineage{"an expression is nested too deeply"};
  const std::string kind = lineage_text(node, "class");
  ExpressionFlows made;
  if (kind == "COLUMN_REF") {
    made = column(node, scope);
  } else if (kind == "FUNCTION") {
    made = function(node, scope);
  } else if (kind == "WINDOW") {
    made = window(node, scope);
  } else if (kind == "SUBQUERY") {
    made = subquery(node, scope);
  } else if (kind == "LAMBDA") {
    made = arrow(node, scope);
  } else if (kind == "CAST") {
    made = children(node, scope);
    made.flows = made.flows.through(FlowKind::kTransform);
    made.typing.clear();
  } else if (kind == "CASE") {
    for (const Value& check : lineage_list(node, "case_checks")) {
      made.filters.add(indirect(check.find("when_expr"), scope).filters);
      if (const Value* then = check.find("then_expr"); then != nullptr) {
        made.add(expression(*then, scope));
      }
    }
    if (const Value* otherwise = node.find("else_expr"); otherwise != nullptr) {
      made.add(expression(*otherwise, scope));
    }
    made.flows = made.flows.through(FlowKind::kTransform);
  } else if (kind == "COMPARISON" || kind == "CONJUNCTION" || kind == "BETWEEN") {
    made = children(node, scope);
    made.flows = made.flows.through(FlowKind::kTransform);
    made.typing.clear();
  } else if (kind == "OPERATOR") {
    const std::string type = lineage_text(node, "type");
    made = children(node, scope);
    if (type == "OPERATOR_IS_NULL" || type == "OPERATOR_IS_NOT_NULL" ||
        type == "GROUPING_FUNCTION") {
      made.filters.add(made.flows.through(FlowKind::kFilter));
      made.flows = {};
      made.typing.clear();
    } else {
      made.flows = made.flows.through(FlowKind::kTransform);
      if (type == "OPERATOR_NOT" || type == "COMPARE_IN" || type == "COMPARE_NOT_IN") {
        made.typing.clear();
      }
    }
  } else if (kind == "COLLATE") {
    made = children(node, scope);
    made.flows = made.flows.through(FlowKind::kTransform);
  } else if (kind == "STAR") {
    for (const ScopeTable& table : scope.tables) made.add(flows_of_row(table));
  } else if (kind == "POSITIONAL_REFERENCE") {
    throw NoLineage{"a column that is named by its place (#1)"};
  } else if (kind != "CONSTANT" && kind != "PARAMETER" && kind != "DEFAULT") {
    throw NoLineage{fmt::format("an expression of class {}", kind)};
  }
  --depth_;
  return made;
}

}  // namespace floe::dbt
