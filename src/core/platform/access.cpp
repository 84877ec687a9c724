// SPDX-License-Identifier: Apache-2.0
#include "core/platform/access.h"

#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::core {

using value::Member;
using value::Value;

namespace {

std::string access_text(const Value& entry, std::string_view key) {
  const Value* found = entry.find(key);
  return found != nullptr && found->is_string() ? found->as_string() : "";
}

const Value::List& access_list(const Value& section, std::string_view key) {
  static const Value::List kNone;
  const Value* found = section.find(key);
  return found != nullptr && found->is_list() ? found->as_list() : kNone;
}

std::vector<std::string> access_texts(const Value& list) {
  std::vector<std::string> texts;
  if (!list.is_list()) return texts;
  for (const Value& item : list.as_list()) {
    if (item.is_string()) texts.push_back(item.as_string());
  }
  return texts;
}

bool is_one_of(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::string AccessGrant::words() const {
  std::string text = writes ? "READ_WRITE" : "READ";
  if (!name_space.empty()) text += " in namespace " + name_space;
  if (!layer.empty()) text += " in layer " + layer;
  if (!level.empty()) text += " up to " + level;
  return text;
}

bool AccessAnswer::may_write() const {
  return std::any_of(ways.begin(), ways.end(), [](const AccessWay& way) {
    return way.grant == nullptr || way.grant->writes;
  });
}

AccessModel::AccessModel(const Platform& platform) {
  const Value& section = platform.access_control;
  denies_ = !section.empty() && access_text(section, "default") != "allow";
  if (const Value* levels = platform.classification.find("levels")) levels_ = access_texts(*levels);
  read_grants(platform);
  for (const Value& entry : access_list(section, "row_filters")) {
    filters_.push_back(
        {access_text(entry, "role"), access_text(entry, "table"), access_text(entry, "condition")});
  }
  for (const Value& entry : access_list(section, "column_masks")) {
    masks_.push_back({access_text(entry, "role"), access_text(entry, "tag"),
                      access_text(entry, "classification"), access_text(entry, "mask")});
  }
  read_roles(section);
}

void AccessModel::read_grants(const Platform& platform) {
  const std::string base = "governance.access_control.grants";
  for (const Value& entry : access_list(platform.access_control, "grants")) {
    AccessGrant& grant = grants_.emplace_back();
    grant.role = access_text(entry, "role");
    grant.writes = access_text(entry, "access") == "READ_WRITE";
    grant.name_space = access_text(entry, "namespace");
    grant.layer = access_text(entry, "layer");
    grant.level = access_text(entry, "classification");
    grant.setting = base;
    grant.number = grants_.size();
  }
  for (const Value& space : platform.namespaces.as_list()) {
    std::size_t number = 0;
    for (const Value& entry : access_list(space, "grants")) {
      AccessGrant& grant = grants_.emplace_back();
      grant.role = access_text(entry, "role");
      grant.writes = access_text(entry, "access") == "READ_WRITE";
      grant.name_space = access_text(space, "name");
      grant.setting = "catalog.namespaces." + grant.name_space;
      grant.number = ++number;
    }
  }
}

void AccessModel::read_roles(const Value& section) {
  const auto add = [&](const std::string& name) {
    if (!name.empty() && !is_one_of(roles_, name)) roles_.push_back(name);
  };
  const Value* declared = section.find("roles");
  if (declared != nullptr && declared->is_map()) {
    for (const Member& role : declared->as_map()) {
      if (role.key.starts_with("x-")) continue;
      add(role.key);
      if (const Value* names = role.value.find("inherits")) {
        inherits_[role.key] = access_texts(*names);
      }
    }
  }
  const bool is_declared = !roles_.empty();
  const Value* groups = section.find("groups");
  if (groups != nullptr && groups->is_map()) {
    for (const Member& group : groups->as_map()) {
      if (group.key.starts_with("x-")) continue;
      groups_[group.key] = access_texts(group.value);
    }
  }
  if (is_declared) return;
  for (const AccessGrant& grant : grants_) add(grant.role);
  for (const RowFilter& filter : filters_) add(filter.role);
  for (const ColumnMask& mask : masks_) add(mask.role);
  for (const auto& [name, roles] : groups_) {
    for (const std::string& role : roles) add(role);
  }
}

bool AccessModel::has_role(std::string_view name) const { return is_one_of(roles_, name); }

std::vector<std::string> AccessModel::roles_of(const std::string& role_or_group) const {
  if (has_role(role_or_group)) return {role_or_group};
  const auto group = groups_.find(role_or_group);
  return group == groups_.end() ? std::vector<std::string>() : group->second;
}

std::vector<std::vector<std::string>> AccessModel::inherited(const std::string& role) const {
  std::vector<std::vector<std::string>> ways = {{role}};
  std::set<std::string> seen = {role};
  for (std::size_t i = 0; i < ways.size(); ++i) {
    const auto next = inherits_.find(ways[i].back());
    if (next == inherits_.end()) continue;
    for (const std::string& name : next->second) {
      if (!seen.insert(name).second) continue;
      std::vector<std::string> way = ways[i];
      way.push_back(name);
      ways.push_back(std::move(way));
    }
  }
  return ways;
}

int AccessModel::level_number(std::string_view name) const {
  const auto at = std::find(levels_.begin(), levels_.end(), name);
  return at == levels_.end() ? -1 : static_cast<int>(at - levels_.begin());
}

std::string AccessModel::obstacle(const AccessGrant& grant, const AccessTarget& target) const {
  if (!grant.layer.empty() && grant.layer != target.layer) {
    return target.layer.empty() ? "it is in no layer" : "it is in layer " + target.layer;
  }
  if (!grant.name_space.empty() && target.name_space.empty()) {
    return "its namespace is not known";
  }
  if (!grant.name_space.empty() && !glob_match(grant.name_space, target.name_space)) {
    return "it is in namespace " + target.name_space;
  }
  return "";
}

AccessAnswer AccessModel::answer(const std::vector<std::string>& roles,
                                 const AccessTarget& target) const {
  AccessAnswer answer;
  const auto add_way = [&](const AccessGrant* grant, const std::vector<std::string>& path) {
    AccessWay& way = answer.ways.emplace_back();
    way.grant = grant;
    way.roles = path;
    for (const RowFilter& filter : filters_) {
      const bool concerns =
          is_one_of(path, filter.role) &&
          std::any_of(target.names.begin(), target.names.end(),
                      [&](const std::string& name) { return glob_match(filter.table, name); });
      if (concerns) way.filters.push_back(&filter);
    }
    for (const ColumnMask& mask : masks_) {
      if (is_one_of(path, mask.role)) way.masks.push_back(&mask);
    }
  };
  std::set<const AccessGrant*> told;
  for (const std::string& role : roles) {
    for (const std::vector<std::string>& path : inherited(role)) {
      for (const AccessGrant& grant : grants_) {
        if (grant.role != path.back()) continue;
        std::string why = obstacle(grant, target);
        if (why.empty()) add_way(&grant, path);
        else if (told.insert(&grant).second) answer.obstacles.push_back({&grant, std::move(why)});
      }
    }
    if (!denies_) add_way(nullptr, {role});
  }
  return answer;
}

bool AccessModel::covers(const AccessWay& way, const AccessColumn& column) const {
  if (way.grant == nullptr || way.grant->level.empty()) return true;
  return column.level <= level_number(way.grant->level);
}

bool AccessModel::masks(const ColumnMask& mask, const AccessColumn& column) const {
  if (!mask.tag.empty() && !column.tags.contains(mask.tag)) return false;
  if (mask.level.empty()) return !mask.tag.empty();
  const int from = level_number(mask.level);
  return from >= 0 && column.level >= from;
}

std::string AccessModel::mask_of(const AccessWay& way, const AccessColumn& column) const {
  const auto found = std::find_if(way.masks.begin(), way.masks.end(),
                                  [&](const ColumnMask* mask) { return masks(*mask, column); });
  return found == way.masks.end() ? "" : (*found)->mask;
}

std::vector<std::string> namespace_names(const Platform& platform) {
  std::vector<std::string> names;
  for (const Value& space : platform.namespaces.as_list()) {
    std::string name = access_text(space, "name");
    if (!name.empty()) names.push_back(std::move(name));
  }
  return names;
}

std::string namespace_of_layer(const Platform& platform, std::string_view layer) {
  const Layer* found = platform.find_layer(layer);
  if (found == nullptr) return "";
  if (!found->catalog_namespace.empty()) return found->catalog_namespace;
  std::string only;
  for (const Value& space : platform.namespaces.as_list()) {
    if (access_text(space, "layer") != layer) continue;
    if (!only.empty()) return "";
    only = access_text(space, "name");
  }
  return only;
}

std::string layer_of_namespace(const Platform& platform, std::string_view name_space) {
  for (const Value& space : platform.namespaces.as_list()) {
    if (access_text(space, "name") == name_space) {
      const std::string layer = access_text(space, "layer");
      if (!layer.empty()) return layer;
    }
  }
  for (const Layer& layer : platform.layers) {
    if (layer.catalog_namespace == name_space) return layer.name;
  }
  return "";
}

namespace {

void set_if_any(Value& entry, std::string_view key, const std::string& text) {
  if (!text.empty()) entry.set(std::string(key), text);
}

Value resolved_grant(const Platform& platform, const AccessModel& model, const AccessGrant& grant) {
  Value entry = Value::map();
  entry.set("access", grant.writes ? "READ_WRITE" : "READ");
  entry.set("role", grant.role);
  set_if_any(entry, "namespace", grant.name_space);
  set_if_any(entry, "layer", grant.layer);
  set_if_any(entry, "classification", grant.level);
  Value spaces = Value::list();
  for (const std::string& name : namespace_names(platform)) {
    const std::string layer = layer_of_namespace(platform, name);
    const bool is_meant = (grant.name_space.empty() || glob_match(grant.name_space, name)) &&
                          (grant.layer.empty() || grant.layer == layer);
    if (is_meant) spaces.push(name);
  }
  entry.set("namespaces", std::move(spaces));
  if (!grant.level.empty()) {
    Value levels = Value::list();
    for (const std::string& level : model.levels()) {
      levels.push(level);
      if (level == grant.level) break;
    }
    entry.set("levels", std::move(levels));
  }
  return entry;
}

Value resolved_role(const Platform& platform, const AccessModel& model, const std::string& role) {
  std::vector<std::string> held;
  for (const std::vector<std::string>& way : model.inherited(role)) held.push_back(way.back());
  Value groups = Value::list();
  for (const auto& [name, roles] : model.groups()) {
    if (is_one_of(roles, role)) groups.push(name);
  }
  Value grants = Value::list();
  for (const AccessGrant& grant : model.grants()) {
    if (is_one_of(held, grant.role)) grants.push(resolved_grant(platform, model, grant));
  }
  Value filters = Value::list();
  for (const RowFilter& filter : model.row_filters()) {
    if (!is_one_of(held, filter.role)) continue;
    Value entry = Value::map();
    entry.set("role", filter.role);
    entry.set("table", filter.table);
    entry.set("condition", filter.condition);
    filters.push(std::move(entry));
  }
  Value masks = Value::list();
  for (const ColumnMask& mask : model.column_masks()) {
    if (!is_one_of(held, mask.role)) continue;
    Value entry = Value::map();
    entry.set("role", mask.role);
    set_if_any(entry, "tag", mask.tag);
    set_if_any(entry, "classification", mask.level);
    entry.set("mask", mask.mask);
    masks.push(std::move(entry));
  }
  Value out = Value::map();
  out.set("groups", std::move(groups));
  held.erase(held.begin());
  out.set("inherits", Value::texts(held));
  out.set("grants", std::move(grants));
  out.set("row_filters", std::move(filters));
  out.set("column_masks", std::move(masks));
  return out;
}

}  // namespace

Value resolved_access(const Platform& platform) {
  const AccessModel model(platform);
  Value roles = Value::map();
  for (const std::string& role : model.roles()) {
    roles.set(role, resolved_role(platform, model, role));
  }
  Value out = Value::map();
  out.set("default", model.denies_by_default() ? "deny" : "allow");
  out.set("roles", std::move(roles));
  return out;
}

}  // namespace floe::core
