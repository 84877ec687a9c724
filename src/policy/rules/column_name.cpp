// SPDX-License-Identifier: Apache-2.0
#include "policy/facts.h"
#include "policy/model_columns.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

void check_columns_of(const Context& context, const dbt::Node& node, Report& report) {
  const core::Naming& naming = context.platform.naming;
  for (const ModelColumn& column : named_columns(context, node)) {
    const std::string& name = column.name;
    const bool case_ok = naming.case_style.empty() || in_case(name, naming.case_style);
    const bool pattern_ok =
        naming.patterns.columns.empty() || pattern_matches(naming.patterns.columns, name);
    if (case_ok && pattern_ok) continue;
    diag::Diagnostic finding;
    finding.span = column.span;
    finding.node = node.unique_id;
    finding.message =
        case_ok
            ? fmt::format("column '{}' of '{}' does not match the platform's pattern", name,
                          node.name)
            : fmt::format("column '{}' of '{}' is not in {}", name, node.name, naming.case_style);
    finding.expected = case_ok ? fmt::format("a name that matches {}", naming.patterns.columns)
                               : to_case(name, naming.case_style);
    finding.help = "rename the column in the model's SQL and in its properties";
    report.finding(std::move(finding), case_ok ? "data_architecture.naming.patterns.columns"
                                               : "data_architecture.naming.case");
  }
}

void check_column_name(const Context& context, Report& report) {
  for (const auto* nodes : {&context.models, &context.seeds}) {
    for (const dbt::Node* node : *nodes) check_columns_of(context, *node, report);
  }
}

}  // namespace

extern const Rule rule_column_name;
const Rule rule_column_name = {
    "N006",
    "column-name",
    Governs::kNaming,
    "columns follow the platform's case and pattern",
    R"(Columns are read by people and tools of many teams; one spelling spares all of them the guessing. All
columns of models and seeds count: declared, in the head of a seed, or known by a model's SQL.

Bad: `customerID` where the case is snake_case. Good: `customer_id`.

Set by `data_architecture.naming.case` and `data_architecture.naming.patterns.columns`.
)",
    check_column_name,
    true,
};

}  // namespace floe::policy
