// SPDX-License-Identifier: Apache-2.0
#include "policy/facts.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

void check_port_description(const Context& context, Report& report) {
  if (!context.platform.documentation.require_port_descriptions || !context.judges_product) return;
  for (const config::Port& port : context.product.output_ports) {
    if (is_documentation(port.description)) continue;
    diag::Diagnostic finding;
    finding.message = fmt::format("output port '{}' has no description", port.name);
    finding.span = port.span;
    finding.expected = "a sentence on what the port offers";
    finding.help = "add description: … to the port";
    report.finding(std::move(finding), "governance.documentation.require_port_descriptions");
  }
}

}  // namespace

extern const Rule rule_port_description;
const Rule rule_port_description = {
    "D006",
    "port-description",
    Governs::kDocumentation,
    "every output port has a description",
    R"(A port is what others see of a product. They should not have to read SQL to know what it offers.

Bad: `output_ports: [{name: orders, model: gold_orders}]`. Good: the same with `description: one row an order, from the day it is paid`.

Set by `governance.documentation.require_port_descriptions`.
)",
    check_port_description,
};

}  // namespace floe::policy
