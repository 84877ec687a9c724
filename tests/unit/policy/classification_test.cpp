// SPDX-License-Identifier: Apache-2.0
// Classification over hand-made column facts; the SQL of whole models is in tests/lineage.
#include "policy/classification.h"

#include "value/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace floe::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ClassificationTest : public ::testing::Test {
 protected:
  ClassificationTest() {
    project_.name = "shop";
    platform_.classification =
        *value::read_json(R"({"levels": ["PUBLIC", "SECRET"], "propagation": "strict",
                              "declassify_with": ["sha256"]})");
    add_model("people", {}, "SECRET");
    add_model("letters", {"people"}, "PUBLIC");
  }

  /// A model with one column, `email`, that declares a level ("" for none).
  void add_model(const std::string& name, const std::vector<std::string>& reads,
                 const std::string& level) {
    auto node = std::make_unique<dbt::Node>();
    node->name = name;
    node->unique_id = "model.shop." + name;
    node->package_name = "shop";
    for (const std::string& parent : reads)
      node->depends_on_nodes.push_back("model.shop." + parent);
    dbt::Column column;
    column.name = "email";
    if (!level.empty()) {
      column.meta = *value::read_json(R"({"floe": {"classification": ")" + level + "\"}}");
    }
    node->columns.emplace_back("email", column);
    project_.nodes.emplace("model.shop." + name, std::move(node));
  }

  void flow(const std::string& from, const std::string& to, dbt::FlowKind kind,
            std::vector<std::string> functions) {
    facts_.relations["model.shop." + from].complete = true;
    facts_.relations["model.shop." + from].columns.push_back({"email", "VARCHAR", {}, ""});
    dbt::RelationColumns& relation = facts_.relations["model.shop." + to];
    relation.complete = true;
    relation.columns.push_back(
        {"email", "VARCHAR", {{{"model.shop." + from, "email"}, kind, std::move(functions)}}, ""});
  }

  std::vector<std::string> found(const dbt::ColumnFacts* facts) {
    diag::Sink sink;
    enforce(make_context(platform_, product_, project_, sources_, facts), sink);
    std::vector<std::string> codes;
    for (const diag::Diagnostic& finding : sink.sorted()) {
      if (!finding.code.starts_with("G")) continue;
      codes.push_back(finding.code);
      expected_ = finding.expected;
    }
    return codes;
  }

  core::Platform platform_;
  config::DataProduct product_;
  dbt::Project project_;
  diag::SourceMap sources_;
  dbt::ColumnFacts facts_;
  std::string expected_;
};

TEST_F(ClassificationTest, WhatFlowsInCounts) {
  flow("people", "letters", dbt::FlowKind::kTransform, {"lower"});
  EXPECT_THAT(found(&facts_), ElementsAre("G003"));
  EXPECT_EQ(expected_, "letters.email <- people.email (lower)");
}

TEST_F(ClassificationTest, AnApprovedMaskLetsItThrough) {
  flow("people", "letters", dbt::FlowKind::kTransform, {"lower", "sha256"});
  EXPECT_THAT(found(&facts_), IsEmpty());
}

TEST_F(ClassificationTest, AFilterPassesNothingOn) {
  flow("people", "letters", dbt::FlowKind::kFilter, {});
  EXPECT_THAT(found(&facts_), IsEmpty());
}

TEST_F(ClassificationTest, IsToldWhereItHappensFirst) {
  add_model("reports", {"letters"}, "PUBLIC");
  flow("people", "letters", dbt::FlowKind::kCopy, {});
  facts_.relations["model.shop.reports"] = {
      {{"email", "VARCHAR", {{{"model.shop.letters", "email"}, dbt::FlowKind::kCopy, {}}}, ""}},
      true,
      {},
      "",
      ""};
  EXPECT_THAT(found(&facts_), ElementsAre("G003"));
  EXPECT_THAT(expected_, HasSubstr("letters.email <- people.email"));
}

TEST_F(ClassificationTest, WhatNobodyLookedAtIsNotBelieved) {
  EXPECT_THAT(found(nullptr), ElementsAre("G007"));
  platform_.plugins["compute"].type = "spark";
  EXPECT_THAT(found(nullptr), ElementsAre("G007"));
  EXPECT_THAT(expected_, HasSubstr("SQL of spark is not followed"));
}

}  // namespace
}  // namespace floe::policy
