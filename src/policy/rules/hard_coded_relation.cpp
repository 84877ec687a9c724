// SPDX-License-Identifier: Apache-2.0
#include "policy/facts.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

/// What to write instead of a relation of the project.
std::string reference_to(const Context& context, const std::string& unique_id) {
  if (const dbt::Node* node = context.project.find_node(unique_id)) {
    return fmt::format("{{{{ ref('{}') }}}}", node->name);
  }
  const auto source = context.project.sources.find(unique_id);
  if (source == context.project.sources.end()) return "";
  return fmt::format("{{{{ source('{}', '{}') }}}}", source->second->source_name,
                     source->second->name);
}

void check_hard_coded_relation(const Context& context, Report& report) {
  if (context.columns == nullptr) return;
  for (const auto* nodes : {&context.models, &context.snapshots}) {
    for (const dbt::Node* node : *nodes) {
      const dbt::RelationColumns* known = context.columns->find(node->unique_id);
      if (known == nullptr) continue;
      for (const std::string& relation : known->hard_coded) {
        const std::string reference = reference_to(context, relation);
        diag::Diagnostic finding;
        finding.message =
            reference.empty()
                ? fmt::format("'{}' reads {}, which dbt knows nothing of", node->name, relation)
                : fmt::format("'{}' names the relation of {} itself", node->name, reference);
        const auto named = known->hard_coded_at.find(relation);
        finding.span = named == known->hard_coded_at.end() ? node->span : named->second;
        finding.node = node->unique_id;
        finding.expected = "relations by ref() and source() alone";
        finding.help = reference.empty() ? "declare it as a source and read {{ source(…) }}"
                                         : fmt::format("write {}", reference);
        report.finding(std::move(finding), "governance.sql.enforcement");
      }
    }
  }
}

}  // namespace

extern const Rule rule_hard_coded_relation;
const Rule rule_hard_coded_relation = {
    "S002",
    "hard-coded-relation",
    Governs::kSql,
    "relations are named by ref() and source()",
    R"(A table that SQL names by itself is in no graph: it is not built first, not checked, in no lineage, and another one in every
environment. The same holds for files that a query opens.

Bad: `select * from raw.orders` or `from read_csv('orders.csv')`. Good: `select * from {{ source('raw', 'orders') }}`.

Set by `governance.sql.enforcement` (a warning unless the platform says otherwise); only where the platform computes on DuckDB.
)",
    check_hard_coded_relation,
};

}  // namespace floe::policy
