// SPDX-License-Identifier: Apache-2.0
#include "policy/facts.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

void check_column_name(const Context& context, Report& report) {
  const core::Naming& naming = context.platform.naming;
  for (const dbt::Node* model : context.models) {
    for (const auto& [name, column] : model->columns) {
      const bool case_ok = naming.case_style.empty() || in_case(name, naming.case_style);
      const bool pattern_ok =
          naming.patterns.columns.empty() || pattern_matches(naming.patterns.columns, name);
      if (case_ok && pattern_ok) continue;
      diag::Diagnostic finding;
      finding.span = column_span(*model, column);
      finding.node = model->unique_id;
      finding.message =
          case_ok ? fmt::format("column '{}' of '{}' does not match the platform's pattern", name,
                                model->name)
                  : fmt::format("column '{}' of '{}' is not in {}", name, model->name,
                                naming.case_style);
      finding.expected = case_ok ? fmt::format("a name that matches {}", naming.patterns.columns)
                                 : to_case(name, naming.case_style);
      finding.help = "rename the column in the model's SQL and in its properties";
      report.finding(std::move(finding), case_ok ? "data_architecture.naming.patterns.columns"
                                                 : "data_architecture.naming.case");
    }
  }
}

}  // namespace

extern const Rule rule_column_name;
const Rule rule_column_name = {
    "N006",
    "column-name",
    Governs::kNaming,
    "declared columns follow the platform's case and pattern",
    R"(Columns are read by people and tools of many teams; one spelling spares all of them the guessing.

Bad: `customerID` where the case is snake_case. Good: `customer_id`.

Set by `data_architecture.naming.case` and `data_architecture.naming.patterns.columns`.
)",
    check_column_name,
};

}  // namespace floe::policy
