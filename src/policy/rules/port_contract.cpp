// SPDX-License-Identifier: Apache-2.0
#include "policy/facts.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

void check_port_contract(const Context& context, Report& report) {
  const bool required = context.platform.contracts.required_for_output_ports;
  if (!required || context.mesh == nullptr || !context.judges_product) return;
  for (const mesh::Offer& offer : context.mesh->offers) {
    if (offer.promises_columns()) continue;
    diag::Diagnostic finding;
    finding.message =
        offer.has_contract
            ? fmt::format("the contract of output port '{}' promises no column", offer.name)
            : fmt::format("output port '{}' has no contract", offer.name);
    finding.span = offer.has_contract ? offer.contract_span : offer.span;
    finding.expected = offer.has_contract
                           ? "columns: […], or in ODCS schema: [{properties: […]}]"
                           : "contract: a file (ODCS v3 or the short form), or the contract itself";
    finding.help = fmt::format(
        "`floe contracts export {} --draft` writes one from the columns that are declared",
        offer.name);
    report.finding(std::move(finding), "governance.contracts.required_for_output_ports");
  }
}

}  // namespace

extern const Rule rule_port_contract;
const Rule rule_port_contract = {
    "K001",
    "port-contract",
    Governs::kContracts,
    "an output port has a data contract",
    R"(Who reads a port builds on its columns. A contract says which of them are there to stay, and floe holds the provider to it.

Bad: an output port with `name` and `model` alone, or a contract that lists no columns (`contract: {}`). Good: `contract: contracts/orders.yaml`, or `contract: {columns: […]}`.

Set by `governance.contracts.required_for_output_ports`.
)",
    check_port_contract,
};

}  // namespace floe::policy
