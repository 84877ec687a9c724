// SPDX-License-Identifier: Apache-2.0
#include "policy/access.h"
#include "policy/classification.h"
#include "policy/facts.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

/// Whether the platform masks the column for somebody.
bool platform_masks(const core::AccessModel& access, const ColumnClass& column) {
  const core::AccessColumn asked{"", column.level(), column.tags, false};
  const auto& masks = access.column_masks();
  return std::any_of(masks.begin(), masks.end(),
                     [&](const core::ColumnMask& mask) { return access.masks(mask, asked); });
}

void check_mask_missing(const Context& context, Report& report) {
  if (context.classes == nullptr) return;
  const ClassificationScheme& scheme = context.classes->scheme();
  const bool asked = std::any_of(scheme.tags.begin(), scheme.tags.end(), [](const auto& tag) {
    return tag.second.masked_outside_production;
  });
  if (!asked) return;
  const ColumnClasses& classes = *context.classes;
  const core::AccessModel access(context.platform);
  for (const dbt::Node* model : context.models) {
    for (const auto& [name, column] : classes.of(model->unique_id)) {
      for (const std::string& tag : column.tags) {
        if (!scheme.tags.at(tag).masked_outside_production) continue;
        if (platform_masks(access, column) || has_own_mask(*model, name)) continue;
        diag::Diagnostic finding;
        finding.message =
            fmt::format("column '{}' of '{}' is {} and has no mask", name, model->name, tag);
        finding.span = named_column_span(*model, name);
        finding.node = model->unique_id;
        finding.expected = "a mask for everything outside production";
        finding.help = "add meta: {floe: {mask: …}} to the column, or ask the platform for a mask";
        report.finding(std::move(finding), fmt::format("governance.classification.tags.{}", tag));
      }
    }
  }
}

}  // namespace

extern const Rule rule_mask_missing;
const Rule rule_mask_missing = {
    "G005",
    "mask-missing",
    Governs::kClassification,
    "data that must be masked outside production has a mask",
    R"(Tags with `requires_masking_in_non_prod` mark data that developers must not see as it is. Each column that carries such a tag,
declared or by lineage, needs a mask: one of the platform's `access_control.column_masks` for the tag or the column's level,
or `meta.floe.mask` of the column with the function that masks it.

Bad: a column tagged `pii`, and nothing says how it is masked. Good: `column_masks: [{role: developer, tag: pii, mask: sha256}]`
in the platform, or `meta: {floe: {mask: sha256}}` on the column.

Set by `governance.classification.tags.<tag>.requires_masking_in_non_prod`.
)",
    check_mask_missing,
};

}  // namespace floe::policy
