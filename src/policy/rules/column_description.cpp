// SPDX-License-Identifier: Apache-2.0
#include "policy/facts.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

void check_column_description(const Context& context, Report& report) {
  if (!context.platform.documentation.require_column_descriptions) return;
  for (const dbt::Node* model : context.models) {
    for (const auto& [name, column] : model->columns) {
      if (is_documentation(column.description)) continue;
      diag::Diagnostic finding;
      finding.message = fmt::format("column '{}' of '{}' has no description", name, model->name);
      finding.span = column_span(*model, column);
      finding.node = model->unique_id;
      finding.expected = "what the column means, and its unit";
      finding.help = "add description: to the column";
      report.finding(std::move(finding), "governance.documentation.require_column_descriptions");
    }
  }
}

}  // namespace

extern const Rule rule_column_description;
const Rule rule_column_description = {
    "D002",
    "column-description",
    Governs::kDocumentation,
    "every declared column has a description",
    R"(Readers see columns, not SQL. Placeholders such as TBD or TODO are no description.

Bad: `- name: amount` and nothing more. Good: `description: Net amount in EUR, never negative.`

Set by `governance.documentation.require_column_descriptions`.
)",
    check_column_description,
};

}  // namespace floe::policy
