// SPDX-License-Identifier: Apache-2.0
#include "policy/facts.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

void check_layer_schema(const Context& context, Report& report) {
  for (const dbt::Node* model : context.models) {
    const core::Layer* layer = context.platform.layer_of(model->name);
    const value::Value* schema = model->config.find("schema");
    if (layer == nullptr || schema == nullptr || !schema->is_string()) continue;
    const std::string& chosen = schema->as_string();
    const bool of_other =
        std::any_of(context.platform.layers.begin(), context.platform.layers.end(),
                    [&](const core::Layer& other) {
                      return &other != layer && (other.schema == chosen || other.name == chosen);
                    });
    const bool wrong =
        layer->schema.empty() ? of_other && chosen != layer->name : chosen != layer->schema;
    if (!wrong) continue;
    diag::Diagnostic finding;
    finding.message =
        fmt::format("model '{}' ({}) sets the schema '{}'", model->name, layer->name, chosen);
    finding.span = model->config_span ? model->config_span : model->span;
    finding.node = model->unique_id;
    finding.expected = layer->schema.empty() ? fmt::format("no schema of another layer")
                                             : fmt::format("schema '{}'", layer->schema);
    finding.help = "remove the schema from the model's config";
    report.finding(std::move(finding),
                   layer->schema.empty()
                       ? std::string("data_architecture.pattern")
                       : fmt::format("data_architecture.layers.{}.schema", layer->name));
  }
}

}  // namespace

extern const Rule rule_layer_schema;
const Rule rule_layer_schema = {
    "A005",
    "layer-schema",
    Governs::kArchitecture,
    "a model does not choose the schema of another layer",
    R"(Where the platform gives a layer its schema, access and retention are granted on that schema. A model that names another
one escapes them.

Bad: `silver_orders` with `schema: gold`. Good: no `schema` config at all, or the one of its layer.

Set by `data_architecture.layers.<layer>.schema`.
)",
    check_layer_schema,
};

}  // namespace floe::policy
