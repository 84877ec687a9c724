// SPDX-License-Identifier: Apache-2.0
#include "policy/facts.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

void check_case_of(const Context& context, const std::vector<const dbt::Node*>& nodes,
                   Report& report) {
  const std::string& style = context.platform.naming.case_style;
  for (const dbt::Node* node : nodes) {
    // A layer's prefix ends in '_', whatever the case of what follows it.
    const core::Layer* layer = context.platform.layer_of(node->name);
    std::string_view rest = node->name;
    std::string prefix;
    if (layer != nullptr && style != "snake_case") {
      for (const std::string& candidate : layer->prefixes) {
        if (rest.starts_with(candidate) && candidate.size() > prefix.size()) prefix = candidate;
      }
      rest.remove_prefix(prefix.size());
    }
    if (in_case(rest, style)) continue;
    diag::Diagnostic finding;
    finding.message =
        fmt::format("{} '{}' is not in {}", dbt::resource_type_name(node->type), node->name, style);
    finding.span = node->span;
    finding.node = node->unique_id;
    finding.expected = fmt::format("{}{}", prefix, to_case(rest, style));
    finding.help = fmt::format("rename it to '{}'", finding.expected);
    report.finding(std::move(finding), "data_architecture.naming.case");
  }
}

void check_name_case(const Context& context, Report& report) {
  if (context.platform.naming.case_style.empty()) return;
  check_case_of(context, context.models, report);
  check_case_of(context, context.seeds, report);
  check_case_of(context, context.snapshots, report);
}

}  // namespace

extern const Rule rule_name_case;
const Rule rule_name_case = {
    "N002",
    "name-case",
    Governs::kNaming,
    "names are written in the platform's case",
    R"(Models, seeds and snapshots are named in one case, so that nobody has to remember or quote how a table is spelled.

Bad: `gold_DailySales` where the case is snake_case. Good: `gold_daily_sales`.

Set by `data_architecture.naming.case`: snake_case, camelCase or PascalCase.
)",
    check_name_case,
};

}  // namespace floe::policy
