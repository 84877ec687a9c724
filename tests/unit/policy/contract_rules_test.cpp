// SPDX-License-Identifier: Apache-2.0
// What contract rules know of a model's columns, and what they make of what they do not know.
#include "policy/model_columns.h"
#include "policy/rule.h"

#include <gtest/gtest.h>

#include <memory>

namespace floe::policy {
namespace {

struct ContractScene {
  core::Platform platform;
  config::DataProduct product;
  dbt::Project project;
  diag::SourceMap sources;
  mesh::Mesh mesh;
  dbt::ColumnFacts facts;

  ContractScene() {
    project.name = "shop";
    auto node = std::make_unique<dbt::Node>();
    node->name = "orders";
    node->unique_id = "model.shop.orders";
    node->package_name = "shop";
    project.nodes.emplace(node->unique_id, std::move(node));
    mesh::Offer offer;
    offer.name = "orders";
    offer.model = "orders";
    offer.has_contract = true;
    contract::Contract promised;
    contract::Table table;
    table.name = "orders";
    table.has_columns = true;
    contract::Column id;
    id.name = "order_id";
    id.logical_type = "integer";
    table.columns.push_back(id);
    promised.tables.push_back(table);
    offer.contract = promised;
    mesh.offers.push_back(offer);
  }

  dbt::Node& node() { return *project.nodes.begin()->second; }

  void declare(const std::string& name, const std::string& type) {
    dbt::Column column;
    column.name = name;
    if (!type.empty()) column.data_type = type;
    node().columns.emplace_back(name, column);
  }

  std::vector<std::string> codes(bool inferred = false) {
    Context context = make_context(platform, product, project, sources);
    context.mesh = &mesh;
    if (inferred) context.columns = &facts;
    diag::Sink sink;
    enforce(context, sink);
    std::vector<std::string> codes;
    for (const diag::Diagnostic& each : sink.sorted()) codes.push_back(each.code);
    return codes;
  }
};

using Codes = std::vector<std::string>;

TEST(ContractDrift, UnknownContradictsNothing) {
  ContractScene scene;
  EXPECT_EQ(scene.codes(), Codes{});
  scene.declare("order_id", "");
  EXPECT_EQ(scene.codes(), Codes{});
  scene.node().columns.clear();
  scene.declare("order_id", "geography");
  EXPECT_EQ(scene.codes(), Codes{});
}

TEST(ContractDrift, DeclaredTypesCount) {
  ContractScene scene;
  scene.declare("ORDER_ID", "int8");
  EXPECT_EQ(scene.codes(), Codes{});
  scene.node().columns.clear();
  scene.declare("order_id", "varchar");
  EXPECT_EQ(scene.codes(), Codes{"K003"});
}

TEST(ContractDrift, AMissingColumnCountsOnlyWhereAllAreKnown) {
  ContractScene scene;
  scene.declare("other", "integer");
  EXPECT_EQ(scene.codes(), Codes{});
  scene.node().config.set("contract", value::Value::map({{"enforced", true}}));
  EXPECT_EQ(scene.codes(), Codes{"K003"});
}

TEST(ContractDrift, InferredColumnsCountBeforeDeclaredOnes) {
  ContractScene scene;
  dbt::RelationColumns& columns = scene.facts.relations["model.shop.orders"];
  columns.columns.push_back({"order_id", "VARCHAR", {}, ""});
  EXPECT_EQ(scene.codes(false), Codes{});
  EXPECT_EQ(scene.codes(true), Codes{"K003"});
  columns.columns[0].type = "BIGINT";
  EXPECT_EQ(scene.codes(true), Codes{});
  columns.columns[0] = {"other", "BIGINT", {}, ""};
  EXPECT_EQ(scene.codes(true), Codes{});
  columns.complete = true;
  EXPECT_EQ(scene.codes(true), Codes{"K003"});
  // Types that are unknown stay so, unless somebody has declared them.
  columns.columns[0] = {"order_id", "", {}, "why"};
  EXPECT_EQ(scene.codes(true), Codes{});
  scene.declare("order_id", "varchar");
  EXPECT_EQ(scene.codes(true), Codes{"K003"});
}

TEST(ContractRules, OffTurnsThemOff) {
  ContractScene scene;
  scene.declare("order_id", "varchar");
  scene.platform.contracts.enforcement = core::Enforcement::kOff;
  EXPECT_EQ(scene.codes(), Codes{});
}

mesh::Release release(const contract::Contract& contract) {
  mesh::Release out;
  out.version = "v1.0";
  out.ports.push_back({"orders", contract, false});
  return out;
}

TEST(BreakingChange, OnlyTransitiveModesLookFurtherBack) {
  ContractScene scene;
  const contract::Contract now = *scene.mesh.offers[0].contract;
  contract::Contract wider = now;
  contract::Column gone;
  gone.name = "gone";
  wider.tables[0].columns.push_back(gone);
  scene.mesh.releases = {release(now), release(wider)};
  scene.platform.contracts.compatibility = "backward";
  EXPECT_EQ(scene.codes(), Codes{});
  scene.platform.contracts.compatibility = "backward_transitive";
  EXPECT_EQ(scene.codes(), Codes{"K004"});
  scene.platform.contracts.compatibility = "forward_transitive";
  EXPECT_EQ(scene.codes(), Codes{});
}

TEST(BreakingChange, PortsStayUntilTheyAreDeprecated) {
  ContractScene scene;
  scene.platform.contracts.compatibility = "backward";
  scene.mesh.releases = {release(*scene.mesh.offers[0].contract)};
  scene.mesh.offers[0].contract.reset();
  scene.mesh.offers[0].has_contract = false;
  EXPECT_EQ(scene.codes(), Codes{"K004"});
  scene.mesh.offers.clear();
  EXPECT_EQ(scene.codes(), Codes{"K004"});
  scene.mesh.releases[0].ports[0].is_deprecated = true;
  EXPECT_EQ(scene.codes(), Codes{});
}

TEST(BreakingChange, AContractMayAskForMoreThanItsPlatform) {
  ContractScene scene;
  contract::Contract before = *scene.mesh.offers[0].contract;
  before.tables[0].columns[0].required = true;
  scene.mesh.releases = {release(before)};
  EXPECT_EQ(scene.codes(), Codes{});
  scene.mesh.offers[0].contract->compatibility = "full";
  EXPECT_EQ(scene.codes(), Codes{"K004"});
}

}  // namespace
}  // namespace floe::policy
