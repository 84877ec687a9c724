// SPDX-License-Identifier: Apache-2.0
#include "dbt/graph/graph.h"
#include "dbt/manifest/json_writer.h"
#include "dbt/manifest/read_manifest.h"
#include "dbt/manifest/write_manifest.h"
#include "unit/dbt/graph_support.h"
#include "value/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace floe::dbt {
namespace {

using graph_testing::make_shop;
using ::testing::HasSubstr;

TEST(JsonWriter, WritesWhatReadersRead) {
  Value tree = Value::map();
  tree.set("text", "quote \" back \\ line \n tab \t bell \x07 ä €");
  tree.set("whole", 3);
  tree.set("part", 0.1);
  tree.set("big", 1e300);
  tree.set("round", 2.0);
  tree.set("nothing", Value());
  tree.set("yes", true);
  Value list = Value::list();
  list.push(Value::map());
  list.push(Value::list());
  tree.set("list", list);
  JsonWriter json;
  json.value(tree);
  EXPECT_EQ(value::read_json(json.text()).value(), tree);
  EXPECT_THAT(json.text(), HasSubstr("\"round\": 2.0, "));
}

TEST(JsonWriter, EscapesWhereverTheSpecialCharacterStands) {
  // Around the bounds of words, pieces and the stage.
  for (const std::size_t size : {1U, 7U, 8U, 9U, 2047U, 2048U, 2049U, 16383U, 16384U, 40000U}) {
    for (const char special : {'\x01', '\x1f', '"', '\\', '\n', ' ', '\x7f', '\xc3'}) {
      for (const std::size_t at : {std::size_t{0}, size / 2, size - 1}) {
        std::string text(size, 'a');
        text[at] = special;
        if (special == '\xc3') text.replace(at, 1, "ä");
        JsonWriter json;
        json.begin_list();
        json.string(text);
        json.string(std::string(size, '"'));
        json.end_list();
        const value::Value read = value::read_json(json.text()).value();
        EXPECT_EQ(read.as_list()[0].as_string(), text);
        EXPECT_EQ(read.as_list()[1].as_string(), std::string(size, '"'));
      }
    }
  }
}

TEST(JsonWriter, EscapesInShortKeysAndTexts) {
  for (std::size_t size = 0; size <= 40; ++size) {
    for (std::size_t at = 0; at <= size; ++at) {  // at == size: nothing special
      for (const char special : {'\x01', '"', '\\'}) {
        std::string text(size, 'a');
        if (at < size) text[at] = special;
        Value tree = Value::map();
        tree.set("first", 1);
        tree.set(text, text);
        JsonWriter json;
        json.value(tree);
        EXPECT_EQ(value::read_json(json.text()).value(), tree) << json.text();
      }
    }
  }
}

TEST(JsonWriter, WritesWhatIsSharedEachTime) {
  const Value shared = Value::map({{"a", 1}, {"b", Value::list({"x", Value::map()})}});
  const Value other = shared;
  JsonWriter json;
  json.begin_object();
  for (const char* name : {"one", "two", "three", "four"}) json.shared_member(name, other);
  json.shared_member("none", Value::map());
  json.shared_member("null", Value());
  json.member("last", true);
  json.end_object();
  const Value read = value::read_json(json.text()).value();
  for (const char* name : {"one", "two", "three", "four"}) EXPECT_EQ(*read.find(name), shared);
  EXPECT_TRUE(json.text().ends_with(R"(, "none": {}, "null": null, "last": true})")) << json.text();
}

TEST(JsonWriter, HandsOnPieceByPieceWhatItWouldKeep) {
  const Value shared = Value::map({{"key", "value"}});
  const auto write = [&](JsonWriter& json) {
    json.begin_list();
    for (int i = 0; i < 3000; ++i) {
      json.string(std::string(static_cast<std::size_t>(i % 40), i % 7 == 0 ? '"' : 'x'));
      json.begin_object();
      json.shared_member("shared", shared);
      json.end_object();
    }
    json.string(std::string(50000, 'y'));
    json.end_list();
    json.flush();
  };
  JsonWriter kept;
  write(kept);
  std::string pieces;
  JsonWriter handed([&](std::string_view piece) { pieces += piece; });
  write(handed);
  EXPECT_EQ(handed.size(), pieces.size());
  EXPECT_TRUE(pieces == kept.text());
}

TEST(JsonWriter, WritesTimestampsAsPythonDoes) {
  JsonWriter json;
  json.begin_list();
  json.value(Value::timestamp("2026-01-31"));
  json.value(Value::timestamp("2026-01-31 12:00:00"));
  json.value(Value::timestamp("2026-01-31T12:00:00Z"));
  json.end_list();
  EXPECT_EQ(json.text(), R"(["2026-01-31", "2026-01-31T12:00:00", "2026-01-31T12:00:00+00:00"])");
}

TEST(Manifest, IsAFixedPointOfWritingAndReading) {
  Project shop = make_shop();
  Node& orders = *shop.nodes["model.shop.orders"];
  orders.compiled = true;
  orders.compiled_code = "select 1";
  orders.extra_ctes = {{"model.shop.stg_items", " __dbt__cte__stg_items as (select 1)"}};
  orders.refs = {{"stg_orders", "shop", Value(), {}}, {"dim", std::nullopt, Value(2), {}}};
  orders.sources = {{"stripe", "payments", {}}};
  Column column;
  column.name = "id";
  column.quote = true;
  orders.columns.emplace_back("id", column);
  ManifestOptions options;
  options.info.generated_at = "2026-01-31T12:00:00.000000Z";
  options.info.invocation_id = "id";
  options.info.env = {{"TEAM", "data"}};
  const std::string first = manifest_json(shop, make_graph_maps(shop), options);
  const Project again = read_manifest(first).value();
  EXPECT_TRUE(manifest_json(again, make_graph_maps(again), options) == first);
  EXPECT_THAT(first, HasSubstr(R"("env": {"TEAM": "data"})"));
  EXPECT_THAT(first, HasSubstr(R"("project_id": ")"));
}

TEST(Manifest, RefusesOtherFiles) {
  EXPECT_FALSE(read_manifest("{}").has_value());
  EXPECT_FALSE(read_manifest("[1").has_value());
  const Result<Project> old = read_manifest(
      R"({"metadata": {"dbt_schema_version": "https://x/dbt/manifest/v9.json"}, "nodes": {}})");
  ASSERT_FALSE(old.has_value());
  EXPECT_THAT(old.error().message, HasSubstr("v9"));
}

TEST(Companions, AreJson) {
  const Project shop = make_shop();
  EXPECT_TRUE(value::read_json(graph_summary_json(Graph(shop), "id")).has_value());
  EXPECT_TRUE(value::read_json(semantic_manifest_json(shop)).has_value());
}

TEST(Companions, ATimeSpineByNameIsConfigured) {
  Project project;
  auto spine = std::make_unique<Node>();
  spine->unique_id = "model.shop.metricflow_time_spine";
  spine->name = "metricflow_time_spine";
  spine->relation_name = "main.metricflow_time_spine";
  project.nodes.emplace(spine->unique_id, std::move(spine));
  const auto configured = [&] {
    const Value all = value::read_json(semantic_manifest_json(project)).value();
    return *all.find_path("project_configuration.time_spine_table_configurations");
  };
  EXPECT_TRUE(configured().as_list().empty());
  project.semantic_models.emplace("semantic_model.shop.orders", std::make_unique<Resource>());
  ASSERT_EQ(configured().as_list().size(), 1u);
  EXPECT_EQ(configured().as_list()[0].find("location")->as_string(), "main.metricflow_time_spine");
}

TEST(Companions, PerfInfoCountsFiles) {
  Project project;
  auto node = std::make_unique<Node>();
  node->package_name = "shop";
  node->original_file_path = "models/a.sql";
  project.nodes.emplace("model.shop.a", std::move(node));
  const Value info = value::read_json(perf_info_json(project, 0.5)).value();
  EXPECT_EQ(info.find("path_count")->as_int(), 1);
  EXPECT_EQ(info.find("projects")->as_list()[0].find("project_name")->as_string(), "shop");
}

}  // namespace
}  // namespace floe::dbt
