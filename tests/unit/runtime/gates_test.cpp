// SPDX-License-Identifier: Apache-2.0
#include "runtime/gates.h"

#include "runtime/gate_checks.h"
#include "value/yaml.h"

#include <gtest/gtest.h>

namespace floe::runtime {
namespace {

using value::Value;

Value yaml(const std::string& text) {
  static diag::SourceMap sources;
  diag::Sink sink;
  Value value = value::read_yaml(sources.add("test.yaml", text), {}, sink);
  EXPECT_FALSE(sink.has_errors()) << text;
  return value;
}

std::string check_sql(const std::string& text) {
  diag::Sink sink;
  const auto check = read_gate_check(yaml(text), "g", sink);
  return check ? check->sql : "refused: " + sink.sorted().at(0).message;
}

TEST(GateChecks, BecomeSqlThatReturnsViolations) {
  EXPECT_EQ(
      check_sql("{type: row_count, min: 1}"),
      "select row_count from (select count(*) as row_count from {model}) where row_count < 1");
  EXPECT_EQ(check_sql("{row_count: {min: 1, max: 9}}"),
            "select row_count from (select count(*) as row_count from {model}) where row_count < 1 "
            "or row_count > 9");
  EXPECT_EQ(check_sql("{type: accepted_range, column: price, min: 0.5}"),
            "select \"price\" from {model} where \"price\" < 0.5");
  EXPECT_EQ(check_sql("{type: unique, columns: [a, b]}"),
            "select \"a\", \"b\", count(*) as occurrences from {model} where \"a\" is not null and "
            "\"b\" is not null group by \"a\", \"b\" having count(*) > 1");
  EXPECT_NE(check_sql("{type: freshness, column: at, max_age: 1h30m}").find("> 5400"),
            std::string::npos);
  EXPECT_EQ(check_sql("{type: sql, sql: 'select 1 where false;'}"), "select 1 where false");
}

TEST(GateChecks, QuoteColumnNames) {
  EXPECT_EQ(
      check_sql("{type: accepted_range, column: 'a\"; drop table x; --', min: 0}"),
      "select \"a\"\"; drop table x; --\" from {model} where \"a\"\"; drop table x; --\" < 0");
}

TEST(GateChecks, RefuseWhatTheyDoNotKnow) {
  EXPECT_EQ(check_sql("{type: row_cuont, min: 1}"),
            "refused: gate 'g': there is no check 'row_cuont'");
  EXPECT_EQ(check_sql("{type: row_count}"),
            "refused: gate 'g', check row_count: it needs 'min' or 'max'");
  EXPECT_EQ(check_sql("{type: row_count, min: 3, max: 2}"),
            "refused: gate 'g', check row_count: 'min' is above 'max'");
  EXPECT_EQ(check_sql("{type: row_count, min: 1, mn: 3}"),
            "refused: gate 'g', check row_count: there is no setting 'mn'");
  EXPECT_EQ(check_sql("{type: null_percentage, column: a, max: 101}"),
            "refused: gate 'g', check null_percentage: 'max' must be a percentage");
  EXPECT_EQ(check_sql("{type: sql, sql: ' ; '}"),
            "refused: gate 'g', check sql: its query is empty");
  EXPECT_EQ(check_sql("row_count"), "refused: gate 'g': a check is a mapping with its type");
}

TEST(GateChecks, Ages) {
  EXPECT_EQ(parse_age("24h"), 86400);
  EXPECT_EQ(parse_age("1h30m"), 5400);
  EXPECT_EQ(parse_age("500ms"), 0.5);
  EXPECT_EQ(parse_age("P1DT12H"), 129600);
  EXPECT_EQ(parse_age("PT5M"), 300);
  EXPECT_FALSE(parse_age("24"));
  EXPECT_FALSE(parse_age("h"));
  EXPECT_FALSE(parse_age(""));
  EXPECT_FALSE(parse_age("0s"));
}

/// A project with one model, a test of it, and a gate.
struct GateFixture {
  GateFixture() {
    project.name = "shop";
    auto model = std::make_unique<dbt::Node>();
    model->unique_id = "model.shop.gold_orders";
    model->name = "gold_orders";
    model->package_name = "shop";
    model->schema = "main";
    model->tags = {"daily"};
    model->config.set("materialized", "table");
    auto test = std::make_unique<dbt::Node>();
    test->type = dbt::ResourceType::kTest;
    test->unique_id = kTest;
    test->name = "not_null";
    test->package_name = "shop";
    test->config.set("severity", "ERROR");
    test->depends_on_nodes = {model->unique_id};
    project.nodes.emplace(model->unique_id, std::move(model));
    project.nodes.emplace(kTest, std::move(test));
    core::Layer gold;
    gold.name = "gold";
    gold.prefixes = {"gold_"};
    platform.layers.push_back(gold);
  }

  void platform_says(core::GateAction action, bool block) {
    platform.quality_gates.on_failure = action;
    platform.quality_gates.block_on_failure = block;
    platform.provenance["governance.quality_gates.on_failure"] = {"p", "manifest.yaml:1:1"};
  }

  void add_gate(const std::string& scope, const std::string& on_failure) {
    config::Gate gate;
    gate.name = "Volume of orders";
    gate.scope = yaml(scope);
    gate.checks = yaml("[{type: row_count, min: 1}]");
    gate.on_failure = on_failure;
    product.gates.push_back(gate);
  }

  GatePlan plan() { return plan_gates(platform, product, project, sink); }
  std::string severity() const {
    return project.find_node(kTest)->config.find("severity")->as_string();
  }

  static constexpr const char* kTest = "test.shop.not_null";
  core::Platform platform;
  config::DataProduct product;
  dbt::Project project;
  diag::Sink sink;
};

TEST(Gates, WithoutAWordOfThePlatformTestsAreWhatTheyAreForDbt) {
  GateFixture fixture;
  EXPECT_TRUE(fixture.plan().effects.at(GateFixture::kTest).block);
  EXPECT_EQ(fixture.severity(), "ERROR");
}

TEST(Gates, WarnTurnsFailuresIntoWarnings) {
  GateFixture fixture;
  fixture.platform_says(core::GateAction::kWarn, false);
  const GatePlan plan = fixture.plan();
  EXPECT_FALSE(plan.effects.at(GateFixture::kTest).block);
  EXPECT_EQ(fixture.severity(), "warn");
}

TEST(Gates, BlockOnFailureBlocksWhateverElseIsSaid) {
  GateFixture fixture;
  fixture.platform_says(core::GateAction::kNotify, true);
  const GatePlan plan = fixture.plan();
  EXPECT_TRUE(plan.effects.at(GateFixture::kTest).block);
  EXPECT_TRUE(plan.effects.at(GateFixture::kTest).notify);
  EXPECT_EQ(fixture.severity(), "ERROR");
}

TEST(Gates, ProductsTightenAndNeverLoosen) {
  GateFixture loose;
  loose.platform_says(core::GateAction::kWarn, false);
  loose.add_gate("{layer: gold}", "block");
  EXPECT_TRUE(loose.plan().effects.at(GateFixture::kTest).block);
  EXPECT_EQ(loose.severity(), "ERROR");
  GateFixture strict;
  strict.platform_says(core::GateAction::kBlock, false);
  strict.add_gate("{layer: gold}", "warn");
  const GatePlan plan = strict.plan();
  for (const auto& [id, effect] : plan.effects) EXPECT_TRUE(effect.block) << id;
  GateFixture tightened;
  tightened.platform_says(core::GateAction::kWarn, false);
  tightened.product.tightenings = yaml("{governance: {quality_gates: {on_failure: block}}}");
  EXPECT_TRUE(tightened.plan().effects.at(GateFixture::kTest).block);
}

TEST(Gates, ChecksBecomeTestsOfTheModelsInScope) {
  GateFixture fixture;
  fixture.add_gate("{layer: gold, tags: [daily], models: ['gold_*']}", "");
  const GatePlan plan = fixture.plan();
  ASSERT_EQ(plan.gate_tests.size(), 1u);
  const auto& [id, description] = *plan.gate_tests.begin();
  EXPECT_EQ(description, "Volume of orders: row_count at least 1");
  const dbt::Node* test = fixture.project.find_node(id);
  ASSERT_NE(test, nullptr);
  EXPECT_TRUE(id.starts_with("test.shop.gate_volume_of_orders_row_count_gold_orders_")) << id;
  EXPECT_NE(test->raw_code.find("{{ ref('shop', 'gold_orders') }}"), std::string::npos);
  EXPECT_EQ(test->depends_on_nodes, std::vector<std::string>{"model.shop.gold_orders"});
}

TEST(Gates, ScopesHaveToAgree) {
  for (const char* scope : {"{layer: silver}", "{tags: [weekly]}", "{models: [silver_*]}",
                            "{layer: gold, tags: [weekly]}"}) {
    GateFixture fixture;
    fixture.add_gate(scope, "");
    EXPECT_TRUE(fixture.plan().gate_tests.empty()) << scope;
  }
}

}  // namespace
}  // namespace floe::runtime
