// SPDX-License-Identifier: Apache-2.0
#include "policy/facts.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

bool has_model_owner(const Context& context, const dbt::Node& model) {
  for (const std::string_view path : {"floe.owner", "owner"}) {
    const value::Value* owner = find_meta(model, path);
    if (owner != nullptr && !owner->empty()) return true;
  }
  if (model.group.empty()) return false;
  const auto& groups = context.project.groups;
  return std::any_of(groups.begin(), groups.end(), [&](const auto& entry) {
    return entry.second->name == model.group && !entry.second->owner.empty();
  });
}

void check_model_owner(const Context& context, Report& report) {
  if (!context.platform.ownership.require_model_owner) return;
  for (const dbt::Node* model : context.models) {
    if (has_model_owner(context, *model)) continue;
    diag::Diagnostic finding;
    finding.message = fmt::format("model '{}' has no owner", model->name);
    finding.span = model->patch_span ? model->patch_span : model->span;
    finding.node = model->unique_id;
    finding.expected = "meta.owner, or a group with an owner";
    finding.help = "add meta: {owner: …} to the model's config or properties";
    report.finding(std::move(finding), "governance.ownership.require_model_owner");
  }
}

}  // namespace

extern const Rule rule_model_owner;
const Rule rule_model_owner = {
    "D005",
    "model-owner",
    Governs::kOwnership,
    "every model names its owner",
    R"(A model's owner is `meta.owner`, `meta.floe.owner` or the owner of its group.

Bad: a model with neither. Good: `meta: {owner: payments}`.

Set by `governance.ownership.require_model_owner`.
)",
    check_model_owner,
};

}  // namespace floe::policy
