// SPDX-License-Identifier: Apache-2.0
#include "policy/facts.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

void check_snapshot_name(const Context& context, Report& report) {
  const std::string& pattern = context.platform.naming.patterns.snapshots;
  if (pattern.empty()) return;
  for (const auto* node : context.snapshots) {
    if (pattern_matches(pattern, node->name)) continue;
    diag::Diagnostic finding;
    finding.message =
        fmt::format("snapshot '{}' does not match the platform's pattern", node->name);
    finding.span = node->span;
    finding.node = node->unique_id;
    finding.expected = fmt::format("a name that matches {}", pattern);
    finding.help = "rename it, and every reference to it";
    report.finding(std::move(finding), "data_architecture.naming.patterns.snapshots");
  }
}

}  // namespace

extern const Rule rule_snapshot_name;
const Rule rule_snapshot_name = {
    "N009",
    "snapshot-pattern",
    Governs::kNaming,
    "snapshot names match the platform's pattern",
    R"(The platform gives a regular expression that every snapshot name matches from beginning to end.

Bad: `x1` where the pattern is `[a-z]+_[a-z_]+`. Good: `crm_customers`.

Set by `data_architecture.naming.patterns.snapshots`.
)",
    check_snapshot_name,
};

}  // namespace floe::policy
