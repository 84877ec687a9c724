// SPDX-License-Identifier: Apache-2.0
#include "policy/active.h"

#include "value/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace floe::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsSupersetOf;
using ::testing::Not;

core::Platform demanding_platform() {
  core::Platform platform;
  platform.naming.enforcement = core::Enforcement::kStrict;
  platform.documentation.enforcement = core::Enforcement::kStrict;
  platform.ownership.enforcement = core::Enforcement::kStrict;
  return platform;
}

// A rule without a row in active.cpp counts as active here, too: this test is how that is found.
TEST(ActiveRules, APlatformThatAsksForNothingHasOnlyGatesAndSql) {
  EXPECT_THAT(active_codes(demanding_platform()),
              ElementsAre("Q006", "S001", "S002", "S003", "S004"));
}

TEST(ActiveRules, WhatIsAskedForIsActive) {
  core::Platform platform = demanding_platform();
  platform.naming.max_length = 40;
  platform.naming.case_style = "snake_case";
  platform.documentation.require_column_descriptions = true;
  platform.quality_gates.minimum_test_coverage = 50;
  core::Layer layer;
  layer.name = "core";
  layer.prefixes = {"dim_"};
  layer.required_tests = {"unique_pk"};
  platform.layers.push_back(layer);
  platform.custom_rules.push(value::Value::map({{"code", value::Value("X001"), {}}}));
  EXPECT_THAT(active_codes(platform),
              ElementsAre("N001", "N002", "N005", "N006", "A001", "A002", "A004", "A005", "A007",
                          "Q001", "Q003", "Q004", "Q005", "Q006", "D002", "S001", "S002", "S003", "S004",
                          "X001"));
  platform.naming.enforcement = core::Enforcement::kOff;
  EXPECT_THAT(active_codes(platform), Not(IsSupersetOf({"N001"})));
  platform.layers[0].required_tests = {"freshness"};
  EXPECT_THAT(active_codes(platform), Not(IsSupersetOf({"Q004"})));
}

TEST(ActiveRules, EveryRuleCanBeTurnedOn) {
  core::Platform platform = demanding_platform();
  platform.pattern = "hybrid";
  platform.naming.case_style = "snake_case";
  platform.naming.max_length = 9;
  platform.naming.reserved = {"tmp"};
  platform.naming.patterns = {"a", "b", "c", "d", "e"};
  platform.quality_gates.minimum_test_coverage = 1;
  platform.quality_gates.required_tests = {"not_null_pk"};
  platform.documentation = {core::Enforcement::kWarn, true, true, true, true, true};
  platform.ownership = {core::Enforcement::kWarn, true, true, true};
  platform.contracts = {core::Enforcement::kWarn, true, {"core"}, "full"};
  platform.sql_enforcement = core::Enforcement::kWarn;
  const auto json = value::read_json(
      R"({"levels": ["PUBLIC"], "required_for": ["core"], "propagation": "warn",
          "tags": {"pii": {}}, "auto_detect": [{"pattern": "x", "tag": "pii"}]})");
  ASSERT_TRUE(json);
  platform.classification = *json;
  const auto data = [](const char* text) { return *value::read_json(text); };
  platform.data_vault = data(R"({"hubs_hold_keys_only": true})");
  platform.quality_gates.by_classification["PUBLIC"] =
      data(R"({"minimum_test_coverage": 5, "required_tests": ["unique"]})");
  platform.access_control = data(
      R"({"grants": [{"role": "a", "access": "READ"}],
          "column_masks": [{"role": "a", "tag": "pii", "mask": "m"}]})");
  platform.namespaces = data(R"([{"name": "sales"}])");
  platform.retention = data(R"({"required_for": ["core"], "default": {"max_days": 9}})");
  platform.schema_registry = data(
      R"({"allowed_types": ["int"], "reserved_columns": ["x"], "required_columns": {"core": []}})");
  platform.cost = data(R"({"max_fan_in": 9})");
  core::Layer layer;
  layer.prefixes = {"dim_"};
  layer.materializations = {"view"};
  layer.minimum_coverage = 5;
  layer.scd_types_allowed = {"2"};
  platform.layers.push_back(layer);
  // These are about what other products publish: no product can break them by itself, so no policy
  // test could cover them.
  const std::set<std::string_view> about_others = {"A015", "K004", "K005", "K006",
                                                   "M001", "M002", "M003", "M004"};
  std::vector<std::string> expected;
  for (const Rule* rule : all_rules()) {
    if (!about_others.contains(rule->code)) expected.emplace_back(rule->code);
  }
  EXPECT_EQ(active_codes(platform), expected);
}

}  // namespace
}  // namespace floe::policy
