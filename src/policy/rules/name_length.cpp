// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/facts.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

void report_too_long(const dbt::Node& node, const std::string& what, std::size_t length,
                     std::int64_t limit, diag::Span span, Report& report) {
  diag::Diagnostic finding;
  finding.message = fmt::format("{} has a name of {} characters", what, length);
  finding.span = span;
  finding.node = node.unique_id;
  finding.expected = fmt::format("at most {} characters", limit);
  finding.help = fmt::format("shorten it by {}",
                             counted(length - static_cast<std::size_t>(limit), "character"));
  report.finding(std::move(finding), "data_architecture.naming.max_length");
}

void check_name_length(const Context& context, Report& report) {
  const auto limit = context.platform.naming.max_length;
  if (!limit || *limit <= 0) return;
  for (const auto* nodes : {&context.models, &context.seeds, &context.snapshots}) {
    for (const dbt::Node* node : *nodes) {
      const std::size_t length = utf8_length(node->name);
      if (length > static_cast<std::size_t>(*limit)) {
        report_too_long(*node,
                        fmt::format("{} '{}'", dbt::resource_type_name(node->type), node->name),
                        length, *limit, node->span, report);
      }
      for (const auto& [name, column] : node->columns) {
        const std::size_t column_length = utf8_length(name);
        if (column_length <= static_cast<std::size_t>(*limit)) continue;
        report_too_long(*node, fmt::format("column '{}' of '{}'", name, node->name), column_length,
                        *limit, column_span(*node, column), report);
      }
    }
  }
}

}  // namespace

extern const Rule rule_name_length;
const Rule rule_name_length = {
    "N005",
    "name-length",
    Governs::kNaming,
    "no name is longer than the platform allows",
    R"(Some engines and tools cut long identifiers, and two cut names can become one.

Bad: a name of 80 characters where 63 are allowed. Good: a shorter name.

Set by `data_architecture.naming.max_length`, counted in characters.
)",
    check_name_length,
};

}  // namespace floe::policy
