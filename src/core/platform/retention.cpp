// SPDX-License-Identifier: Apache-2.0
#include "core/platform/retention.h"

#include <algorithm>

namespace floe::core {

using value::Member;
using value::Value;

namespace {

const std::string kRetentionPath = "governance.retention.";

std::optional<DayLimit> day_limit(const Value& entry, const std::string& path,
                                  std::string_view key) {
  const Value* days = entry.find(key);
  if (days == nullptr || !days->is_int()) return std::nullopt;
  return DayLimit{days->as_int(), path + "." + std::string(key)};
}

/// An entry with what the default says where it says nothing.
RetentionRule rule_of(const Value& entry, const std::string& path, const RetentionRule& general) {
  RetentionRule rule{day_limit(entry, path, "max_days"), day_limit(entry, path, "min_days"), ""};
  if (!rule.max_days) rule.max_days = general.max_days;
  if (!rule.min_days) rule.min_days = general.min_days;
  const Value* strategy = entry.find("delete_strategy");
  rule.delete_strategy = strategy != nullptr && strategy->is_string() ? strategy->as_string()
                                                                      : general.delete_strategy;
  return rule;
}

std::map<std::string, RetentionRule> rules_of(const Value& section, const std::string& name,
                                              const RetentionRule& general) {
  std::map<std::string, RetentionRule> rules;
  const Value* entries = section.find(name);
  if (entries == nullptr || !entries->is_map()) return rules;
  for (const Member& entry : entries->as_map()) {
    if (entry.key.starts_with("x-")) continue;
    rules[entry.key] = rule_of(entry.value, kRetentionPath + name + "." + entry.key, general);
  }
  return rules;
}

/// The level or tag limits of governance.classification, which need no governance.retention.
void add_tag_limits(const Platform& platform, const RetentionRule& general,
                    std::map<std::string, RetentionRule>& tags) {
  const Value* declared = platform.classification.find("tags");
  if (declared == nullptr || !declared->is_map()) return;
  for (const Member& tag : declared->as_map()) {
    const auto most =
        day_limit(tag.value, "governance.classification.tags." + tag.key, "retention_max_days");
    if (!most) continue;
    RetentionRule& rule = tags.try_emplace(tag.key, general).first->second;
    if (!rule.max_days || most->days < rule.max_days->days) rule.max_days = most;
  }
}

}  // namespace

void RetentionRange::add(const RetentionRule& rule) {
  if (rule.max_days && (!max_days || rule.max_days->days < max_days->days)) {
    max_days = rule.max_days;
  }
  if (rule.min_days && (!min_days || rule.min_days->days > min_days->days)) {
    min_days = rule.min_days;
  }
}

RetentionPolicy::RetentionPolicy(const Platform& platform) {
  const Value& section = platform.retention;
  if (const Value* general = section.find("default")) {
    general_ = rule_of(*general, kRetentionPath + "default", {});
  }
  layers_ = rules_of(section, "layers", general_);
  levels_ = rules_of(section, "classifications", general_);
  tags_ = rules_of(section, "tags", general_);
  add_tag_limits(platform, general_, tags_);
  const Value* required = section.find("required_for");
  if (required == nullptr || !required->is_list()) return;
  for (const Value& layer : required->as_list()) {
    if (layer.is_string()) required_for_.insert(layer.as_string());
  }
}

RetentionRange RetentionPolicy::range_for(const std::string& layer,
                                          const std::set<std::string>& levels,
                                          const std::set<std::string>& tags) const {
  RetentionRange range;
  bool found = false;
  const auto apply = [&](const std::map<std::string, RetentionRule>& rules,
                         const std::string& name) {
    const auto rule = rules.find(name);
    if (rule == rules.end()) return;
    range.add(rule->second);
    found = true;
  };
  apply(layers_, layer);
  for (const std::string& level : levels) apply(levels_, level);
  for (const std::string& tag : tags) apply(tags_, tag);
  if (!found) range.add(general_);
  return range;
}

bool has_retention(const Platform& platform) {
  if (!platform.retention.empty()) return true;
  const Value* tags = platform.classification.find("tags");
  if (tags == nullptr || !tags->is_map()) return false;
  return std::any_of(tags->as_map().begin(), tags->as_map().end(), [](const Member& tag) {
    return tag.value.find("retention_max_days") != nullptr;
  });
}

namespace {

Value rule_document(const RetentionRule& rule) {
  Value out = Value::map();
  if (rule.max_days) out.set("max_days", rule.max_days->days);
  if (rule.min_days) out.set("min_days", rule.min_days->days);
  if (!rule.delete_strategy.empty()) out.set("delete_strategy", rule.delete_strategy);
  return out;
}

Value rules_document(const std::map<std::string, RetentionRule>& rules) {
  Value out = Value::map();
  for (const auto& [name, rule] : rules) out.set(name, rule_document(rule));
  return out;
}

}  // namespace

Value effective_retention(const Platform& platform) {
  const RetentionPolicy policy(platform);
  // Every layer and level is listed, so that nobody has to know what the default is for.
  std::map<std::string, RetentionRule> layers = policy.layers();
  for (const Layer& layer : platform.layers) layers.try_emplace(layer.name, policy.general());
  std::map<std::string, RetentionRule> levels = policy.levels();
  const Value* names = platform.classification.find("levels");
  if (names != nullptr && names->is_list()) {
    for (const Value& name : names->as_list()) {
      if (name.is_string()) levels.try_emplace(name.as_string(), policy.general());
    }
  }
  Value out = Value::map();
  out.set("default", rule_document(policy.general()));
  out.set("layers", rules_document(layers));
  out.set("classifications", rules_document(levels));
  out.set("tags", rules_document(policy.tags()));
  const Value* snapshots = platform.retention.find("snapshots");
  out.set("snapshots", snapshots != nullptr && snapshots->is_map() ? *snapshots : Value::map());
  return out;
}

}  // namespace floe::core
