// SPDX-License-Identifier: Apache-2.0
#include "dbt/manifest/agreement.h"

#include "value/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace floe::dbt {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class AgreementTest : public testing::Test {
 protected:
  void SetUp() override {
    auto node = std::make_unique<Node>();
    node->unique_id = "model.shop.orders";
    node->database = "dev";
    node->schema = "main";
    node->alias = "orders";
    node->access = "protected";
    node->depends_on_nodes = {"source.shop.raw.orders", "model.shop.stg"};
    node->config.set("materialized", "table");
    node->config.set("tags", Value::list({Value("a"), Value("b")}));
    project_.nodes.emplace(node->unique_id, std::move(node));
  }
  /// dbt's manifest with this model, `changes` put over what agrees.
  Value manifest(const std::string& changes = "{}", const std::string& extra = "") {
    const std::string text = R"({"nodes": {"model.shop.orders": {"database": "dev",
      "schema": "main", "alias": "orders",
      "config": {"materialized": "table", "tags": ["b", "a"], "access": "protected"},
      "depends_on": {"nodes": ["model.shop.stg", "source.shop.raw.orders"]}})" +
                             extra + R"(}, "sources": {}, "unit_tests": {}})";
    Value all = *value::read_json(text);
    const Value changed = *value::read_json(changes);
    Value* nodes = all.edit("nodes");
    Value* model = nodes->edit("model.shop.orders");
    for (const value::Member& member : changed.as_map()) model->set(member.key, member.value);
    return all;
  }

  Project project_;
};

TEST_F(AgreementTest, OrderDoesNotMatter) {
  EXPECT_THAT(manifest_disagreements(project_, manifest(), {}), IsEmpty());
}

TEST_F(AgreementTest, WhatDiffersIsNamed) {
  EXPECT_THAT(manifest_disagreements(project_, manifest(R"({"schema": "prod"})"), {}),
              ElementsAre("model.shop.orders: schema is 'main', dbt says 'prod'"));
  EXPECT_THAT(manifest_disagreements(
                  project_, manifest(R"({"depends_on": {"nodes": ["model.shop.stg"]}})"), {}),
              ElementsAre("model.shop.orders: dependencies is 'model.shop.stg, "
                          "source.shop.raw.orders', dbt says 'model.shop.stg'"));
}

TEST_F(AgreementTest, OtherAdaptersNameDatabasesTheirOwnWay) {
  const Value theirs = manifest(R"({"database": null})");
  EXPECT_EQ(manifest_disagreements(project_, theirs, {}).size(), 1u);
  project_.adapter_type = "spark";
  EXPECT_THAT(manifest_disagreements(project_, theirs, {}), IsEmpty());
}

TEST_F(AgreementTest, NodesOnOneSideOnly) {
  auto gate = std::make_unique<Node>();
  gate->type = ResourceType::kTest;
  gate->unique_id = "test.shop.gate_volume";
  project_.nodes.emplace(gate->unique_id, std::move(gate));
  const Value theirs = manifest("{}", R"(, "seed.shop.extra": {}, "operation.shop.hook": {})");
  EXPECT_THAT(manifest_disagreements(project_, theirs, {}),
              ElementsAre("seed.shop.extra: only dbt has it",
                          "test.shop.gate_volume: dbt does not have it"));
  EXPECT_THAT(manifest_disagreements(project_, theirs, {"test.shop.gate_volume"}),
              ElementsAre("seed.shop.extra: only dbt has it"));
}

}  // namespace
}  // namespace floe::dbt
