// SPDX-License-Identifier: Apache-2.0
#include "policy/retention.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

void check_retention_range(const Context& context, Report& report) {
  const core::RetentionPolicy policy(context.platform);
  for (const auto* nodes : {&context.models, &context.seeds, &context.snapshots}) {
    for (const dbt::Node* node : *nodes) {
      const value::Value* declared = declared_retention(*node);
      if (declared == nullptr) continue;
      const core::RetentionRange range = retention_of(context, policy, *node);
      diag::Diagnostic finding;
      std::string setting = "governance.retention";
      if (!declared->is_int() || declared->as_int() < 1) {
        finding.message = fmt::format("'{}' has a retention that is no number of days", node->name);
        finding.expected = "a whole number of days, from 1";
      } else if (range.max_days && declared->as_int() > range.max_days->days) {
        finding.message =
            fmt::format("'{}' is kept {} days, which is too long", node->name, declared->as_int());
        finding.expected = fmt::format("at most {} days", range.max_days->days);
        setting = range.max_days->setting;
      } else if (range.min_days && declared->as_int() < range.min_days->days) {
        finding.message =
            fmt::format("'{}' is kept {} days, which is too short", node->name, declared->as_int());
        finding.expected = fmt::format("at least {} days", range.min_days->days);
        setting = range.min_days->setting;
      } else {
        continue;
      }
      finding.span = declared->span     ? declared->span
                     : node->patch_span ? node->patch_span
                                        : node->span;
      finding.node = node->unique_id;
      finding.help = setting == "governance.retention"
                         ? "write meta: {floe: {retention_days: 365}}"
                         : fmt::format("change meta.floe.retention_days; {} asks for it", setting);
      report.finding(std::move(finding), setting);
    }
  }
}

}  // namespace

extern const Rule rule_retention_range;
const Rule rule_retention_range = {
    "G012",
    "retention-range",
    Governs::kRetention,
    "data is kept no longer and no shorter than the platform says",
    R"(What a model declares (`meta.floe.retention_days`) must fit what holds for it: its layer, the classifications and the tags of its columns,
declared or by lineage. The shortest maximum and the longest minimum count, and `retention_max_days` of a tag of
`governance.classification`, too. Where no rule is about the model, the default counts.

Bad: `retention_days: 3650` on a model with a column tagged `pii`, which may be kept for 365 days. Good: `retention_days: 365`.

Set by `governance.retention` and `governance.classification.tags.<tag>.retention_max_days`.
)",
    check_retention_range,
};

}  // namespace floe::policy
