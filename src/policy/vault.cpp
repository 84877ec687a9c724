// SPDX-License-Identifier: Apache-2.0
#include "policy/vault.h"

#include "base/text.h"
#include "policy/facts.h"

#include <algorithm>
#include <set>

namespace floe::policy {

std::string_view vault_kind_name(VaultKind kind) {
  switch (kind) {
    case VaultKind::kHub: return "hub";
    case VaultKind::kLink: return "link";
    case VaultKind::kSatellite: return "satellite";
    case VaultKind::kNone: break;
  }
  return "model";
}

bool has_vault(const core::Platform& platform) {
  return platform.pattern == "data_vault" || platform.pattern == "hybrid";
}

VaultNames::VaultNames(const core::Platform& platform) {
  const auto read = [&](std::string_view key, std::vector<std::string>& names) {
    std::vector<std::string> written = texts_of(platform.data_vault.find(key));
    if (!written.empty()) names = std::move(written);
  };
  read("hub_prefixes", hub_prefixes);
  read("link_prefixes", link_prefixes);
  read("satellite_prefixes", satellite_prefixes);
  read("hash_key", hash_key);
  read("load_date", load_date);
  read("record_source", record_source);
  read("business_key", business_key);
  const value::Value* keys_only = platform.data_vault.find("hubs_hold_keys_only");
  hubs_hold_keys_only = keys_only != nullptr && keys_only->is_bool() && keys_only->as_bool();
}

VaultKind VaultNames::kind_of(std::string_view model) const {
  const auto begins = [&](const std::vector<std::string>& prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](const std::string& prefix) { return model.starts_with(prefix); });
  };
  if (begins(hub_prefixes)) return VaultKind::kHub;
  if (begins(link_prefixes)) return VaultKind::kLink;
  return begins(satellite_prefixes) ? VaultKind::kSatellite : VaultKind::kNone;
}

bool VaultNames::is_named(std::string_view column, const std::vector<std::string>& patterns) {
  const std::string name = to_lower(column);
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return glob_match(to_lower(pattern), name);
  });
}

std::vector<std::string> VaultNames::matching(const ModelColumns& columns,
                                              const std::vector<std::string>& patterns) {
  std::vector<std::string> names;
  for (const ModelColumn& column : columns.columns) {
    if (is_named(column.name, patterns)) names.push_back(to_lower(column.name));
  }
  return names;
}

Vault::Vault(const Context& context) : context_(context) {
  const VaultNames names(context.platform);
  std::set<std::string> hub_keys;
  for (const dbt::Node* node : context.models) {
    const VaultKind kind = names.kind_of(node->name);
    if (kind == VaultKind::kNone) continue;
    VaultModel& model = models_.emplace_back();
    model.node = node;
    model.kind = kind;
    model.columns = model_columns(context, *node);
    model.hash_keys = VaultNames::matching(model.columns, names.hash_key);
    model.own_keys = model.hash_keys;
    if (kind == VaultKind::kHub) hub_keys.insert(model.hash_keys.begin(), model.hash_keys.end());
  }
  for (VaultModel& model : models_) {
    if (model.kind != VaultKind::kLink) continue;
    std::erase_if(model.own_keys, [&](const std::string& key) { return hub_keys.contains(key); });
  }
  for (std::size_t i = 0; i < models_.size(); ++i) {
    if (models_[i].kind == VaultKind::kSatellite) continue;
    targets_.emplace(models_[i].node->unique_id, i);
    for (const std::string& key : models_[i].own_keys) with_key_[key].push_back(i);
  }
}

std::vector<const VaultModel*> Vault::referenced(const VaultModel& model) const {
  std::set<std::size_t> targets;
  const auto add = [&](const std::vector<std::string>& ids) {
    for (const std::string& id : ids) {
      if (const auto at = targets_.find(id); at != targets_.end()) targets.insert(at->second);
    }
  };
  add(model.node->depends_on_nodes);
  for (const dbt::Node* test : context_.tests_on(model.node->unique_id)) {
    if (test->test_metadata && test->test_metadata->name == "relationships") {
      add(test->depends_on_nodes);
    }
  }
  return others(targets, model);
}

std::vector<const VaultModel*> Vault::with_key_in(const VaultModel& model) const {
  std::set<std::size_t> carried;
  for (const ModelColumn& column : model.columns.columns) {
    const auto at = with_key_.find(to_lower(column.name));
    if (at != with_key_.end()) carried.insert(at->second.begin(), at->second.end());
  }
  return others(carried, model);
}

std::vector<const VaultModel*> Vault::others(const std::set<std::size_t>& indices,
                                             const VaultModel& than) const {
  std::vector<const VaultModel*> found;
  for (const std::size_t i : indices) {
    if (&models_[i] != &than) found.push_back(&models_[i]);
  }
  return found;
}

bool Vault::keys_are_known() const {
  return std::all_of(models_.begin(), models_.end(), [](const VaultModel& model) {
    return model.kind == VaultKind::kSatellite || model.columns.is_complete;
  });
}

}  // namespace floe::policy
