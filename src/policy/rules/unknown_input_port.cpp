// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/facts.h"
#include "policy/model_columns.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

using mesh::Search;

void check_unknown_input_port(const Context& context, Report& report) {
  if (context.mesh == nullptr || !context.judges_product) return;
  for (const mesh::Input& input : context.mesh->inputs) {
    if (input.search == Search::kFound) continue;
    diag::Diagnostic finding;
    finding.span = port_span(context.product.input_ports, input.name, "source.ref");
    switch (input.search) {
      case Search::kNoPort: {
        finding.message = fmt::format("product {} has no output port '{}'", input.provider.name,
                                      input.asked.port);
        finding.expected = list_or(input.known);
        const std::string near = nearest(input.asked.port, input.known);
        finding.help = near.empty() ? fmt::format("see `floe products describe {}`", input.artifact)
                                    : fmt::format("did you mean '{}'?", near);
        break;
      }
      case Search::kNoVersion:
        finding.message = fmt::format("{} is not published: {} has no such version",
                                      input.reference, input.repository);
        finding.expected = list_or(input.known);
        finding.help = fmt::format("see `floe products list --registry {}`", input.repository);
        break;
      default:
        finding.message = fmt::format("input port '{}' reads {}, and no product is published at {}",
                                      input.name, input.reference, input.repository);
        finding.help =
            "publish that product first, name its repository "
            "(oci://HOST/REPOSITORY:v1.0#PORT), or set products.registry in floe's "
            "config.yaml";
    }
    report.finding(std::move(finding), "");
  }
}

}  // namespace

extern const Rule rule_unknown_input_port;
const Rule rule_unknown_input_port = {
    "M001",
    "unknown-input-port",
    Governs::kConfiguration,
    "an input port reads a port that a published product offers",
    R"(Products depend on each other only through what is published: an immutable version, pinned in floe.lock by its digest.

`source: {type: data_product, ref: orders.daily}` is the port `daily` of the newest version of `orders` that is published where this
platform's products are; `orders:v1.2#daily` is that version, and `oci://registry.acme.com/products/orders:v1.2#daily` one in any
repository.

Bad: a port that nobody publishes. Good: one that `floe products describe` shows.
)",
    check_unknown_input_port,
};

}  // namespace floe::policy
