// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/classification.h"
#include "policy/facts.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

/// Whether the platform masks columns with the tag, or of the level.
bool platform_masks(const Context& context, const std::string& tag, const std::string& level) {
  const value::Value* masks = context.platform.access_control.find("column_masks");
  if (masks == nullptr || !masks->is_list()) return false;
  return std::any_of(masks->as_list().begin(), masks->as_list().end(),
                     [&](const value::Value& mask) {
                       const value::Value* of_tag = mask.find("tag");
                       const value::Value* of_level = mask.find("classification");
                       return (of_tag != nullptr && *of_tag == value::Value(tag)) ||
                              (of_level != nullptr && *of_level == value::Value(level));
                     });
}

bool column_masks(const dbt::Node& node, const std::string& name) {
  for (const auto& [key, column] : node.columns) {
    if (to_lower(column.name) != name) continue;
    const value::Value* mask = column.meta.find_path("floe.mask");
    return mask != nullptr && mask->is_string() && !mask->as_string().empty();
  }
  return false;
}

void check_mask_missing(const Context& context, Report& report) {
  if (context.classes == nullptr) return;
  const ClassificationScheme& scheme = context.classes->scheme();
  const bool asked = std::any_of(scheme.tags.begin(), scheme.tags.end(), [](const auto& tag) {
    return tag.second.masked_outside_production;
  });
  if (!asked) return;
  const ColumnClasses& classes = *context.classes;
  for (const dbt::Node* model : context.models) {
    for (const auto& [name, column] : classes.of(model->unique_id)) {
      for (const std::string& tag : column.tags) {
        if (!scheme.tags.at(tag).masked_outside_production) continue;
        if (platform_masks(context, tag, scheme.level_name(column.level())) ||
            column_masks(*model, name)) {
          continue;
        }
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
in the platform, or `meta: {
floe: {
mask:
  sha256
}
}` on the column.

Set by `governance.classification.tags.<tag>.requires_masking_in_non_prod`.
)",
    check_mask_missing,
};

}  // namespace floe::policy
