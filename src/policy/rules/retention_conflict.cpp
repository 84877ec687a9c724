// SPDX-License-Identifier: Apache-2.0
#include "policy/retention.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

void check_retention_conflict(const Context& context, Report& report) {
  const core::RetentionPolicy policy(context.platform);
  for (const dbt::Node* model : context.models) {
    if (model->materialized() == "ephemeral") continue;
    const core::RetentionRange range = retention_of(context, policy, *model);
    if (!range.contradicts()) continue;
    diag::Diagnostic finding;
    finding.message = fmt::format("model '{}' must be kept at least {} days and at most {}",
                                  model->name, range.min_days->days, range.max_days->days);
    finding.span = model->patch_span ? model->patch_span : model->span;
    finding.node = model->unique_id;
    finding.expected = "data under rules that fit together";
    finding.help = fmt::format("separate the data: {} asks for the one, {} for the other",
                               range.min_days->setting, range.max_days->setting);
    report.finding(std::move(finding), range.max_days->setting);
  }
}

}  // namespace

extern const Rule rule_retention_conflict;
const Rule rule_retention_conflict = {
    "G013",
    "retention-conflict",
    Governs::kRetention,
    "no model mixes data that must be kept with data that must be gone",
    R"(A model holds data under several rules at once: those of its layer, and of the classifications and tags of its columns. Where one asks
for a longer time than another allows, no retention is right: the data has to be separated.

Bad: an invoice that must be kept for ten years in one table with a `phi` column that may be kept for one. Good: two models; or the
column masked by a function that the platform approves, so that it carries the tag no more.

Set by `governance.retention` and `governance.classification.tags.<tag>.retention_max_days`.
)",
    check_retention_conflict,
};

}  // namespace floe::policy
