// SPDX-License-Identifier: Apache-2.0
// How long data is kept: governance.retention, with what follows from defaults and tags.
#pragma once

#include "core/platform/platform.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace floe::core {

/// A limit with the manifest field that sets it.
struct DayLimit {
  std::int64_t days = 0;
  std::string setting;  // "governance.retention.layers.gold.max_days"
};

/// What holds for one layer, level or tag.
struct RetentionRule {
  std::optional<DayLimit> max_days;
  std::optional<DayLimit> min_days;
  std::string delete_strategy;
};

/// What holds for data to which several rules apply: the shortest maximum, the longest minimum.
struct RetentionRange {
  std::optional<DayLimit> max_days;
  std::optional<DayLimit> min_days;

  void add(const RetentionRule& rule);
  bool contradicts() const { return max_days && min_days && min_days->days > max_days->days; }
};

class RetentionPolicy {
 public:
  explicit RetentionPolicy(const Platform& platform);

  const RetentionRule& general() const { return general_; }
  const std::map<std::string, RetentionRule>& layers() const { return layers_; }
  const std::map<std::string, RetentionRule>& levels() const { return levels_; }
  /// Tags, with retention_max_days of governance.classification.
  const std::map<std::string, RetentionRule>& tags() const { return tags_; }
  bool is_required_for(const std::string& layer) const { return required_for_.contains(layer); }

  /// What holds for data of a layer ("" none) with columns of these levels and tags; the default
  /// where no rule is about any of them.
  RetentionRange range_for(const std::string& layer, const std::set<std::string>& levels,
                           const std::set<std::string>& tags) const;

 private:
  RetentionRule general_;
  std::map<std::string, RetentionRule> layers_;
  std::map<std::string, RetentionRule> levels_;
  std::map<std::string, RetentionRule> tags_;
  std::set<std::string> required_for_;
};

/// Whether a platform says anything of how long data is kept.
bool has_retention(const Platform& platform);

/// The policy as data, for those who delete: {default, layers, classifications, tags, snapshots},
/// each rule with its defaults filled in: {max_days?, min_days?, delete_strategy?}.
value::Value effective_retention(const Platform& platform);

}  // namespace floe::core
