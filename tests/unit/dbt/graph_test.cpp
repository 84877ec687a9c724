// SPDX-License-Identifier: Apache-2.0
#include "dbt/graph/graph.h"

#include "unit/dbt/graph_support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

namespace floe::dbt {
namespace {

using graph_testing::add_node;
using graph_testing::add_source;
using graph_testing::make_shop;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> ids(const Graph& graph, const NodeSet& set) {
  std::vector<std::string> result;
  for (const std::uint32_t i : set.members()) result.push_back(graph.member(i).unique_id());
  return result;
}

NodeSet one(const Graph& graph, std::string_view id) {
  NodeSet set = graph.none();
  set.add(*graph.find(id));
  return set;
}

TEST(GraphMaps, ListsEveryMemberWithSortedEntries) {
  const Project project = make_shop();
  const GraphMaps maps = make_graph_maps(project);
  EXPECT_THAT(
      maps.parents.at("model.shop.orders"),
      ElementsAre("model.shop.stg_items", "model.shop.stg_orders", "model.shop.stg_payments"));
  EXPECT_THAT(maps.children.at("source.shop.stripe.payments"),
              ElementsAre("model.shop.stg_payments"));
  EXPECT_THAT(maps.parents.at("source.shop.stripe.payments"), IsEmpty());
  EXPECT_EQ(maps.parents.size(), 13U);
  EXPECT_EQ(maps.children.size(), 13U);
}

TEST(GraphMaps, KeepsUnknownParentsOutOfChildren) {
  Project project;
  add_node(project, "model.p.a", {"model.p.gone"});
  const GraphMaps maps = make_graph_maps(project);
  EXPECT_THAT(maps.parents.at("model.p.a"), ElementsAre("model.p.gone"));
  EXPECT_FALSE(maps.children.contains("model.p.gone"));
}

TEST(Graph, WalksWithinADepth) {
  const Project project = make_shop();
  const Graph graph(project);
  const NodeSet orders = one(graph, "model.shop.orders");
  EXPECT_THAT(
      ids(graph, graph.ancestors(orders, 1)),
      ElementsAre("model.shop.stg_items", "model.shop.stg_orders", "model.shop.stg_payments"));
  EXPECT_EQ(graph.ancestors(orders).count(), 6U);
  EXPECT_TRUE(graph.ancestors(orders, 0).empty());
  EXPECT_THAT(ids(graph, graph.descendants(orders)),
              ElementsAre("exposure.shop.board", "model.shop.dim.v2", "test.shop.relationships",
                          "test.shop.unique_orders_id", "unit_test.shop.orders.sums"));
}

TEST(Graph, OrdersParentsFirstAndFindsCycles) {
  Project project = make_shop();
  {
    const Graph graph(project);
    EXPECT_EQ(graph.topological_order().size(), graph.size());
    EXPECT_THAT(graph.find_cycle(), IsEmpty());
  }
  project.nodes["model.shop.stg_orders"]->depends_on_nodes.push_back("model.shop.dim.v2");
  const Graph graph(project);
  std::vector<std::string> cycle;
  for (const std::uint32_t i : graph.find_cycle()) cycle.push_back(graph.member(i).unique_id());
  EXPECT_EQ(
      std::set<std::string>(cycle.begin(), cycle.end()),
      (std::set<std::string>{"model.shop.stg_orders", "model.shop.orders", "model.shop.dim.v2"}));
}

TEST(Graph, LeavesDisabledNodesOut) {
  Project project = make_shop();
  project.nodes["test.shop.singular"]->config.set("enabled", false);
  const Graph graph(project);
  EXPECT_FALSE(graph.find("test.shop.singular").has_value());
  EXPECT_TRUE(make_graph_maps(project).parents.contains("test.shop.singular"));
}

TEST(Graph, FindsASelfReference) {
  Project project;
  add_node(project, "model.p.a", {"model.p.a"});
  EXPECT_EQ(Graph(project).find_cycle().size(), 1U);
}

/// A random DAG of models with tests over one to three of them.
Project random_project(std::mt19937& random) {
  Project project;
  std::uniform_int_distribution<int> model_count(1, 12);
  const int models = model_count(random);
  const auto id_of = [](int i) { return "model.p.m" + std::to_string(i); };
  for (int i = 0; i < models; ++i) {
    std::vector<std::string> parents;
    for (int j = 0; j < i; ++j) {
      if (random() % 4 == 0) parents.push_back(id_of(j));
    }
    add_node(project, id_of(i), parents);
  }
  for (int t = 0; t < 6; ++t) {
    std::set<std::string> parents;
    for (unsigned p = 0; p <= random() % 3; ++p) {
      parents.insert(id_of(static_cast<int>(random() % static_cast<unsigned>(models))));
    }
    add_node(project, "test.p.t" + std::to_string(t), {parents.begin(), parents.end()});
  }
  return project;
}

/// Which nodes each test holds back, directly or through others, by extra edges.
std::set<std::pair<std::uint32_t, std::uint32_t>> held_back(
    const Graph& graph, const std::vector<std::pair<std::uint32_t, std::uint32_t>>& edges) {
  std::set<std::pair<std::uint32_t, std::uint32_t>> result;
  for (const auto& [test, node] : edges) {
    NodeSet from = graph.none();
    from.add(node);
    result.emplace(test, node);
    for (const std::uint32_t below : graph.descendants(from).members()) {
      if (graph.member(below).type == ResourceType::kModel) result.emplace(test, below);
    }
  }
  return result;
}

TEST(TestEdges, HoldBackExactlyWhatTheDefinitionSays) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    const Project project = random_project(random);
    const Graph graph(project);
    std::vector<std::pair<std::uint32_t, std::uint32_t>> defined;
    for (std::uint32_t test = 0; test < graph.size(); ++test) {
      if (graph.member(test).type != ResourceType::kTest) continue;
      for (std::uint32_t node = 0; node < graph.size(); ++node) {
        if (graph.member(node).type != ResourceType::kModel) continue;
        NodeSet set = graph.none();
        set.add(node);
        const NodeSet above = graph.ancestors(set);
        bool all = true;
        for (const std::uint32_t parent : graph.parents(test)) all = all && above.contains(parent);
        if (all) defined.emplace_back(test, node);
      }
    }
    EXPECT_EQ(held_back(graph, test_edges(graph)), held_back(graph, defined)) << "round " << round;
  }
}

TEST(NodeSet, IsASet) {
  NodeSet a(130);
  NodeSet b(130);
  a.add(0);
  a.add(64);
  a.add(129);
  b.add(64);
  EXPECT_EQ(a.count(), 3U);
  EXPECT_THAT(a.members(), ElementsAre(0, 64, 129));
  NodeSet both = a;
  both &= b;
  EXPECT_THAT(both.members(), ElementsAre(64));
  a -= b;
  EXPECT_THAT(a.members(), ElementsAre(0, 129));
  a |= b;
  EXPECT_EQ(a.count(), 3U);
  a.remove(0);
  EXPECT_FALSE(a.contains(0));
  EXPECT_FALSE(a.empty());
  EXPECT_TRUE(NodeSet(5).empty());
}

}  // namespace
}  // namespace floe::dbt
