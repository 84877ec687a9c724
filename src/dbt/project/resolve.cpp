// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/resolve.h"

#include <algorithm>

namespace floe::dbt {

std::vector<std::optional<std::string>> packages_to_search(const std::string& root,
                                                           const std::string& node_package,
                                                           const std::optional<std::string>& target,
                                                           bool node_package_first) {
  if (target) return {target};
  if (root == node_package) return {root, std::nullopt};
  if (node_package_first) return {node_package, root, std::nullopt};
  return {root, node_package, std::nullopt};
}

void RefIndex::add(const std::string& name, const std::string& package,
                   const std::string& unique_id) {
  Entries& entries = by_name_[name];
  for (auto& [owner, id] : entries) {
    if (owner == package) {
      id = unique_id;
      return;
    }
  }
  entries.emplace_back(package, unique_id);
}

void RefIndex::remove(const std::string& name, const std::string& package) {
  const auto it = by_name_.find(name);
  if (it == by_name_.end()) return;
  std::erase_if(it->second, [&](const auto& entry) { return entry.first == package; });
  if (it->second.empty()) by_name_.erase(it);
}

std::vector<std::string> RefIndex::find(const std::string& name,
                                        const std::optional<std::string>& package) const {
  std::vector<std::string> found;
  const auto it = by_name_.find(name);
  if (it == by_name_.end()) return found;
  for (const auto& [owner, id] : it->second) {
    if (!package || owner == *package) found.push_back(id);
  }
  return found;
}

std::string RefIndex::first(const std::string& name,
                            const std::optional<std::string>& package) const {
  const auto it = by_name_.find(name);
  if (it == by_name_.end()) return {};
  for (const auto& [owner, id] : it->second) {
    if (!package || owner == *package) return id;
  }
  return {};
}

std::vector<std::string> RefIndex::names() const {
  std::vector<std::string> names;
  names.reserve(by_name_.size());
  for (const auto& [name, entries] : by_name_) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace floe::dbt
