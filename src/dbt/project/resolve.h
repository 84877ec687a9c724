// SPDX-License-Identifier: Apache-2.0
// Which resource a name means, seen from a package: dbt's search order and its index.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace floe::dbt {

/// The packages in which a name is looked up, in order; nothing means any package.
std::vector<std::optional<std::string>> packages_to_search(const std::string& root,
                                                           const std::string& node_package,
                                                           const std::optional<std::string>& target,
                                                           bool node_package_first);

/// unique_ids by name and package.
class RefIndex {
 public:
  void add(const std::string& name, const std::string& package, const std::string& unique_id);
  void remove(const std::string& name, const std::string& package);
  /// The ids under a name: of one package, or (no package) of all, in the order of adding.
  std::vector<std::string> find(const std::string& name,
                                const std::optional<std::string>& package) const;
  /// The first of them, or "".
  std::string first(const std::string& name, const std::optional<std::string>& package) const;
  std::vector<std::string> names() const;
  void clear() { by_name_.clear(); }
  bool empty() const { return by_name_.empty(); }

 private:
  using Entries = std::vector<std::pair<std::string, std::string>>;  // package, id
  std::unordered_map<std::string, Entries> by_name_;
};

}  // namespace floe::dbt
