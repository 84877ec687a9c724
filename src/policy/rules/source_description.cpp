// SPDX-License-Identifier: Apache-2.0
#include "policy/facts.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

void check_source_description(const Context& context, Report& report) {
  if (!context.platform.documentation.require_source_descriptions) return;
  for (const dbt::SourceNode* source : context.source_tables) {
    if (is_documentation(source->description)) continue;
    diag::Diagnostic finding;
    finding.message =
        fmt::format("source table '{}.{}' has no description", source->source_name, source->name);
    finding.span = source->span;
    finding.node = source->unique_id;
    finding.expected = "who delivers it, and how often";
    finding.help = "add description: to the table";
    report.finding(std::move(finding), "governance.documentation.require_source_descriptions");
  }
}

}  // namespace

extern const Rule rule_source_description;
const Rule rule_source_description = {
    "D003",
    "source-description",
    Governs::kDocumentation,
    "every source table has a description",
    R"(A source is where data enters; its description says who delivers it and how often.

Bad: `tables: [{name: payments}]`. Good: the same with `description: Payments as the shop's backend writes them, hourly.`

Set by `governance.documentation.require_source_descriptions`.
)",
    check_source_description,
};

}  // namespace floe::policy
