// SPDX-License-Identifier: Apache-2.0
// How query_lineage() goes through a syntax tree: relations in scope, and the flows of expressions.
// For query_lineage.cpp and its siblings only.
#pragma once

#include "dbt/columns/query_lineage.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace floe::dbt {

/// Thrown inside the analysis at a construct that it does not understand.
struct NoLineage {
  std::string why;
};

/// A relation in a FROM clause, or a common table expression.
struct ScopeTable {
  std::string database, schema, name;  // lower case; name is the alias if there is one
  std::vector<QueryColumn> columns;
  std::vector<PassThrough> open;
  std::set<std::string> shown_elsewhere;  // not in `*`: the join's other side has it (USING)
  Flows filters;
  std::string foreign;  // what it reads that is none of the project's; its columns are unknown
};

using CommonTables = std::map<std::string, ScopeTable, std::less<>>;

/// What names mean at a place of a query.
struct LineageScope {
  std::vector<ScopeTable> tables;
  const LineageScope* outer = nullptr;
  const std::vector<QueryColumn>* aliases = nullptr;  // of the select list, so far
  std::set<std::string> locals;                       // parameters of lambdas
  const CommonTables* common = nullptr;
};

/// What an expression's value is made of.
struct ExpressionFlows {
  Flows flows;
  Flows filters;  // of subqueries in it
  std::set<ColumnRef> typing;
  std::string unknown;

  void add(const ExpressionFlows& more);
};

class LineageReader {
 public:
  LineageReader(const LineageCatalog& catalog, QueryLineage& result)
      : catalog_(catalog), result_(result) {}

  /// A query node: SELECT, a set operation, or a recursive common table expression.
  ScopeTable query(const value::Value& node, const LineageScope* outer, const CommonTables* common);

 private:
  // query_lineage.cpp
  ScopeTable select(const value::Value& node, const LineageScope* outer,
                    const CommonTables* common);
  ScopeTable set_operation(const value::Value& node, const LineageScope* outer,
                           const CommonTables* common);
  ScopeTable recursion(const value::Value& node, const LineageScope* outer,
                       const CommonTables* common);
  CommonTables common_tables(const value::Value& node, const LineageScope* outer,
                             const CommonTables* common);
  void select_list(const value::Value& node, LineageScope& scope, ScopeTable& table);
  void add_filters(const value::Value& node, const LineageScope& scope, ScopeTable& table);

  // lineage_relations.cpp
  void from(const value::Value& node, LineageScope& scope, ScopeTable& into);
  void join(const value::Value& node, LineageScope& scope, ScopeTable& into);
  void base_table(const value::Value& node, LineageScope& scope, ScopeTable& into);
  void note_name(const std::string& relation, const value::Value& node);
  void table_function(const value::Value& node, LineageScope& scope);
  void value_rows(const value::Value& node, LineageScope& scope);
  void expand_star(const value::Value& node, const LineageScope& scope, ScopeTable& table);

  // lineage_expressions.cpp
  ExpressionFlows expression(const value::Value& node, const LineageScope& scope);
  ExpressionFlows function(const value::Value& node, const LineageScope& scope);
  ExpressionFlows window(const value::Value& node, const LineageScope& scope);
  ExpressionFlows subquery(const value::Value& node, const LineageScope& scope);
  ExpressionFlows lambda(const value::Value& node, const LineageScope& scope);
  ExpressionFlows arrow(const value::Value& node, const LineageScope& scope);
  ExpressionFlows arguments(const value::Value& node, const std::string& name,
                            const LineageScope& scope);
  std::optional<ExpressionFlows> receiver(const value::Value& node, const LineageScope& scope);
  ExpressionFlows ordering(const value::Value& node, bool is_value, const LineageScope& scope);
  FunctionSource source_of(const std::string& function) const;
  ExpressionFlows children(const value::Value& node, const LineageScope& scope);
  ExpressionFlows indirect(const value::Value* node, const LineageScope& scope);
  ExpressionFlows column(const value::Value& node, const LineageScope& scope);
  ExpressionFlows column_named(const std::vector<std::string>& names, const LineageScope& scope);
  std::optional<QueryColumn> find_qualified(const std::vector<std::string>& names, std::size_t at,
                                            const LineageScope& scope);
  std::optional<QueryColumn> find_plain(const std::string& name, const LineageScope& scope);
  std::optional<QueryColumn> column_of(const ScopeTable& table, const std::string& name);
  /// The row of the relation that the names mean: "b", "schema.b", "database.schema.b".
  std::optional<QueryColumn> whole_row(const std::vector<std::string>& names,
                                       const LineageScope& scope, bool look_outside);

  const LineageCatalog& catalog_;
  QueryLineage& result_;
  int depth_ = 0;
};

/// The text member of a node, "" if there is none.
std::string lineage_text(const value::Value& node, std::string_view key);
/// The items of a list member; an empty list if there is none.
const value::Value::List& lineage_list(const value::Value& node, std::string_view key);
/// Adds all columns of `table` as they are.
ExpressionFlows flows_of_row(const ScopeTable& table);
/// Names the columns of `table` anew, in order, as `t(a, b)` does.
void rename_columns(ScopeTable& table, const value::Value::List& names);

}  // namespace floe::dbt
