// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/classification.h"
#include "policy/facts.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

void check_lineage_unknown(const Context& context, Report& report) {
  if (context.classes == nullptr) return;
  const ClassificationScheme& scheme = context.classes->scheme();
  const ColumnClasses& classes = *context.classes;
  for (const dbt::Node* model : context.models) {
    const int greatest = classes.greatest_input(*model);
    const dbt::RelationColumns* known =
        context.columns == nullptr ? nullptr : context.columns->find(model->unique_id);
    for (const auto& [name, column] : classes.of(model->unique_id)) {
      if (!column.unknown || column.declared < 0 || column.declared >= greatest) continue;
      if (column.is_lost()) continue;  // told already
      const dbt::InferredColumn* inferred = known == nullptr ? nullptr : known->find(name);
      const std::string why =
          inferred != nullptr && !inferred->unknown.empty() ? inferred->unknown
          : known != nullptr                                ? known->unknown
                             : fmt::format("SQL of {} is not followed", context.platform.compute());
      diag::Diagnostic finding;
      finding.message =
          fmt::format("column '{}' of '{}' is {}, and floe cannot see what flows into it", name,
                      model->name, scheme.level_name(column.declared));
      finding.span = named_column_span(*model, name);
      finding.node = model->unique_id;
      finding.expected =
          fmt::format("at least {}, the level of what the model reads{}",
                      scheme.level_name(greatest), why.empty() ? "" : "; unknown because: " + why);
      finding.help = fmt::format("declare it {}, or write SQL that can be followed",
                                 scheme.level_name(greatest));
      report.finding(std::move(finding), "governance.classification.propagation");
    }
  }
}

}  // namespace

extern const Rule rule_lineage_unknown;
const Rule rule_lineage_unknown = {
    "G007",
    "lineage-unknown",
    Governs::kPropagation,
    "where sensitive data can flow, floe can follow it",
    R"(A column that declares a level below the most sensitive data its model reads must be shown to hold none of it. Where floe
cannot follow the values (SQL that a query writes while it is compiled, PIVOT, a Python model, a table that is none of the
project's, an engine other than DuckDB), nothing is shown, and a low level is not believed.

Bad: a Python model over RESTRICTED columns that declares its own PUBLIC. Good: the same with its columns declared RESTRICTED, or
SQL that can be followed.

Set by `governance.classification.propagation`.
)",
    check_lineage_unknown,
};

}  // namespace floe::policy
