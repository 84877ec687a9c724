// SPDX-License-Identifier: Apache-2.0
// The `graph` variable while nodes run: what is in the manifest, as it is now.
#pragma once

#include "dbt/jinja/value.h"
#include "dbt/project/model.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace floe::runtime {

/// A node in its manifest form.
std::string node_json(const dbt::Node& node);

/// The nodes and functions of a run as JSON. Each thread changes the node it runs; what others see
/// of it is what it published last.
class PublishedNodes {
 public:
  using Text = std::shared_ptr<const std::string>;

  /// Takes all nodes, before any runs. Without this nothing is kept, and publish() does nothing.
  void open(const dbt::Project& project);
  /// Called by the thread that runs the node, when something of it has changed.
  void publish(const dbt::Node& node);
  /// Null: there is no such node, or nothing is kept.
  Text find(const std::string& unique_id) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Text> texts_;
};

/// The ids of a project's nodes (or functions) in the order in which dbt reads them: of each
/// package models, snapshots, …; generic tests last. Where dbt takes files as the disk gives them,
/// they are in order of their names.
std::vector<std::string> ids_as_read(const std::map<std::string, std::unique_ptr<dbt::Node>>& nodes,
                                     const std::vector<std::string>& packages);

/// One of the mappings of `graph`: what `get` makes of an id is made at each access, as in dbt.
jinja::Value graph_mapping(std::vector<std::string> ids,
                           std::function<jinja::Value(const std::string&)> get);

/// A resource of `graph` for a template to change: dbt makes it anew at each access, except what
/// it takes over as it is, the values of keys that it does not know.
jinja::Value graph_copy(const jinja::Value& resource, dbt::ResourceType type);

}  // namespace floe::runtime
