// SPDX-License-Identifier: Apache-2.0
// Gates of classifications, access of ports, retention and the schema registry, over hand-made
// column facts.
#include "policy/rule.h"
#include "value/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace floe::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

value::Value data(const std::string& text) { return *value::read_json(text); }

class SensitiveDataTest : public ::testing::Test {
 protected:
  SensitiveDataTest() {
    project_.name = "shop";
    platform_.naming.enforcement = core::Enforcement::kOff;
    core::Layer gold;
    gold.name = "gold";
    gold.prefixes = {"gold_"};
    gold.may_depend_on = {"gold", "source"};
    platform_.layers = {gold};
    platform_.classification = data(
        R"({"levels": ["PUBLIC", "INTERNAL", "SECRET"], "tags": {"pii": {"level": "INTERNAL"}}})");
    node_ = add_model("gold_people");
    add_column("id", "INTEGER", "", "PUBLIC");
    add_column("email", "VARCHAR", "pii", "");
    add_column("salary", "DECIMAL(18,2)", "", "SECRET");
  }

  dbt::Node* add_model(const std::string& name) {
    auto node = std::make_unique<dbt::Node>();
    node->name = name;
    node->unique_id = "model.shop." + name;
    node->package_name = "shop";
    facts_.relations[node->unique_id].complete = true;
    return project_.nodes.emplace(node->unique_id, std::move(node)).first->second.get();
  }

  void add_column(const std::string& name, const std::string& type, const std::string& tag,
                  const std::string& level) {
    dbt::Column column;
    column.name = name;
    if (!tag.empty()) column.tags = {tag};
    if (!level.empty()) column.meta = data(R"({"floe": {"classification": ")" + level + "\"}}");
    node_->columns.emplace_back(name, column);
    facts_.relations[node_->unique_id].columns.push_back({name, type, {}, ""});
  }

  void add_test(const std::string& name, const std::string& column, const std::string& severity) {
    auto node = std::make_unique<dbt::Node>();
    node->type = dbt::ResourceType::kTest;
    node->unique_id = "test.shop." + name + column;
    node->package_name = "shop";
    node->attached_node = node_->unique_id;
    node->column_name = column;
    node->test_metadata = dbt::TestMetadata();
    node->test_metadata->name = name;
    node->config.set("severity", severity);
    project_.nodes.emplace(node->unique_id, std::move(node));
  }

  void offer(const std::string& access) {
    config::Port port;
    port.name = "people";
    port.model = "gold_people";
    port.data.set("access", data(access));
    product_.output_ports = {port};
  }

  std::vector<std::string> found() {
    diag::Sink sink;
    enforce(make_context(platform_, product_, project_, sources_, &facts_), sink);
    std::vector<std::string> texts;
    for (const diag::Diagnostic& finding : sink.sorted()) {
      texts.push_back(finding.code + " " + finding.message);
      expected_.push_back(finding.expected);
    }
    return texts;
  }

  core::Platform platform_;
  config::DataProduct product_;
  dbt::Project project_;
  diag::SourceMap sources_;
  dbt::ColumnFacts facts_;
  dbt::Node* node_ = nullptr;
  std::vector<std::string> expected_;
};

TEST_F(SensitiveDataTest, NothingIsAskedOfItself) {
  offer(R"({"grants": [{"to": "anybody"}]})");
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(SensitiveDataTest, AGateIsForItsLevelAndAbove) {
  platform_.quality_gates.by_classification["INTERNAL"] = data(R"({"minimum_test_coverage": 60})");
  add_test("not_null", "email", "error");
  EXPECT_THAT(found(), ElementsAre("Q007 tests cover 1 of 2 columns (50 %) that are INTERNAL or "
                                   "more sensitive"));
  platform_.quality_gates.by_classification["INTERNAL"] = data(R"({"minimum_test_coverage": 50})");
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(SensitiveDataTest, RequiredTestsAreOnTheColumns) {
  platform_.quality_gates.by_classification["SECRET"] = data(R"({"required_tests": ["not_null"]})");
  add_test("not_null", "id", "warn");
  EXPECT_THAT(found(), ElementsAre("Q008 model 'gold_people' has SECRET data and lacks the "
                                   "required test not_null"));
  EXPECT_THAT(expected_, ElementsAre("a not_null test on salary"));
  add_test("not_null", "salary", "warn");
  EXPECT_THAT(found(),
              ElementsAre("Q005 required test not_null on 'gold_people'.salary has severity "
                          "warn"));
}

TEST_F(SensitiveDataTest, ATestOfTheWholeModelIsOneOfItsColumns) {
  platform_.quality_gates.by_classification["SECRET"] = data(R"({"required_tests": ["equality"]})");
  EXPECT_EQ(found().size(), 1u);
  add_test("equality", "", "error");
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(SensitiveDataTest, RequirementsOfFloesOwnAreAboutTheModel) {
  platform_.quality_gates.by_classification["SECRET"] =
      data(R"({"required_tests": ["documentation"]})");
  EXPECT_THAT(found(), ElementsAre("Q008 model 'gold_people' has SECRET data and lacks the "
                                   "required test documentation"));
  platform_.quality_gates.required_tests = {"documentation"};
  EXPECT_THAT(found(), ElementsAre("Q003 model 'gold_people' lacks the required test "
                                   "documentation"));
}

TEST_F(SensitiveDataTest, APortIsHeldToLayersAndLevels) {
  platform_.access_control = data(
      R"({"grants": [{"role": "a", "access": "READ", "layer": "gold", "classification": "INTERNAL"},
                     {"role": "b", "access": "READ", "layer": "silver"}]})");
  offer(R"({"grants": [{"to": "a"}, {"to": "a", "columns": ["ID", "email"]}, {"to": "b"}]})");
  EXPECT_THAT(found(), ElementsAre("G006 port 'people' offers 'gold_people' to a, with SECRET data "
                                   "in column 'salary'",
                                   "G008 port 'people' offers 'gold_people' to b, who may not read "
                                   "it"));
  platform_.access_control.set("enforcement", "off");
  EXPECT_EQ(found().size(), 1u);
  platform_.access_control.set("default", "allow");
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(SensitiveDataTest, AMaskIsNeededOnlyByThoseWhoHaveNoOtherWay) {
  platform_.access_control = data(
      R"({"roles": {"a": {}, "b": {}}, "groups": {"g": ["a", "b"], "h": ["b", "a"]},
          "grants": [{"role": "a", "access": "READ"}, {"role": "b", "access": "READ"}],
          "column_masks": [{"role": "a", "classification": "SECRET", "mask": "null"}]})");
  offer(R"({"grants": [{"to": "a"}, {"to": "g"}, {"to": "h"}]})");
  EXPECT_THAT(found(),
              ElementsAre("G009 port 'people' shows 'salary' of 'gold_people' unmasked to a"));
  node_->columns.back().second.meta =
      data(R"({"floe": {"mask": "null", "classification": "SECRET"}})");
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(SensitiveDataTest, RetentionFollowsTagsAndLevels) {
  platform_.retention = data(R"({"default": {"max_days": 900}, "tags": {"pii": {"max_days": 90}},
                                 "classifications": {"SECRET": {"min_days": 30}}})");
  const auto days = [&](const std::string& text) {
    node_->meta = data(R"({"floe": {"retention_days": )" + text + "}}");
  };
  days("91");
  EXPECT_THAT(found(), ElementsAre("G012 'gold_people' is kept 91 days, which is too long"));
  days("29");
  EXPECT_THAT(found(), ElementsAre("G012 'gold_people' is kept 29 days, which is too short"));
  days("\"long\"");
  EXPECT_THAT(found(), ElementsAre("G012 'gold_people' has a retention that is no number of days"));
  days("30");
  EXPECT_THAT(found(), IsEmpty());
  platform_.retention.set("enforcement", "off");
  days("91");
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(SensitiveDataTest, TheDefaultLevelCountsWhereNothingIsSaid) {
  add_column("note", "VARCHAR", "", "");
  offer(R"({"grants": [{"to": "a", "columns": ["note"]}]})");
  platform_.access_control =
      data(R"({"grants": [{"role": "a", "access": "READ", "classification": "INTERNAL"}]})");
  EXPECT_THAT(found(), IsEmpty());
  platform_.classification.set("default_level", "SECRET");
  EXPECT_THAT(found(), ElementsAre("G006 port 'people' offers 'gold_people' to a, with SECRET data "
                                   "in column 'note'"));
}

TEST_F(SensitiveDataTest, TypesAreHeldToThoseAllowed) {
  platform_.schema_registry = data(R"({"allowed_types": ["int", "text", "decimal"]})");
  EXPECT_THAT(found(), IsEmpty());
  platform_.schema_registry =
      data(R"json({"allowed_types": ["bigint", "text", "decimal(9,2)"]})json");
  EXPECT_THAT(found(), ElementsAre("A014 column 'id' of 'gold_people' is INTEGER, which is not "
                                   "allowed",
                                   "A014 column 'salary' of 'gold_people' is DECIMAL(18,2), which "
                                   "is not allowed"));
  facts_.relations[node_->unique_id].columns[0].type = "";
  EXPECT_EQ(found().size(), 1u);
  platform_.schema_registry = data(R"({"required_columns": {"gold": [{"name": "loaded_at"}]}})");
  EXPECT_EQ(found().size(), 1u);
  facts_.relations[node_->unique_id].complete = false;
  EXPECT_THAT(found(), IsEmpty());
}

}  // namespace
}  // namespace floe::policy
