// SPDX-License-Identifier: Apache-2.0
#include "runtime/refs.h"

#include "dbt/context/convert.h"
#include "dbt/project/property_shapes.h"

namespace floe::runtime {

namespace {

std::string version_text(const dbt::Value& version) {
  return version.is_null() ? std::string() : dbt::python_str(version);
}

}  // namespace

RefFinder::RefFinder(const dbt::Project& project, bool node_package_first)
    : project_(project), node_package_first_(node_package_first) {
  for (const auto& [id, node] : project.nodes) {
    if (!node->is_refable()) continue;
    const std::string version = version_text(node->version);
    if (version.empty()) {
      nodes_.add(node->name, node->package_name, id);
      continue;
    }
    nodes_.add(node->name + ".v" + version, node->package_name, id);
    if (dbt::same_version(node->version, node->latest_version)) {
      nodes_.add(node->name, node->package_name, id);
    }
  }
  for (const auto& [id, source] : project.sources) {
    sources_.add(source->source_name + "." + source->name, source->package_name, id);
  }
  for (const auto& [id, function] : project.functions) {
    functions_.add(function->name, function->package_name, id);
  }
  for (const auto& [id, metric] : project.metrics) {
    metrics_.add(metric->name, metric->package_name, id);
  }
}

dbt::Node* RefFinder::find_node(const std::string& node_package, const std::string& name,
                                const std::optional<std::string>& package,
                                const std::string& version) const {
  const std::string key = version.empty() ? name : name + ".v" + version;
  for (const auto& each :
       dbt::packages_to_search(project_.name, node_package, package, node_package_first_)) {
    const std::string id = nodes_.first(key, each);
    if (id.empty()) continue;
    const auto at = project_.nodes.find(id);
    if (at != project_.nodes.end()) return at->second.get();
  }
  return nullptr;
}

const dbt::SourceNode* RefFinder::find_source(const std::string& node_package,
                                              const std::string& source_name,
                                              const std::string& table_name) const {
  const std::string key = source_name + "." + table_name;
  for (const auto& each :
       dbt::packages_to_search(project_.name, node_package, std::nullopt, node_package_first_)) {
    const std::string id = sources_.first(key, each);
    if (id.empty()) continue;
    const auto at = project_.sources.find(id);
    if (at != project_.sources.end()) return at->second.get();
  }
  return nullptr;
}

const dbt::Node* RefFinder::find_function(const std::string& node_package,
                                          const std::vector<std::string>& called) const {
  const std::optional<std::string> package =
      called.size() == 2 ? std::optional(called.front()) : std::nullopt;
  for (const auto& each :
       dbt::packages_to_search(project_.name, node_package, package, node_package_first_)) {
    const auto at = project_.functions.find(functions_.first(called.back(), each));
    if (at == project_.functions.end()) continue;
    const dbt::Value* enabled = at->second->config_value("enabled");
    if (enabled == nullptr || !enabled->is_bool() || enabled->as_bool()) return at->second.get();
  }
  return nullptr;
}

const dbt::Resource* RefFinder::find_metric(const std::string& node_package,
                                            const std::vector<std::string>& called) const {
  const std::optional<std::string> package =
      called.size() == 2 ? std::optional(called.front()) : std::nullopt;
  for (const auto& each :
       dbt::packages_to_search(project_.name, node_package, package, node_package_first_)) {
    const auto at = project_.metrics.find(metrics_.first(called.back(), each));
    if (at != project_.metrics.end()) return at->second.get();
  }
  return nullptr;
}

}  // namespace floe::runtime
