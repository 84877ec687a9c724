// SPDX-License-Identifier: Apache-2.0
#include "dbt/columns/facts.h"

#include "base/text.h"

namespace floe::dbt {

const InferredColumn* RelationColumns::find(std::string_view name) const {
  const std::string lower = to_lower(name);
  for (const InferredColumn& column : columns) {
    if (to_lower(column.name) == lower) return &column;
  }
  return nullptr;
}

const RelationColumns* ColumnFacts::find(std::string_view unique_id) const {
  const auto at = relations.find(unique_id);
  return at == relations.end() ? nullptr : &at->second;
}

}  // namespace floe::dbt
