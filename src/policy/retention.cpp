// SPDX-License-Identifier: Apache-2.0
#include "policy/retention.h"

#include "policy/classification.h"
#include "policy/facts.h"

namespace floe::policy {

const value::Value* declared_retention(const dbt::Node& node) {
  return find_meta(node, "floe.retention_days");
}

core::RetentionRange retention_of(const Context& context, const core::RetentionPolicy& policy,
                                  const dbt::Node& node) {
  std::set<std::string> levels;
  std::set<std::string> tags;
  if (context.classes != nullptr) {
    for (const auto& [name, column] : context.classes->of(node.unique_id)) {
      if (column.level() >= 0) levels.insert(context.classes->scheme().level_name(column.level()));
      tags.insert(column.tags.begin(), column.tags.end());
    }
  }
  const core::Layer* layer = context.platform.layer_of(node.name);
  return policy.range_for(layer == nullptr ? "" : layer->name, levels, tags);
}

}  // namespace floe::policy
