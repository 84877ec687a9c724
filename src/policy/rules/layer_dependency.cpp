// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/facts.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

bool may_read(const core::Layer& reader, std::string_view layer) {
  return std::find(reader.may_depend_on.begin(), reader.may_depend_on.end(), layer) !=
         reader.may_depend_on.end();
}

std::string readable_layers(const core::Layer& reader) {
  std::vector<std::string> names;
  for (const std::string& name : reader.may_depend_on) {
    names.push_back(name == "source" ? "sources" : name);
  }
  return names.empty() ? reader.name + " may read nothing"
                       : fmt::format("{} reads only {}", reader.name, list_and(names));
}

diag::Span ref_span(const dbt::Node& model, const dbt::Node& parent) {
  for (const dbt::RefArgs& ref : model.refs) {
    if (ref.name == parent.name && ref.span) return ref.span;
  }
  return model.span;
}

void check_layer_dependency(const Context& context, Report& report) {
  for (const dbt::Node* model : context.models) {
    const core::Layer* layer = context.platform.layer_of(model->name);
    if (layer == nullptr) continue;
    for (const LayeredInput& input : layered_inputs(context, *model)) {
      if (input.layer == nullptr || may_read(*layer, input.layer->name)) continue;
      const bool skips = input.layer < layer;
      diag::Diagnostic finding;
      finding.message = fmt::format("model '{}' ({}) reads '{}' ({}){}", model->name, layer->name,
                                    input.node->name, input.layer->name, input.through);
      finding.span = ref_span(*model, *input.node);
      finding.node = model->unique_id;
      finding.expected = readable_layers(*layer);
      finding.help = skips ? "read a model of the layer between, or add one there"
                           : "move the shared logic to the earlier layer and read it from there";
      report.finding(std::move(finding),
                     fmt::format("data_architecture.layers.{}.may_depend_on", layer->name));
    }
  }
}

}  // namespace

extern const Rule rule_layer_dependency;
const Rule rule_layer_dependency = {
    "A001",
    "layer-dependency",
    Governs::kArchitecture,
    "a model reads only the layers that its own layer may read",
    R"(Data flows one way through the layers and skips none. A model that reaches past the layer before its own repeats the
cleaning done there, or goes without it; one that reads a later layer makes a loop of teams waiting for each other.

Bad: `gold_revenue` reads `bronze_payments`. Good: `gold_revenue` reads `silver_payments`, which reads `bronze_payments`.

Set by `data_architecture.pattern` and `data_architecture.layers.<layer>.may_depend_on`. A model or snapshot without a layer is
looked through: what counts is the layer behind it.
)",
    check_layer_dependency,
};

}  // namespace floe::policy
