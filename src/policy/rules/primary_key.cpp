// SPDX-License-Identifier: Apache-2.0
#include "policy/facts.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

bool wants_key(const std::vector<std::string>& required) {
  return std::any_of(required.begin(), required.end(), [](const std::string& name) {
    return name == "not_null_pk" || name == "unique_pk";
  });
}

void check_primary_key(const Context& context, Report& report) {
  for (const dbt::Node* model : context.models) {
    const core::Layer* layer = context.platform.layer_of(model->name);
    const bool general = wants_key(context.platform.quality_gates.required_tests);
    if (!general && (layer == nullptr || !wants_key(layer->required_tests))) continue;
    if (!primary_key(context, *model).empty()) continue;
    diag::Diagnostic finding;
    finding.message = fmt::format("model '{}' has no primary key", model->name);
    finding.span = model->patch_span ? model->patch_span : model->span;
    finding.node = model->unique_id;
    finding.expected = "a column with unique and not_null tests, or meta.floe.primary_key";
    finding.help = "add both tests to the column that identifies a row";
    report.finding(std::move(finding),
                   general ? std::string("governance.quality_gates.required_tests")
                           : fmt::format("data_architecture.layers.{}.quality_gates.required_tests",
                                         layer->name));
  }
}

}  // namespace

extern const Rule rule_primary_key;
const Rule rule_primary_key = {
    "Q004",
    "primary-key",
    Governs::kQuality,
    "a model whose key must be tested says what its key is",
    R"(Where `not_null_pk` or `unique_pk` is required, every model has a primary key: `meta.floe.primary_key`, a primary_key constraint, or a
column with both a `unique` and a `not_null` test.

Bad: `silver_orders` with tests on amounts only. Good: `data_tests: [unique, not_null]` on `order_id`.

Set by `required_tests` of `governance.quality_gates` or of the layer.
)",
    check_primary_key,
};

}  // namespace floe::policy
