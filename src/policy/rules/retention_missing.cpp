// SPDX-License-Identifier: Apache-2.0
#include "policy/retention.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

/// "between 30 and 365 days", from what holds for the model.
std::string allowed_days(const core::RetentionRange& range) {
  if (range.min_days && range.max_days) {
    return fmt::format(", from {} to {}", range.min_days->days, range.max_days->days);
  }
  if (range.max_days) return fmt::format(", at most {}", range.max_days->days);
  return range.min_days ? fmt::format(", at least {}", range.min_days->days) : "";
}

void check_retention_missing(const Context& context, Report& report) {
  const core::RetentionPolicy policy(context.platform);
  for (const dbt::Node* model : context.models) {
    const core::Layer* layer = context.platform.layer_of(model->name);
    if (layer == nullptr || !policy.is_required_for(layer->name)) continue;
    if (model->materialized() == "ephemeral" || declared_retention(*model) != nullptr) continue;
    diag::Diagnostic finding;
    finding.message = fmt::format("model '{}' does not say how long its data is kept", model->name);
    finding.span = model->patch_span ? model->patch_span : model->span;
    finding.node = model->unique_id;
    finding.expected =
        "meta.floe.retention_days" + allowed_days(retention_of(context, policy, *model));
    finding.help = "add meta: {floe: {retention_days: …}} to the model's properties";
    report.finding(std::move(finding), "governance.retention.required_for");
  }
}

}  // namespace

extern const Rule rule_retention_missing;
const Rule rule_retention_missing = {
    "G011",
    "retention-missing",
    Governs::kRetention,
    "models of the layers that need it say how long their data is kept",
    R"(Whoever deletes old data must be told how old is too old. In the layers of `required_for` every model says it, in days:
`meta.floe.retention_days`. Ephemeral models hold no data and need none.

Bad: `gold_orders` without it where gold needs it. Good: `meta: {floe: {retention_days: 365}}`.

Set by `governance.retention.required_for`.
)",
    check_retention_missing,
};

}  // namespace floe::policy
