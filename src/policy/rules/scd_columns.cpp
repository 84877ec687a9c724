// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/facts.h"
#include "policy/model_columns.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

std::string dimension_scd_type(const dbt::Node& model, const core::Layer& layer) {
  std::string text = layer.scd_default_type;
  for (const std::string_view path : {"scd_type", "floe.scd_type"}) {
    const value::Value* type = find_meta(model, path);
    if (type != nullptr && type->is_int()) text = std::to_string(type->as_int());
    if (type != nullptr && type->is_string()) text = type->as_string();
  }
  const std::size_t digit = text.find_last_of("0123456789");
  return digit == std::string::npos ? text : text.substr(digit, 1);
}

void check_scd_columns(const Context& context, Report& report) {
  for (const dbt::Node* model : context.models) {
    const core::Layer* layer = context.platform.layer_of(model->name);
    if (layer == nullptr || !model->name.starts_with("dim_")) continue;
    if (dimension_scd_type(*model, *layer) != "2") continue;
    const ModelColumns columns = model_columns(context, *model);
    std::vector<std::string> missing;
    for (const char* column : {"effective_from", "effective_to", "is_current"}) {
      if (columns.find(column) == nullptr) missing.emplace_back(column);
    }
    if (missing.empty()) continue;
    diag::Diagnostic finding;
    finding.message =
        fmt::format("dimension '{}' of type 2 {} {}", model->name,
                    columns.is_complete ? "lacks" : "does not declare", list_and(missing));
    finding.span = model->patch_span ? model->patch_span : model->span;
    finding.node = model->unique_id;
    finding.expected = "the columns effective_from, effective_to, and is_current";
    finding.help =
        "add the columns to the model and to its properties, or set meta.floe.scd_type: 1";
    report.finding(std::move(finding), fmt::format("data_architecture.layers.{}.scd", layer->name));
  }
}

}  // namespace

extern const Rule rule_scd_columns;
const Rule rule_scd_columns = {
    "A007",
    "scd-columns",
    Governs::kArchitecture,
    "a slowly changing dimension of type 2 has its validity columns",
    R"(A type 2 dimension keeps history: each row says from when to when it held and whether it holds now. Readers rely on the
same column names everywhere.

Bad: `dim_customers` of type 2 that has only `customer_id` and `name`. Good: it has `effective_from`, `effective_to` and
`is_current`, too. Where its SQL does not tell its columns, those that it declares count.

A dimension's type is `meta.floe.scd_type`, or the layer's `scd.default_type`.
)",
    check_scd_columns,
    true,
};

}  // namespace floe::policy
