// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/facts.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

std::string scd_digit(const std::string& text) {
  const std::size_t digit = text.find_last_of("0123456789");
  return digit == std::string::npos ? text : text.substr(digit, 1);
}

void check_scd_type(const Context& context, Report& report) {
  for (const dbt::Node* model : context.models) {
    const core::Layer* layer = context.platform.layer_of(model->name);
    if (layer == nullptr || layer->scd_types_allowed.empty()) continue;
    const value::Value* type = find_meta(*model, "floe.scd_type");
    if (type == nullptr) type = find_meta(*model, "scd_type");
    if (type == nullptr || (!type->is_int() && !type->is_string())) continue;
    const std::string chosen =
        type->is_int() ? std::to_string(type->as_int()) : scd_digit(type->as_string());
    const auto& allowed = layer->scd_types_allowed;
    if (std::any_of(allowed.begin(), allowed.end(),
                    [&](const std::string& entry) { return scd_digit(entry) == chosen; })) {
      continue;
    }
    diag::Diagnostic finding;
    finding.message = fmt::format("model '{}' keeps history of type {}, which {} does not allow",
                                  model->name, chosen, layer->name);
    finding.span = model->patch_span ? model->patch_span : model->span;
    finding.node = model->unique_id;
    finding.expected = "history of type " + list_or(allowed);
    finding.help = "change meta.floe.scd_type, and the model with it";
    report.finding(std::move(finding),
                   fmt::format("data_architecture.layers.{}.scd.types_allowed", layer->name));
  }
}

}  // namespace

extern const Rule rule_scd_type;
const Rule rule_scd_type = {
    "A008",
    "scd-type",
    Governs::kArchitecture,
    "a dimension's history type is one the layer allows",
    R"(The platform says which ways of keeping history a layer's dimensions may use.

Bad: `meta.floe.scd_type: 3` where the layer allows types 1 and 2. Good: `meta.floe.scd_type: 2`.

Set by `data_architecture.layers.<layer>.scd.types_allowed`.
)",
    check_scd_type,
};

}  // namespace floe::policy
