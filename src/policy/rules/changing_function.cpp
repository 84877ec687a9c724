// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/facts.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

void check_changing_function(const Context& context, Report& report) {
  if (context.columns == nullptr) return;
  for (const auto* nodes : {&context.models, &context.snapshots}) {
    for (const dbt::Node* node : *nodes) {
      const bool is_snapshot = node->type == dbt::ResourceType::kSnapshot;
      if (!is_snapshot && node->materialized() != "incremental") continue;
      const dbt::RelationColumns* known = context.columns->find(node->unique_id);
      if (known == nullptr || known->traits.changing.empty()) continue;
      diag::Diagnostic finding;
      finding.message = fmt::format("{} '{}' calls {}, which differs from run to run",
                                    is_snapshot ? "snapshot" : "incremental model", node->name,
                                    list_and(known->traits.changing));
      finding.span = node->span;
      finding.node = node->unique_id;
      finding.expected = "a query that gives the same rows for the same input";
      finding.help = "take the time from the source or from run_started_at, and keys from the data";
      report.finding(std::move(finding), "governance.sql.enforcement");
    }
  }
}

}  // namespace

extern const Rule rule_changing_function;
const Rule rule_changing_function = {
    "S004",
    "changing-function",
    Governs::kSql,
    "incremental models and snapshots call nothing that differs from run to run",
    R"(What an incremental model or a snapshot has stored is never computed again. A value of `now()`, `random()` or `uuid()` then depends on when
and how often it was run: a full refresh gives other data, and a snapshot sees a change in every row. The syntax tree is read, so a
column or a text of such a name is none. What stands below `is_incremental()` is read, too.

Bad: `select id, now() as loaded_at from …` in an incremental model. Good: `'{{ run_started_at }}'::timestamp as loaded_at`, which dbt writes down;
or a time that the source brings.

Set by `governance.sql.enforcement` (a warning unless the platform says otherwise); only where the platform computes on DuckDB.
)",
    check_changing_function,
};

}  // namespace floe::policy
