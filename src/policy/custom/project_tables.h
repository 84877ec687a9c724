// SPDX-License-Identifier: Apache-2.0
// The project tables: a compiled product as rows that SQL can ask, for custom rules, dbt checks and
// `floe query`. Making them is pure; they are versioned and documented in
// docs/reference/project-tables.md.
#pragma once

#include "dbt/adapter/duckdb.h"
#include "policy/rule.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace floe::policy {

/// Goes up when a table or column is renamed, removed or changes its meaning; not for additions.
inline constexpr int kProjectTablesVersion = 1;

struct TableField {
  std::string_view name;
  std::string_view type;  // DuckDB's: VARCHAR, BOOLEAN, BIGINT, DOUBLE, JSON, VARCHAR[]
  std::string_view description;
};

/// A table that is filled, or a view on others.
struct ProjectTable {
  std::string_view schema;  // "main": floe's own; "dbt": named as dbt's Information Schema v1
  std::string_view name;
  std::string_view description;
  std::span<const TableField> fields;  // of a table; a view's columns follow from its query
  void (*fill)(const Context& context, dbt::BulkRows& rows) = nullptr;
  std::string_view view = {};  // the query of a view

  bool is_view() const { return fill == nullptr; }
};

/// All tables; a view comes behind what it reads.
std::span<const ProjectTable> project_tables();

/// The rows of a table: one cell a field, row by row.
dbt::BulkRows table_rows(const ProjectTable& table, const Context& context);

/// The tables that a text of SQL names, with all they read, in the order of project_tables(). A
/// name counts wherever it stands as a word, so there may be more than the SQL needs, never fewer;
/// all of them if the SQL asks the catalog or builds queries from texts.
std::vector<const ProjectTable*> tables_named(std::string_view sql);

/// SQL without its comments and Jinja's; line breaks stay where they are.
std::string without_comments(std::string_view sql);

}  // namespace floe::policy
