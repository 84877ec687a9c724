// SPDX-License-Identifier: Apache-2.0
#include "policy/model_columns.h"
#include "policy/schema_registry.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

void check_required_column(const Context& context, Report& report) {
  for (const dbt::Node* model : context.models) {
    const core::Layer* layer = context.platform.layer_of(model->name);
    if (layer == nullptr || model->materialized() == "ephemeral") continue;
    const std::vector<RegistryColumn> required = required_columns(context.platform, layer->name);
    if (required.empty()) continue;
    const ModelColumns columns = model_columns(context, *model);
    for (const RegistryColumn& wanted : required) {
      const ModelColumn* found = columns.find(wanted.name);
      if (found == nullptr && !columns.is_complete) continue;
      const bool fits =
          found != nullptr && (wanted.type.empty() || NamedType(wanted.type).holds(found->type));
      if (fits) continue;
      diag::Diagnostic finding;
      finding.message =
          found == nullptr
              ? fmt::format("model '{}' lacks column '{}', which every model of layer {} has",
                            model->name, wanted.name, layer->name)
              : fmt::format("column '{}' of '{}' is {}", found->name, model->name,
                            found->type_text);
      finding.span = found != nullptr    ? found->span
                     : model->patch_span ? model->patch_span
                                         : model->span;
      finding.node = model->unique_id;
      finding.expected = wanted.type.empty()
                             ? wanted.name
                             : fmt::format("{} of type {}", wanted.name, wanted.type);
      finding.help = found == nullptr ? "add the column to the model" : "cast it in the model";
      report.finding(std::move(finding),
                     fmt::format("catalog.schema_registry.required_columns.{}", layer->name));
    }
  }
}

}  // namespace

extern const Rule rule_required_column;
const Rule rule_required_column = {
    "A013",
    "required-column",
    Governs::kSchemaRegistry,
    "models have the columns that their layer requires",
    R"(Audit columns and the like are worth something only if every table has them, under one name and of one type. A model whose columns are not
fully known is judged only for those that it has.

Bad: `silver_orders` without `loaded_at` where silver requires it. Good: `loaded_at` of the type that the platform says.

Set by `catalog.schema_registry.required_columns.<layer>`.
)",
    check_required_column,
    true,
};

}  // namespace floe::policy
