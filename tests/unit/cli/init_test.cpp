// SPDX-License-Identifier: Apache-2.0
#include "cli/init/example.h"
#include "cli/init/product_files.h"
#include "core/config/data_product.h"
#include "core/platform/patterns.h"
#include "value/yaml.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace floe::cli {
namespace {

core::Platform platform_of(const std::string& pattern) {
  core::Platform platform;
  platform.name = "acme";
  platform.version = "1.2.3";
  platform.pattern = pattern;
  platform.layers = core::pattern_layers(pattern);
  return platform;
}

const ExampleModel* find_model(const Example& example, std::string_view name) {
  for (const ExampleModel& model : example.models) {
    if (model.name == name) return &model;
  }
  return nullptr;
}

TEST(Init, MakesANameOfAnyFolder) {
  EXPECT_EQ(product_name("customer-analytics"), "customer-analytics");
  EXPECT_EQ(product_name("Customer Analytics!"), "customer-analytics");
  EXPECT_EQ(product_name("__x__y"), "x-y");
  EXPECT_EQ(product_name("日本"), "data-product");
  EXPECT_EQ(product_name(""), "data-product");
  EXPECT_EQ(product_name(std::string(100, 'a')).size(), 63u);
}

TEST(Init, FloeYamlIsValid) {
  diag::SourceMap sources;
  diag::Sink sink;
  const ProductFile file = product_yaml("sales", "oci-layout:../my \"registry\":v1.2.3", "models/");
  const config::DataProduct product =
      config::read_data_product(sources.add("floe.yaml", file.text), sink);
  const auto findings = sink.sorted();
  ASSERT_TRUE(findings.empty()) << findings.front().message;
  EXPECT_EQ(product.name, "sales");
  EXPECT_EQ(product.platform_ref, "oci-layout:../my \"registry\":v1.2.3");
  EXPECT_TRUE(file.text.starts_with("# yaml-language-server: $schema=" + product_schema().path));
  EXPECT_FALSE(product_schema().text.empty());
}

/// Every model reads what its layer may read, is described and tested in every column.
TEST(Init, EveryPatternGetsAModelInEachLayer) {
  for (const char* pattern : {"medallion", "kimball", "data_vault", "hybrid"}) {
    const core::Platform platform = platform_of(pattern);
    const Example example = plan_example(platform);
    EXPECT_EQ(platform.layer_of(example.seed), nullptr);
    for (const core::Layer& layer : platform.layers) {
      EXPECT_TRUE(std::any_of(example.models.begin(), example.models.end(),
                              [&](const ExampleModel& model) { return model.layer == &layer; }))
          << pattern << " " << layer.name;
    }
    for (const ExampleModel& model : example.models) {
      EXPECT_EQ(platform.layer_of(model.name), model.layer) << model.name;
      EXPECT_FALSE(model.description.empty());
      EXPECT_EQ(model.columns[0].tests, (std::vector<std::string>{"not_null", "unique"}));
      for (const ExampleColumn& column : model.columns) {
        EXPECT_FALSE(column.tests.empty());
        EXPECT_FALSE(column.description.empty());
        EXPECT_NE(model.sql.find(column.name), std::string::npos) << model.name << column.name;
      }
      for (const ExampleModel& other : example.models) {
        if (model.sql.find("ref('" + other.name + "')") == std::string::npos) continue;
        const auto& allowed = model.layer->may_depend_on;
        EXPECT_NE(std::find(allowed.begin(), allowed.end(), other.layer->name), allowed.end())
            << pattern << ": " << model.name << " reads " << other.name;
      }
    }
  }
}

TEST(Init, AFactReadsItsDimension) {
  const core::Platform platform = platform_of("kimball");
  const Example example = plan_example(platform);
  const ExampleModel* fact = find_model(example, "fact_orders");
  ASSERT_NE(fact, nullptr);
  EXPECT_NE(fact->sql.find("ref('dim_customers')"), std::string::npos);
  EXPECT_NE(fact->columns[1].tests.back().find("relationships"), std::string::npos);
}

TEST(Init, KeepsToNamingRules) {
  core::Platform platform = platform_of("medallion");
  platform.naming.case_style = "camelCase";
  platform.naming.reserved = {"status", "raworders"};
  const Example example = plan_example(platform);
  EXPECT_EQ(example.columns.order_id, "orderId");
  EXPECT_EQ(example.columns.status, "exampleStatus");
  EXPECT_EQ(example.seed, "exampleOrders");
  EXPECT_NE(find_model(example, "gold_customerOrders"), nullptr);
}

TEST(Init, KeepsToMaterializationsAndHistory) {
  core::Platform platform = platform_of("kimball");
  platform.layers[0].materializations = {"incremental", "table"};
  platform.layers[1].scd_default_type = "type_2";
  platform.layers[1].scd_types_allowed = {"2", "3"};
  platform.ownership.require_model_owner = true;
  const auto files = example_project(platform, "sales");
  const auto text_of = [&](std::string_view path) {
    const auto found = std::find_if(files.begin(), files.end(),
                                    [&](const ProductFile& file) { return file.path == path; });
    return found == files.end() ? std::string() : found->text;
  };
  EXPECT_TRUE(
      text_of("models/staging/stg_orders.sql").starts_with("{{ config(materialized='table') }}"));
  EXPECT_NE(text_of("models/core/dim_customers.sql").find("effective_from"), std::string::npos);
  EXPECT_NE(text_of("models/core/core.yml").find("owner: \"sales\""), std::string::npos);
  platform.layers[1].scd_types_allowed = {};
  const auto simpler = example_project(platform, "sales");
  EXPECT_TRUE(std::any_of(simpler.begin(), simpler.end(), [](const ProductFile& file) {
    return file.text.find("floe: {scd_type: 1}") != std::string::npos;
  }));
}

TEST(Init, APlatformWithoutLayersGetsOneModel) {
  const Example example = plan_example(platform_of("none"));
  ASSERT_EQ(example.models.size(), 1u);
  EXPECT_EQ(example.models[0].name, "orders");
}

TEST(Init, FilesAreYamlAndStayInTheFolder) {
  for (const char* pattern : {"medallion", "kimball", "data_vault", "hybrid"}) {
    for (const ProductFile& file : example_project(platform_of(pattern), "sales")) {
      EXPECT_EQ(file.path.find(".."), std::string::npos);
      EXPECT_FALSE(file.path.starts_with("/"));
      if (!file.path.ends_with(".yml")) continue;
      diag::SourceMap sources;
      diag::Sink sink;
      value::YamlOptions options;
      options.schema = value::YamlSchema::kYaml11;
      EXPECT_TRUE(value::read_yaml(sources.add(file.path, file.text), options, sink).is_map());
      EXPECT_FALSE(sink.has_errors()) << file.path;
    }
  }
}

}  // namespace
}  // namespace floe::cli
