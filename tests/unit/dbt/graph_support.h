// SPDX-License-Identifier: Apache-2.0
// Small projects made by hand for the tests of graph, selection and manifest.
#pragma once

#include "dbt/project/model.h"

#include <memory>
#include <string>
#include <vector>

namespace floe::dbt::graph_testing {

/// Adds a node named by the last part of its id ("model.shop.orders").
inline Node& add_node(Project& project, const std::string& id,
                      std::vector<std::string> parents = {}) {
  auto node = std::make_unique<Node>();
  node->unique_id = id;
  const std::string type = id.substr(0, id.find('.'));
  const std::size_t dot = id.find('.', type.size() + 1);
  node->package_name = id.substr(type.size() + 1, dot - type.size() - 1);
  node->name = id.substr(dot + 1);
  node->type = type == "seed"       ? ResourceType::kSeed
               : type == "snapshot" ? ResourceType::kSnapshot
               : type == "test"     ? ResourceType::kTest
                                    : ResourceType::kModel;
  node->alias = node->name;
  node->schema = "main";
  node->database = "dev";
  node->fqn = {node->package_name, node->name};
  node->path = node->name + ".sql";
  node->original_file_path = "models/" + node->name + ".sql";
  node->raw_code = "select 1";
  node->depends_on_nodes = std::move(parents);
  node->config.set("materialized", type == "test" ? "test" : "view");
  Node& added = *node;
  project.nodes[id] = std::move(node);
  return added;
}

inline SourceNode& add_source(Project& project, const std::string& package,
                              const std::string& source_name, const std::string& table) {
  auto source = std::make_unique<SourceNode>();
  source->unique_id = "source." + package + "." + source_name + "." + table;
  source->package_name = package;
  source->source_name = source_name;
  source->name = table;
  source->fqn = {package, source_name, table};
  source->original_file_path = "models/sources.yml";
  SourceNode& added = *source;
  project.sources[added.unique_id] = std::move(source);
  return added;
}

inline Resource& add_resource(Project& project, ResourceType type, const std::string& id,
                              std::vector<std::string> parents = {}) {
  auto resource = std::make_unique<Resource>();
  resource->type = type;
  resource->unique_id = id;
  const std::size_t first = id.find('.');
  const std::size_t second = id.find('.', first + 1);
  resource->package_name = id.substr(first + 1, second - first - 1);
  resource->name = id.substr(second + 1);
  resource->fqn = {resource->package_name, resource->name};
  resource->original_file_path = "models/other.yml";
  resource->depends_on_nodes = std::move(parents);
  const std::pair<const char*, std::string> texts[] = {
      {"name", resource->name},
      {"resource_type", id.substr(0, first)},
      {"package_name", resource->package_name},
      {"original_file_path", resource->original_file_path},
      {"unique_id", id}};
  for (const auto& [key, text] : texts) resource->data.set(key, text);
  const auto list_of = [](const std::vector<std::string>& items) {
    Value list = Value::list();
    for (const std::string& item : items) list.push(item);
    return list;
  };
  resource->data.set("fqn", list_of(resource->fqn));
  Value depends_on = Value::map();
  depends_on.set("macros", Value::list());
  depends_on.set("nodes", list_of(resource->depends_on_nodes));
  resource->data.set("depends_on", std::move(depends_on));
  Resource& added = *resource;
  auto& section = type == ResourceType::kExposure   ? project.exposures
                  : type == ResourceType::kUnitTest ? project.unit_tests
                                                    : project.metrics;
  section[id] = std::move(resource);
  return added;
}

/// A shop: two seeds, staging, a mart, tests, an exposure, a unit test, a versioned model.
inline Project make_shop() {
  Project project;
  project.name = "shop";
  project.root = "/nowhere";
  add_node(project, "seed.shop.raw_orders");
  add_node(project, "seed.shop.raw_items").tags = {"nightly"};
  add_source(project, "shop", "stripe", "payments").tags = {"nightly", "pii"};
  Node& orders = add_node(project, "model.shop.stg_orders", {"seed.shop.raw_orders"});
  orders.fqn = {"shop", "staging", "stg_orders"};
  orders.original_file_path = "models/staging/stg_orders.sql";
  orders.tags = {"nightly"};
  Node& items = add_node(project, "model.shop.stg_items", {"seed.shop.raw_items"});
  items.fqn = {"shop", "staging", "stg_items"};
  items.config.set("materialized", "ephemeral");
  Node& payments = add_node(project, "model.shop.stg_payments", {"source.shop.stripe.payments"});
  payments.access = "private";
  payments.config.set("group", "finance");
  Node& mart =
      add_node(project, "model.shop.orders",
               {"model.shop.stg_orders", "model.shop.stg_items", "model.shop.stg_payments"});
  mart.config.set("materialized", "table");
  mart.config.set("severity_like", "Warn");
  Value meta = Value::map();
  meta.set("owner", "sales");
  mart.config.set("meta", std::move(meta));
  Node& dim = add_node(project, "model.shop.dim.v2", {"model.shop.orders"});
  dim.name = "dim";
  dim.fqn = {"shop", "dim", "v2"};
  dim.version = Value(2);
  dim.latest_version = Value(2);
  Node& unique = add_node(project, "test.shop.unique_orders_id", {"model.shop.orders"});
  unique.test_metadata = TestMetadata{"unique", {}, Value::map()};
  unique.config.set("severity", "ERROR");
  Node& relation =
      add_node(project, "test.shop.relationships", {"model.shop.orders", "model.shop.stg_orders"});
  relation.test_metadata = TestMetadata{"relationships", {}, Value::map()};
  add_node(project, "test.shop.singular", {"model.shop.stg_payments"});
  add_resource(project, ResourceType::kExposure, "exposure.shop.board", {"model.shop.orders"});
  add_resource(project, ResourceType::kUnitTest, "unit_test.shop.orders.sums",
               {"model.shop.orders"});
  return project;
}

}  // namespace floe::dbt::graph_testing
