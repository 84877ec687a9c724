// SPDX-License-Identifier: Apache-2.0
#include "policy/facts.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

int gate_rank(std::string_view action) { return action == "block" ? 2 : action == "warn" ? 1 : 0; }

void check_gate_action(const Context& context, Report& report) {
  const core::QualityGates& gates = context.platform.quality_gates;
  const std::string_view least =
      gates.block_on_failure ? "block" : core::gate_action_name(gates.on_failure);
  for (const config::Gate& gate : context.product.gates) {
    diag::Diagnostic finding;
    finding.span = gate.span;
    if (gate.checks.empty()) {
      finding.message = fmt::format("quality gate '{}' checks nothing", gate.name);
      finding.expected = "at least one entry under checks";
      finding.help = "add a check such as row_count, unique or sql, or remove the gate";
    } else if (!gate.on_failure.empty() && gate_rank(gate.on_failure) < gate_rank(least)) {
      finding.message =
          fmt::format("quality gate '{}' only says {} on failure", gate.name, gate.on_failure);
      finding.expected = fmt::format("on_failure: {}, as the platform has it, or stricter", least);
      finding.help = "remove on_failure, or make it stricter";
    } else {
      continue;
    }
    report.finding(std::move(finding), gates.block_on_failure
                                           ? "governance.quality_gates.block_on_failure"
                                           : "governance.quality_gates.on_failure");
  }
}

}  // namespace

extern const Rule rule_gate_action;
const Rule rule_gate_action = {
    "Q006",
    "gate-action",
    Governs::kQuality,
    "a product's quality gate checks something and is no weaker than the platform's",
    R"(A gate in floe.yaml names its checks and what happens when one fails. The product may act more strictly than its platform,
never less.

Bad: `on_failure: warn` where the platform blocks. Good: `on_failure: block`, or no `on_failure`: then the platform's holds.

Set by `governance.quality_gates.on_failure` and `block_on_failure`.
)",
    check_gate_action,
};

}  // namespace floe::policy
