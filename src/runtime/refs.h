// SPDX-License-Identifier: Apache-2.0
// What ref(), source(), metric() and function() mean while nodes run: names to unique ids, with
// dbt's search order.
#pragma once

#include "dbt/project/model.h"
#include "dbt/project/resolve.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace floe::runtime {

/// Built once from a loaded project; thread-safe to ask.
class RefFinder {
 public:
  RefFinder(const dbt::Project& project, bool node_package_first);

  /// The model, seed or snapshot that ref(name, v=version) in a node of `node_package` means, or
  /// null.
  dbt::Node* find_node(const std::string& node_package, const std::string& name,
                       const std::optional<std::string>& package, const std::string& version) const;
  const dbt::SourceNode* find_source(const std::string& node_package,
                                     const std::string& source_name,
                                     const std::string& table_name) const;
  /// The function that function(name) or function(package, name) means, or null.
  const dbt::Node* find_function(const std::string& node_package,
                                 const std::vector<std::string>& called) const;
  /// The metric that metric(name) or metric(package, name) means, or null.
  const dbt::Resource* find_metric(const std::string& node_package,
                                   const std::vector<std::string>& called) const;

 private:
  const dbt::Project& project_;
  bool node_package_first_;
  dbt::RefIndex nodes_;
  dbt::RefIndex sources_;
  dbt::RefIndex functions_;
  dbt::RefIndex metrics_;
};

}  // namespace floe::runtime
