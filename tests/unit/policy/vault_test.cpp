// SPDX-License-Identifier: Apache-2.0
// Rules of a data vault over hand-made column facts: what is not known is not guessed.
#include "policy/vault.h"

#include "value/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace floe::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class VaultTest : public ::testing::Test {
 protected:
  VaultTest() {
    project_.name = "shop";
    platform_.pattern = "data_vault";
  }

  dbt::Node& model(const std::string& name, const std::vector<std::string>& columns,
                   bool complete = true) {
    auto node = std::make_unique<dbt::Node>();
    node->name = name;
    node->unique_id = "model.shop." + name;
    node->package_name = "shop";
    dbt::RelationColumns& known = facts_.relations[node->unique_id];
    known.complete = complete;
    for (const std::string& column : columns) known.columns.push_back({column, "VARCHAR", {}, ""});
    return *project_.nodes.emplace(node->unique_id, std::move(node)).first->second;
  }

  /// A hub, link or satellite that has all that it needs, and `more`.
  dbt::Node& vault_model(const std::string& name, std::vector<std::string> more,
                         bool complete = true) {
    more.insert(more.end(), {"LOAD_DATE", "record_source"});
    return model(name, more, complete);
  }

  void add_relationship(const std::string& from, const std::string& to) {
    auto node = std::make_unique<dbt::Node>();
    node->type = dbt::ResourceType::kTest;
    node->unique_id = "test.shop." + from + "_" + to;
    node->package_name = "shop";
    node->attached_node = "model.shop." + from;
    node->depends_on_nodes = {"model.shop." + from, "model.shop." + to};
    node->test_metadata = dbt::TestMetadata();
    node->test_metadata->name = "relationships";
    project_.nodes.emplace(node->unique_id, std::move(node));
  }

  /// "A010 link 'link_x' references no hub", one each.
  std::vector<std::string> found() {
    diag::Sink sink;
    enforce(make_context(platform_, product_, project_, sources_, &facts_), sink);
    std::vector<std::string> texts;
    for (const diag::Diagnostic& finding : sink.sorted()) {
      texts.push_back(finding.code + " " + finding.message);
    }
    return texts;
  }

  core::Platform platform_;
  config::DataProduct product_;
  dbt::Project project_;
  diag::SourceMap sources_;
  dbt::ColumnFacts facts_;
};

TEST_F(VaultTest, WhatIsMissingIsTold) {
  model("hub_customer", {"customer_id"});
  EXPECT_THAT(found(), ElementsAre("A009 hub 'hub_customer' has no hash key, load date, and "
                                   "record source"));
}

TEST_F(VaultTest, ColumnsThatAreNotKnownAreNotMissing) {
  model("hub_customer", {"customer_id"}, false);
  model("link_order", {}, false);
  model("sat_customer", {}, false);
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(VaultTest, OtherPatternsHaveNoVault) {
  platform_.pattern = "medallion";
  model("hub_customer", {"customer_id"});
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(VaultTest, NamesAreThePlatforms) {
  platform_.data_vault = *value::read_json(
      R"({"hub_prefixes": ["h_"], "hash_key": ["*_sk"], "load_date": ["came"],
          "record_source": ["origin"]})");
  model("h_customer", {"customer_sk", "CAME", "origin"});
  model("hub_customer", {});
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(VaultTest, LinksReferenceHubsByColumnsTestsOrRefs) {
  vault_model("hub_order", {"order_hk"});
  vault_model("hub_customer", {"customer_hk"});
  vault_model("link_columns", {"l_hk", "order_hk", "customer_hk"});
  vault_model("link_tests", {"l_hk"});
  add_relationship("link_tests", "hub_order");
  add_relationship("link_tests", "hub_customer");
  vault_model("link_refs", {"l_hk"}).depends_on_nodes = {"model.shop.hub_order",
                                                         "model.shop.hub_customer"};
  vault_model("link_hierarchy", {"l_hk", "order_hk", "parent_order_hk"});
  vault_model("link_half", {"l_hk", "order_hk"});
  vault_model("link_none", {"l_hk"});
  EXPECT_THAT(found(), ElementsAre("A010 link 'link_half' references only hub_order",
                                   "A010 link 'link_none' references no hub"));
}

TEST_F(VaultTest, ASatelliteHasOneParent) {
  vault_model("hub_order", {"order_hk"});
  vault_model("hub_customer", {"customer_hk"});
  vault_model("link_both", {"both_hk", "order_hk", "customer_hk"});
  vault_model("sat_order", {"order_hk", "state"});
  vault_model("sat_both", {"both_hk", "order_hk", "customer_hk", "state"});
  vault_model("sat_two", {"order_hk", "customer_hk"});
  vault_model("sat_lost", {"other_hk"});
  vault_model("sat_read", {"other_hk"}).depends_on_nodes = {"model.shop.hub_order"};
  EXPECT_THAT(found(),
              ElementsAre("A011 satellite 'sat_lost' has no parent",
                          "A011 satellite 'sat_two' has 2 parents: hub_customer and hub_order"));
}

TEST_F(VaultTest, AParentThatIsNotKnownIsNoMissingOne) {
  vault_model("hub_order", {}, false);
  vault_model("sat_lost", {"other_hk"});
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(VaultTest, HubsDescribeNothingIfThePlatformSaysSo) {
  vault_model("hub_order", {"order_hk", "order_number", "state"});
  EXPECT_THAT(found(), IsEmpty());
  platform_.data_vault = *value::read_json(R"({"hubs_hold_keys_only": true})");
  EXPECT_THAT(found(), ElementsAre(HasSubstr("A012 hub 'hub_order' holds 'state'")));
  project_.nodes.at("model.shop.hub_order")->meta =
      *value::read_json(R"({"floe": {"business_key": ["state"]}})");
  EXPECT_THAT(found(), ElementsAre(HasSubstr("A012 hub 'hub_order' holds 'order_number'")));
}

}  // namespace
}  // namespace floe::policy
