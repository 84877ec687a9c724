// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/facts.h"
#include "policy/model_columns.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

void check_product_cycle(const Context& context, Report& report) {
  if (context.mesh == nullptr || !context.judges_product) return;
  const std::vector<std::string> cycle = mesh::find_cycle(context.product.name, *context.mesh);
  if (cycle.size() < 2) return;
  diag::Diagnostic finding;
  finding.message =
      fmt::format("data products depend on each other in a circle: {}", join(cycle, " reads "));
  for (const mesh::Input& input : context.mesh->inputs) {
    if (input.search == mesh::Search::kFound && input.provider.name == cycle[1]) {
      finding.span = port_span(context.product.input_ports, input.name, "source.ref");
    }
  }
  finding.expected = "products that depend on each other in one direction";
  finding.help = "move what both need into a product of its own that both read";
  report.finding(std::move(finding), "");
}

}  // namespace

extern const Rule rule_product_cycle;
const Rule rule_product_cycle = {
    "M004",
    "product-cycle",
    Governs::kConfiguration,
    "no product reads, through others, what it makes itself",
    R"(Products in a circle have no order in which they could run, and an error in one comes back to it. Followed are the published versions
that floe.lock pins, and what they were published against.

Bad: `orders` reads `customers.segments`, and `customers` reads `orders.daily`. Good: a third product that makes what both need.
)",
    check_product_cycle,
};

}  // namespace floe::policy
