// SPDX-License-Identifier: Apache-2.0
#include "policy/facts.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

void check_model_pattern(const Context& context, Report& report) {
  const std::string& pattern = context.platform.naming.patterns.models;
  if (pattern.empty()) return;
  for (const auto* node : context.models) {
    if (pattern_matches(pattern, node->name)) continue;
    diag::Diagnostic finding;
    finding.message = fmt::format("model '{}' does not match the platform's pattern", node->name);
    finding.span = node->span;
    finding.node = node->unique_id;
    finding.expected = fmt::format("a name that matches {}", pattern);
    finding.help = "rename it, and every reference to it";
    report.finding(std::move(finding), "data_architecture.naming.patterns.models");
  }
}

}  // namespace

extern const Rule rule_model_pattern;
const Rule rule_model_pattern = {
    "N003",
    "model-pattern",
    Governs::kNaming,
    "model names match the platform's pattern",
    R"(The platform gives a regular expression that every model name matches from beginning to end.

Bad: `x1` where the pattern is `[a-z]+_[a-z_]+`. Good: `crm_customers`.

Set by `data_architecture.naming.patterns.models`.
)",
    check_model_pattern,
};

}  // namespace floe::policy
