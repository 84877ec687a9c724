// SPDX-License-Identifier: Apache-2.0
#include "policy/facts.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

void check_model_description(const Context& context, Report& report) {
  for (const dbt::Node* model : context.models) {
    const core::Layer* layer = context.platform.layer_of(model->name);
    const bool general = context.platform.documentation.require_model_descriptions;
    const bool by_layer = layer != nullptr && layer->required_documentation;
    if ((!general && !by_layer) || is_documentation(model->description)) continue;
    diag::Diagnostic finding;
    finding.message = fmt::format("model '{}' has no description", model->name);
    finding.span = model->patch_span ? model->patch_span : model->span;
    finding.node = model->unique_id;
    finding.expected = "a sentence on what one row is and where it comes from";
    finding.help = "add description: to the model's entry in a properties file";
    report.finding(
        std::move(finding),
        general ? std::string("governance.documentation.require_model_descriptions")
                : fmt::format("data_architecture.layers.{}.quality_gates.required_documentation",
                              layer->name));
  }
}

}  // namespace

extern const Rule rule_model_description;
const Rule rule_model_description = {
    "D001",
    "model-description",
    Governs::kDocumentation,
    "every model has a description",
    R"(A model that nobody described is used wrongly sooner or later. Placeholders such as TBD or TODO are no description.

Bad: `description: TODO`. Good: `description: One row per order that was paid, with its net amount in EUR.`

Set by `governance.documentation.require_model_descriptions`, and for a layer by `required_documentation` of its quality gates.
)",
    check_model_description,
};

}  // namespace floe::policy
