// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/facts.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

void check_layer_materialization(const Context& context, Report& report) {
  for (const dbt::Node* model : context.models) {
    const core::Layer* layer = context.platform.layer_of(model->name);
    if (layer == nullptr || layer->materializations.empty()) continue;
    const auto& allowed = layer->materializations;
    const std::string is = model->materialized();
    if (std::find(allowed.begin(), allowed.end(), is) != allowed.end()) continue;
    diag::Diagnostic finding;
    finding.message = fmt::format("model '{}' is materialized as {}, which {} does not allow",
                                  model->name, is, layer->name);
    finding.span = model->config_span ? model->config_span : model->span;
    finding.node = model->unique_id;
    finding.expected = list_or(allowed);
    finding.help = fmt::format("set materialized: {} in the model's config", allowed.front());
    report.finding(std::move(finding),
                   fmt::format("data_architecture.layers.{}.materializations", layer->name));
  }
}

}  // namespace

extern const Rule rule_layer_materialization;
const Rule rule_layer_materialization = {
    "A003",
    "layer-materialization",
    Governs::kArchitecture,
    "a layer's models are materialized as the layer allows",
    R"(How a layer is stored decides what it costs and how fresh it is, so the platform says which materializations each layer may use.

Bad: `gold_revenue` materialized as a view where gold allows table and incremental. Good: `materialized: table`.

Set by `data_architecture.layers.<layer>.materializations`.
)",
    check_layer_materialization,
};

}  // namespace floe::policy
