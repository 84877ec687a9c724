// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/classification.h"
#include "policy/facts.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

/// A level that the platform does not know is G002's to tell.
bool says_a_level(const dbt::Node& model, const std::string& name) {
  const value::Value* meta = find_meta(model, "floe.classification");
  if (meta != nullptr && meta->is_string() && !meta->as_string().empty()) return true;
  const std::string wanted = to_lower(name);
  return std::any_of(model.columns.begin(), model.columns.end(), [&](const auto& entry) {
    return to_lower(entry.second.name) == wanted && !declared_classification(entry.second).empty();
  });
}

void check_classification_missing(const Context& context, Report& report) {
  if (context.classes == nullptr) return;
  const ClassificationScheme& scheme = context.classes->scheme();
  if (scheme.required_layers.empty()) return;
  const ColumnClasses& classes = *context.classes;
  for (const dbt::Node* model : context.models) {
    const core::Layer* layer = context.platform.layer_of(model->name);
    if (layer == nullptr || !scheme.required_layers.contains(layer->name)) continue;
    for (const auto& [name, column] : classes.of(model->unique_id)) {
      if (column.level() >= 0 || says_a_level(*model, name)) continue;
      diag::Diagnostic finding;
      finding.message = fmt::format("column '{}' of '{}' has no classification", name, model->name);
      finding.span = named_column_span(*model, name);
      finding.node = model->unique_id;
      finding.expected = "one of " + join(scheme.levels, ", ");
      finding.help = "add meta: {floe: {classification: …}} to the column";
      report.finding(std::move(finding), "governance.classification.required_for");
    }
  }
}

}  // namespace

extern const Rule rule_classification_missing;
const Rule rule_classification_missing = {
    "G001",
    "classification-missing",
    Governs::kClassification,
    "columns of the named layers have a classification",
    R"(Nobody can protect what nobody has named. A column is classified by `meta.floe.classification` of its own, by a tag that the
platform gives a level, by its model's `meta.floe.classification`, or by lineage: a copy of a CONFIDENTIAL column is
CONFIDENTIAL without saying so.

Bad: `- name: email` in a layer of `required_for`. Good: `- name: email` with `meta: {floe: {classification: CONFIDENTIAL}}`.

Set by `governance.classification.required_for`.
)",
    check_classification_missing,
};

}  // namespace floe::policy
