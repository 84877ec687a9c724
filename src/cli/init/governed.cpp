// SPDX-License-Identifier: Apache-2.0
#include "cli/init/governed.h"

#include <algorithm>
#include <set>

namespace floe::cli {

std::string ExampleGovernance::classification_in(const std::string& layer) {
  // Where data that names no level has one, all of it has.
  const bool is_asked = scheme_.required_layers.contains(layer) && scheme_.default_level < 0;
  if (!is_asked || scheme_.levels.empty()) return "";
  is_classified_ = true;
  return scheme_.levels.front();
}

std::optional<std::int64_t> ExampleGovernance::retention_days_in(const std::string& layer) const {
  if (!policy_.is_required_for(layer)) return std::nullopt;
  std::set<std::string> levels;
  if (is_classified_) levels.insert(scheme_.levels.front());
  if (scheme_.default_level >= 0) levels.insert(scheme_.level_name(scheme_.default_level));
  const core::RetentionRange range = policy_.range_for(layer, levels, {});
  std::int64_t days = 365;
  if (range.min_days) days = std::max(days, range.min_days->days);
  if (range.max_days) days = std::min(days, range.max_days->days);
  return days;
}

}  // namespace floe::cli
