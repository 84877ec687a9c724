// SPDX-License-Identifier: Apache-2.0
#include "policy/facts.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

void check_port_owner(const Context& context, Report& report) {
  if (!context.platform.ownership.require_port_owner || !context.judges_product) return;
  for (const config::Port& port : context.product.output_ports) {
    if (!text_at(port.data, "owner").empty()) continue;
    diag::Diagnostic finding;
    finding.message = fmt::format("output port '{}' has no owner", port.name);
    finding.span = port.span;
    finding.expected = "who answers for the port";
    finding.help = "add owner: … to the port";
    report.finding(std::move(finding), "governance.ownership.require_port_owner");
  }
}

}  // namespace

extern const Rule rule_port_owner;
const Rule rule_port_owner = {
    "D007",
    "port-owner",
    Governs::kOwnership,
    "every output port has an owner",
    R"(Who reads a port needs to know whom to ask, and whom to tell when it breaks.

Bad: a port without `owner`. Good: `owner: orders-team@acme.com`.

Set by `governance.ownership.require_port_owner`.
)",
    check_port_owner,
};

}  // namespace floe::policy
