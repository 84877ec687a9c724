// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/model_columns.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

bool is_reserved(const Context& context, std::string_view name) {
  const auto& words = context.platform.naming.reserved;
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return to_lower(word) == to_lower(name); });
}

void report_reserved(const dbt::Node& node, std::string what, diag::Span span, Report& report) {
  diag::Diagnostic finding;
  finding.message = fmt::format("{} has a name that the platform reserves", what);
  finding.span = span;
  finding.node = node.unique_id;
  finding.expected = "a name that is not reserved";
  finding.help = "choose another name; what is reserved is listed at the place named above";
  report.finding(std::move(finding), "data_architecture.naming.reserved");
}

void check_reserved_name(const Context& context, Report& report) {
  if (context.platform.naming.reserved.empty()) return;
  for (const auto* nodes : {&context.models, &context.seeds, &context.snapshots}) {
    for (const dbt::Node* node : *nodes) {
      if (is_reserved(context, node->name)) {
        report_reserved(*node,
                        fmt::format("{} '{}'", dbt::resource_type_name(node->type), node->name),
                        node->span, report);
      }
      for (const ModelColumn& column : named_columns(context, *node)) {
        if (!is_reserved(context, column.name)) continue;
        report_reserved(*node, fmt::format("column '{}' of '{}'", column.name, node->name),
                        column.span, report);
      }
    }
  }
}

}  // namespace

extern const Rule rule_reserved_name;
const Rule rule_reserved_name = {
    "N004",
    "reserved-name",
    Governs::kNaming,
    "no model, seed, snapshot or column carries a reserved name",
    R"(The platform keeps some words for itself, or for the engines that read the tables.

Bad: a column `user` where `user` is reserved. Good: `user_name`.

Set by `data_architecture.naming.reserved`.
)",
    check_reserved_name,
    true,
};

}  // namespace floe::policy
