// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/classification.h"
#include "policy/facts.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

/// DuckDB's complaint without the quoted line, and the hint it has.
std::string first_line(const std::string& text) {
  const std::size_t end = text.find('\n');
  return std::string(trim(text.substr(0, end)));
}

void check_sql_error(const Context& context, Report& report) {
  if (context.columns == nullptr || context.platform.compute() != "duckdb") return;
  for (const auto* nodes : {&context.models, &context.snapshots}) {
    for (const dbt::Node* node : *nodes) {
      const dbt::RelationColumns* known = context.columns->find(node->unique_id);
      if (known == nullptr || known->sql_error.empty()) continue;
      diag::Diagnostic finding;
      finding.message = fmt::format("'{}' would fail{}: {}", node->name,
                                    known->fails_later ? " once its table is there" : "",
                                    first_line(known->sql_error));
      finding.span = known->sql_error_at ? known->sql_error_at : node->span;
      finding.is_cause = true;
      finding.node = node->unique_id;
      const bool was_read = !known->columns.empty();
      if (known->breaks_contract) {
        finding.expected = "SQL that makes the columns of its contract, and no others";
        report.finding(std::move(finding), "governance.sql.errors");
        continue;
      }
      finding.expected = was_read ? "SQL that fits the columns of what it reads"
                                  : "one query that DuckDB can read";
      if (was_read && !node->refs.empty()) {
        finding.help = fmt::format("floe lineage {} shows the columns that are known",
                                   node->refs.front().name);
      }
      report.finding(std::move(finding), "governance.sql.errors");
    }
  }
}

}  // namespace

extern const Rule rule_sql_error;
const Rule rule_sql_error = {
    "S001",
    "sql-error",
    Governs::kSqlErrors,
    "the SQL of every model fits the relations that it reads",
    R"(A misspelt column is found when the model runs, perhaps after an hour of others. floe binds the compiled SQL of every model
against empty relations with the columns that it knows: unknown columns and functions and types that do not fit are told before
anything runs, also those below `is_incremental()`, an enforced contract that the SQL does not keep, and a snapshot whose key or
strategy names no column of its own. Nothing is told of models over relations whose columns are not fully known, of
what depends on files or on tables that dbt does not know (S002 names those), nor of functions and types that the project may have
from elsewhere: its hooks, macros and functions make them, or an extension that it loads.

Bad: `select custommer_id from {{ ref('silver_orders') }}`. Good: `select customer_id from …`.

An error unless the platform says otherwise with `governance.sql.errors`; only where the platform computes on DuckDB.
)",
    check_sql_error,
};

}  // namespace floe::policy
