// SPDX-License-Identifier: Apache-2.0
#include "dbt/manifest/contract.h"
#include "policy/facts.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

/// Whether dbt enforces a contract of the model, or an output port that offers it has one
/// that promises columns.
bool has_layer_contract(const Context& context, const dbt::Node& model) {
  if (dbt::contract_enforced(model)) return true;
  if (context.mesh == nullptr) return true;  // nothing is known of ports
  const auto& offers = context.mesh->offers;
  return std::any_of(offers.begin(), offers.end(), [&](const mesh::Offer& offer) {
    return offer.model == model.name && offer.promises_columns();
  });
}

void check_layer_contract(const Context& context, Report& report) {
  const std::vector<std::string>& layers = context.platform.contracts.required_for_layers;
  if (layers.empty()) return;
  for (const dbt::Node* model : context.models) {
    const core::Layer* layer = context.platform.layer_of(model->name);
    if (layer == nullptr || std::find(layers.begin(), layers.end(), layer->name) == layers.end()) {
      continue;
    }
    if (has_layer_contract(context, *model)) continue;
    diag::Diagnostic finding;
    finding.message =
        fmt::format("model '{}' of layer {} has no contract", model->name, layer->name);
    finding.span = model->patch_span ? model->patch_span : model->span;
    finding.node = model->unique_id;
    finding.expected =
        "dbt's contract: {enforced: true}, or an output port whose contract lists columns";
    finding.help =
        "add `contract: {enforced: true}` to the model's config and declare the types of "
        "its columns";
    report.finding(std::move(finding), "governance.contracts.required_for_layers");
  }
}

}  // namespace

extern const Rule rule_layer_contract;
const Rule rule_layer_contract = {
    "K002",
    "layer-contract",
    Governs::kContracts,
    "a model of a layer that needs contracts has one",
    R"(Some layers are made to be read by others, through ports or not. Their models say what they hold, and dbt or floe keeps them to it.

Bad: `gold_revenue` without a contract where gold needs them. Good: `config: {contract: {enforced: true}}` with typed columns, or
an output port that offers it under a contract that lists columns.

Set by `governance.contracts.required_for_layers`.
)",
    check_layer_contract,
};

}  // namespace floe::policy
