// SPDX-License-Identifier: Apache-2.0
#include "fix/agreement.h"

#include <gtest/gtest.h>

namespace floe::fix {
namespace {

dbt::Node& add_model(dbt::Project& project, const std::string& name,
                     const std::vector<std::string>& reads = {}) {
  auto node = std::make_unique<dbt::Node>();
  node->name = name;
  node->package_name = project.name;
  node->unique_id = "model." + project.name + "." + name;
  for (const std::string& each : reads) {
    node->depends_on_nodes.push_back("model." + project.name + "." + each);
  }
  node->config.set("materialized", "view");
  dbt::Node& added = *node;
  project.nodes[node->unique_id] = std::move(node);
  return added;
}

/// stg ← orders, as `prefix`stg and orders.
void fill(dbt::Project& project, const std::string& first) {
  project.name = "shop";
  add_model(project, first);
  add_model(project, "other");
  add_model(project, "orders", {first});
}

TEST(Agreement, ARenamedProjectIsTheSame) {
  dbt::Project before;
  dbt::Project after;
  fill(before, "stg");
  fill(after, "bronze");
  EXPECT_EQ(unintended_difference(before, after, {{{"stg", "bronze"}}, {}}), "");
  EXPECT_NE(unintended_difference(before, after, {}), "");
}

TEST(Agreement, OtherInputsAreTold) {
  dbt::Project before;
  dbt::Project after;
  fill(before, "stg");
  fill(after, "bronze");
  after.find_node("model.shop.orders")->depends_on_nodes = {"model.shop.other"};
  EXPECT_EQ(unintended_difference(before, after, {{{"stg", "bronze"}}, {}}),
            "'orders' reads other nodes than before");
}

TEST(Agreement, ConfigMayChangeOnlyWhereItIsMeantTo) {
  dbt::Project before;
  dbt::Project after;
  fill(before, "stg");
  fill(after, "stg");
  after.find_node("model.shop.orders")->config.set("materialized", "table");
  EXPECT_EQ(unintended_difference(before, after, {}),
            "'orders' has another config than before: materialized");
  EXPECT_EQ(unintended_difference(before, after, {{}, {{"orders", {"materialized"}}}}), "");
  EXPECT_NE(unintended_difference(before, after, {{}, {{"orders", {"schema"}}}}), "");
  EXPECT_NE(unintended_difference(before, after, {{}, {{"other", {"materialized"}}}}), "");
}

TEST(Agreement, EveryKeyCountsAndTagsAreASet) {
  dbt::Project before;
  dbt::Project after;
  fill(before, "stg");
  fill(after, "stg");
  before.find_node("model.shop.orders")->config.set("tags", value::Value::texts({"a", "b", "a"}));
  after.find_node("model.shop.orders")->config.set("tags", value::Value::texts({"b", "a"}));
  EXPECT_EQ(unintended_difference(before, after, {}), "");
  after.find_node("model.shop.orders")->config.set("tags", value::Value::texts({"b"}));
  EXPECT_EQ(unintended_difference(before, after, {}),
            "'orders' has another config than before: tags");
  before.find_node("model.shop.stg")->config.set("own_key", 1);
  const auto changed = changed_configs(before, after, {});
  ASSERT_EQ(changed.size(), 2U);
  EXPECT_EQ(changed[1].keys[0].key, "own_key");
  EXPECT_TRUE(changed[1].keys[0].after.is_null());
}

TEST(Agreement, AValueThatIsComputedNeedNotAgreeElsewhere) {
  dbt::Project before;
  dbt::Project after;
  fill(before, "stg");
  fill(after, "stg");
  before.find_node("model.shop.orders")
      ->unrendered_config.set("materialized", "{{ env_var('KIND') }}");
  after.find_node("model.shop.orders")->unrendered_config.set("materialized", "view");
  EXPECT_EQ(unintended_difference(before, after, {}),
            "'orders' has another config than before: materialized (which is computed)");
}

TEST(Agreement, TablesStayWhereTheyAre) {
  dbt::Project before;
  dbt::Project after;
  fill(before, "stg");
  fill(after, "bronze");
  const Intended renamed{{{"stg", "bronze"}}, {}};
  dbt::Node& was = *before.find_node("model.shop.stg");
  dbt::Node& now = *after.find_node("model.shop.bronze");
  was.alias = "stg";
  now.alias = "bronze";
  EXPECT_EQ(unintended_difference(before, after, renamed), "");
  now.schema = "other";
  EXPECT_EQ(unintended_difference(before, after, renamed),
            "'bronze' would be built as .other.bronze instead of ..stg");
  EXPECT_EQ(unintended_difference(before, after, {{{"stg", "bronze"}}, {{"bronze", {"schema"}}}}),
            "");
  now.schema = "";
  now.config.set("alias", "stg_too");
  now.alias = "stg_too";
  EXPECT_NE(unintended_difference(before, after, renamed), "");
  now.alias = "stg";
  EXPECT_EQ(unintended_difference(before, after, renamed), "");
  after.find_node("model.shop.orders")->alias = "elsewhere";
  EXPECT_NE(unintended_difference(before, after, renamed), "");
}

TEST(Agreement, HooksMayNameTheNewName) {
  dbt::Project before;
  dbt::Project after;
  fill(before, "stg");
  fill(after, "bronze");
  before.find_node("model.shop.orders")->config.set("post-hook", "{{ ref('stg') }}");
  after.find_node("model.shop.orders")->config.set("post-hook", "{{ ref('bronze') }}");
  EXPECT_EQ(unintended_difference(before, after, {{{"stg", "bronze"}}, {}}), "");
  after.find_node("model.shop.orders")->config.set("post-hook", "{{ ref('other') }}");
  EXPECT_NE(unintended_difference(before, after, {{{"stg", "bronze"}}, {}}), "");
}

TEST(Agreement, PropertiesTestsAndExposuresDoNotGetLost) {
  dbt::Project before;
  dbt::Project after;
  fill(before, "stg");
  fill(after, "stg");
  before.find_node("model.shop.stg")->patch_path = "shop://models/m.yml";
  EXPECT_EQ(unintended_difference(before, after, {}), "'stg' lost what its properties file says");
  before.find_node("model.shop.stg")->patch_path = "";
  before.exposures["exposure.shop.e"] = std::make_unique<dbt::Resource>();
  EXPECT_EQ(unintended_difference(before, after, {}), "1 exposure would get lost");
  before.exposures.clear();
  auto test = std::make_unique<dbt::Node>();
  test->type = dbt::ResourceType::kTest;
  test->attached_node = "model.shop.stg";
  before.nodes["test.shop.t"] = std::move(test);
  EXPECT_EQ(unintended_difference(before, after, {}), "1 test would get lost");
}

diag::Diagnostic finding(const std::string& code, diag::Severity severity,
                         const std::string& event = "") {
  diag::Diagnostic made;
  made.code = code;
  made.severity = severity;
  made.event = event;
  return made;
}

TEST(Agreement, WhatCountsAsWorse) {
  using diag::Severity;
  const auto error = finding("T001", Severity::kError);
  const auto rule = finding("A003", Severity::kError);
  const auto sql = finding("S001", Severity::kError);
  const auto event = finding("T040", Severity::kWarning, "NoNodeForYamlKey");
  EXPECT_TRUE(worse_finding({}, {error}, {true, false}));
  EXPECT_FALSE(worse_finding({error}, {error}, {true, false}));
  EXPECT_TRUE(worse_finding({error}, {error, error}, {true, false}));
  EXPECT_TRUE(worse_finding({}, {rule}, {}));
  EXPECT_FALSE(worse_finding({}, {rule}, {true, false}));
  EXPECT_TRUE(worse_finding({}, {sql}, {true, false}));
  EXPECT_TRUE(worse_finding({}, {event}, {true, false}));
  EXPECT_FALSE(worse_finding({}, {finding("D001", Severity::kWarning)}, {}));
}

}  // namespace
}  // namespace floe::fix
