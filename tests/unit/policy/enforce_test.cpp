// SPDX-License-Identifier: Apache-2.0
// What the rules rest on, over hand-made projects; whole products are in tests/rules.
#include "policy/facts.h"
#include "policy/rule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

namespace floe::policy {
namespace {

using dbt::Node;
using dbt::ResourceType;

core::Platform medallion() {
  core::Platform platform;
  platform.name = "acme";
  platform.version = "1.2.3";
  platform.pattern = "medallion";
  platform.naming.enforcement = core::Enforcement::kStrict;
  const auto add = [&](const char* name, const char* prefix, std::vector<std::string> reads) {
    core::Layer layer;
    layer.name = name;
    layer.prefixes = {prefix};
    layer.may_depend_on = std::move(reads);
    platform.layers.push_back(layer);
  };
  add("bronze", "bronze_", {"source"});
  add("silver", "silver_", {"bronze", "silver"});
  add("gold", "gold_", {"silver", "gold"});
  return platform;
}

struct TestProject {
  dbt::Project project;
  diag::SourceMap sources;
  config::DataProduct product;

  TestProject() { project.name = "shop"; }

  Node& model(const std::string& name, std::vector<std::string> reads = {}) {
    auto node = std::make_unique<Node>();
    node->name = name;
    node->unique_id = "model.shop." + name;
    node->package_name = "shop";
    node->original_file_path = "models/" + name + ".sql";
    for (const std::string& parent : reads) {
      node->depends_on_nodes.push_back("model.shop." + parent);
      node->refs.push_back({parent, std::nullopt, {}, {}});
    }
    return *project.nodes.emplace("model.shop." + name, std::move(node)).first->second;
  }

  Node& test(const std::string& kind, const std::string& on, const std::string& column) {
    auto node = std::make_unique<Node>();
    node->type = ResourceType::kTest;
    node->unique_id = "test.shop." + kind + "_" + on + "_" + column;
    node->package_name = "shop";
    node->test_metadata = dbt::TestMetadata{kind, std::nullopt, value::Value::map()};
    node->column_name = column;
    node->attached_node = "model.shop." + on;
    const std::string id = node->unique_id;
    return *project.nodes.emplace(id, std::move(node)).first->second;
  }

  void column(Node& node, const std::string& name) {
    dbt::Column column;
    column.name = name;
    node.columns.emplace_back(name, column);
  }

  std::vector<std::string> codes(const core::Platform& platform) {
    diag::Sink sink;
    enforce(make_context(platform, product, project, sources), sink);
    std::vector<std::string> codes;
    for (const auto& finding : sink.sorted()) codes.push_back(finding.code);
    std::sort(codes.begin(), codes.end());
    return codes;
  }
};

TEST(Enforce, CleanProjectHasNoFindings) {
  TestProject shop;
  shop.model("bronze_orders");
  shop.model("silver_orders", {"bronze_orders"});
  shop.model("gold_orders", {"silver_orders"});
  EXPECT_TRUE(shop.codes(medallion()).empty());
}

TEST(Enforce, PrefixOfNoLayerSaysWhatToDo) {
  TestProject shop;
  shop.model("stg_payments");
  shop.model("silver_payments", {"stg_payments"});
  const core::Platform platform = medallion();
  diag::Sink sink;
  enforce(make_context(platform, shop.product, shop.project, shop.sources), sink);
  const auto findings = sink.sorted();
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].code, "N001");
  EXPECT_EQ(findings[0].message, "model 'stg_payments' has the prefix of no layer");
  EXPECT_EQ(findings[0].expected, "bronze_*, silver_*, or gold_* prefix");
  EXPECT_EQ(findings[0].help,
            "it reads no other model, so it belongs to bronze: rename it to 'bronze_payments' in 2 "
            "files");
}

TEST(Enforce, WarnAndOffAreThePlatformsChoice) {
  TestProject shop;
  shop.model("stg_payments");
  core::Platform platform = medallion();
  platform.naming.enforcement = core::Enforcement::kWarn;
  diag::Sink sink;
  enforce(make_context(platform, shop.product, shop.project, shop.sources), sink);
  EXPECT_EQ(sink.errors(), 0u);
  EXPECT_EQ(sink.warnings(), 1u);
  platform.naming.enforcement = core::Enforcement::kOff;
  EXPECT_TRUE(shop.codes(platform).empty());
}

TEST(Enforce, LayersAreNeitherSkippedNorReversed) {
  TestProject shop;
  shop.model("bronze_orders");
  shop.model("silver_orders", {"bronze_orders"});
  shop.model("gold_orders", {"bronze_orders"});
  EXPECT_EQ(shop.codes(medallion()), std::vector<std::string>{"A001"});
  shop.model("bronze_late", {"silver_orders"});
  EXPECT_EQ(shop.codes(medallion()), (std::vector<std::string>{"A001", "A001"}));
}

TEST(Enforce, UnlayeredNodesAreLookedThrough) {
  TestProject shop;
  shop.model("bronze_orders");
  Node& history = shop.model("history", {"bronze_orders"});
  history.type = ResourceType::kSnapshot;
  shop.model("gold_orders", {"history"});
  EXPECT_EQ(shop.codes(medallion()), std::vector<std::string>{"A001"});
}

TEST(Enforce, EndlessUnlayeredLoopsEnd) {
  TestProject shop;
  Node& a = shop.model("a", {"b"});
  Node& b = shop.model("b", {"a"});
  a.type = b.type = ResourceType::kSnapshot;
  shop.model("gold_x", {"a"});
  EXPECT_TRUE(shop.codes(medallion()).empty());
}

TEST(Coverage, CountsDeclaredAndTestedColumns) {
  TestProject shop;
  Node& model = shop.model("bronze_orders");
  shop.column(model, "id");
  shop.column(model, "amount");
  shop.test("unique", "bronze_orders", "ID");
  shop.test("not_null", "bronze_orders", "extra");
  const core::Platform platform = medallion();
  const Context context = make_context(platform, shop.product, shop.project, shop.sources);
  const ColumnCoverage coverage = column_coverage(context, model);
  EXPECT_EQ(coverage.covered, (std::vector<std::string>{"id", "extra"}));
  EXPECT_EQ(coverage.uncovered, std::vector<std::string>{"amount"});
}

TEST(Coverage, NothingKnownIsNotFullCoverage) {
  TestProject shop;
  Node& model = shop.model("bronze_orders");
  core::Platform platform = medallion();
  const Context context = make_context(platform, shop.product, shop.project, shop.sources);
  EXPECT_TRUE(column_coverage(context, model).columns_unknown);
  EXPECT_EQ(column_coverage(context, model).total(), 1u);
  platform.quality_gates.minimum_test_coverage = 1;
  EXPECT_EQ(shop.codes(platform), std::vector<std::string>{"Q001"});
}

TEST(Coverage, ExactlyTheMinimumIsEnough) {
  TestProject shop;
  Node& model = shop.model("bronze_orders");
  for (const char* name : {"a", "b", "c", "d", "e"}) shop.column(model, name);
  for (const char* name : {"a", "b", "c", "d"}) shop.test("not_null", "bronze_orders", name);
  core::Platform platform = medallion();
  platform.quality_gates.minimum_test_coverage = 80;
  EXPECT_TRUE(shop.codes(platform).empty());
  platform.quality_gates.minimum_test_coverage = 80.1;
  EXPECT_EQ(shop.codes(platform), std::vector<std::string>{"Q001"});
}

TEST(Coverage, PercentNeverRoundsUpToTheMinimum) {
  EXPECT_EQ(percent_text(79.97), "79.9 %");
  EXPECT_EQ(percent_text(80.0), "80 %");
  EXPECT_EQ(percent_text(percent(2, 3)), "66.6 %");
  EXPECT_EQ(percent_text(percent(0, 0)), "100 %");
}

TEST(RequiredTests, KeyNeedsBothTests) {
  TestProject shop;
  Node& model = shop.model("bronze_orders");
  model.meta.set("primary_key", "id");
  shop.test("not_null", "bronze_orders", "id");
  core::Platform platform = medallion();
  platform.quality_gates.required_tests = {"not_null_pk", "unique_pk"};
  EXPECT_EQ(shop.codes(platform), std::vector<std::string>{"Q003"});
  shop.test("unique", "bronze_orders", "id");
  EXPECT_TRUE(shop.codes(platform).empty());
}

TEST(RequiredTests, DemotedTestIsFound) {
  TestProject shop;
  shop.model("bronze_orders");
  shop.test("not_null", "bronze_orders", "id");
  shop.test("unique", "bronze_orders", "id").config.set("severity", "WARN");
  core::Platform platform = medallion();
  platform.quality_gates.required_tests = {"unique_pk"};
  EXPECT_EQ(shop.codes(platform), std::vector<std::string>{"Q005"});
}

TEST(Names, CasesAndPatterns) {
  EXPECT_TRUE(in_case("gold_daily_sales", "snake_case"));
  EXPECT_FALSE(in_case("gold_DailySales", "snake_case"));
  EXPECT_FALSE(in_case("gold__sales", "snake_case"));
  EXPECT_EQ(to_case("gold_DailySales", "snake_case"), "gold_daily_sales");
  EXPECT_EQ(to_case("daily_sales", "PascalCase"), "DailySales");
  EXPECT_EQ(to_case("daily_sales", "camelCase"), "dailySales");
  EXPECT_TRUE(pattern_matches("[a-z]+", "abc"));
  EXPECT_FALSE(pattern_matches("[a-z]+", "abc1"));
  // A pattern that explodes stops at its effort limit instead of hanging.
  EXPECT_FALSE(pattern_matches("(a+)+b", std::string(64, 'a')));
}

TEST(Names, PlaceholdersAreNoDocumentation) {
  for (const char* text : {"", "  ", "TODO", "tbd.", "N/A", "coming soon", "..."}) {
    EXPECT_FALSE(is_documentation(text)) << text;
  }
  EXPECT_TRUE(is_documentation("One row per order."));
}

TEST(Rules, CodesAreUniqueAndExplained) {
  std::vector<std::string_view> codes;
  for (const Rule* rule : all_rules()) {
    codes.push_back(rule->code);
    EXPECT_GT(rule->explain.size(), 100u) << rule->code;
    EXPECT_NE(rule->explain.find("Bad:"), std::string_view::npos) << rule->code;
    EXPECT_NE(rule->explain.find("Good:"), std::string_view::npos) << rule->code;
    EXPECT_EQ(find_rule(rule->code), rule);
    EXPECT_EQ(find_rule(rule->slug), rule);
  }
  std::sort(codes.begin(), codes.end());
  EXPECT_EQ(std::adjacent_find(codes.begin(), codes.end()), codes.end());
}

}  // namespace
}  // namespace floe::policy
