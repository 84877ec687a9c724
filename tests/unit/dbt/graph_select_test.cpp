// SPDX-License-Identifier: Apache-2.0
#include "dbt/graph/select.h"
#include "dbt/manifest/write_manifest.h"
#include "unit/dbt/graph_support.h"
#include "value/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace floe::dbt {
namespace {

using graph_testing::add_node;
using graph_testing::make_shop;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Ids = std::vector<std::string>;

Result<Selection> try_select(const Project& project, const Graph& graph,
                             std::vector<std::string> select, std::vector<std::string> exclude,
                             const SelectOptions& options) {
  const SelectSpec spec = FLOE_TRY(parse_selection(select, exclude, options.indirect));
  return select_nodes(project, graph, spec, options);
}

Ids select(const Project& project, const std::string& words, const std::string& exclude = "",
           SelectOptions options = {}) {
  const Graph graph(project);
  Ids excluded;
  if (!exclude.empty()) excluded.push_back(exclude);
  const Result<Selection> selection = try_select(project, graph, {words}, excluded, options);
  EXPECT_TRUE(selection.has_value()) << words;
  return selection ? selection->unique_ids(graph) : Ids();
}

SelectOptions with(IndirectSelection mode) {
  SelectOptions options;
  options.indirect = mode;
  return options;
}

TEST(Select, ByNameBringsTests) {
  const Project shop = make_shop();
  EXPECT_THAT(select(shop, "stg_payments"),
              ElementsAre("model.shop.stg_payments", "test.shop.singular"));
  EXPECT_THAT(select(shop, "staging.stg_items"), ElementsAre("model.shop.stg_items"));
  EXPECT_THAT(select(shop, "shop.staging", "", with(IndirectSelection::kEmpty)),
              ElementsAre("model.shop.stg_items", "model.shop.stg_orders"));
  EXPECT_THAT(
      select(shop, "stg_*", "", with(IndirectSelection::kEmpty)),
      ElementsAre("model.shop.stg_items", "model.shop.stg_orders", "model.shop.stg_payments"));
}

TEST(Select, VersionedModelsByEveryName) {
  const Project shop = make_shop();
  for (const char* name : {"dim", "dim.v2", "dim_v2", "shop.dim.v2", "shop.dim"}) {
    EXPECT_THAT(select(shop, name), ElementsAre("model.shop.dim.v2")) << name;
  }
  EXPECT_THAT(select(shop, "version:latest"), ElementsAre("model.shop.dim.v2"));
  EXPECT_THAT(select(shop, "version:old"), IsEmpty());
}

TEST(Select, IndirectSelectionModes) {
  const Project shop = make_shop();
  EXPECT_THAT(select(shop, "stg_orders"),
              ElementsAre("model.shop.stg_orders", "test.shop.relationships"));
  EXPECT_THAT(select(shop, "stg_orders", "", with(IndirectSelection::kCautious)),
              ElementsAre("model.shop.stg_orders"));
  EXPECT_THAT(select(shop, "stg_orders orders", "", with(IndirectSelection::kCautious)),
              ElementsAre("model.shop.orders", "model.shop.stg_orders", "test.shop.relationships",
                          "test.shop.unique_orders_id", "unit_test.shop.orders.sums"));
  EXPECT_THAT(select(shop, "orders", "", with(IndirectSelection::kBuildable)),
              ElementsAre("model.shop.orders", "test.shop.relationships",
                          "test.shop.unique_orders_id", "unit_test.shop.orders.sums"));
  // A unit test's fqn begins with its model's: it is named, not brought along.
  EXPECT_THAT(select(shop, "orders", "", with(IndirectSelection::kEmpty)),
              ElementsAre("model.shop.orders", "unit_test.shop.orders.sums"));
}

TEST(Select, ByEachMethod) {
  const Project shop = make_shop();
  const SelectOptions empty = with(IndirectSelection::kEmpty);
  const std::vector<std::pair<std::string, Ids>> cases = {
      {"tag:pii", {"source.shop.stripe.payments"}},
      {"tag:night*",
       {"model.shop.stg_orders", "seed.shop.raw_items", "source.shop.stripe.payments"}},
      {"source:stripe", {"source.shop.stripe.payments"}},
      {"source:stripe.payments+1", {"model.shop.stg_payments", "source.shop.stripe.payments"}},
      {"source:shop.stripe.*", {"source.shop.stripe.payments"}},
      {"exposure:board", {"exposure.shop.board"}},
      {"+exposure:board,resource_type:seed", {"seed.shop.raw_items", "seed.shop.raw_orders"}},
      {"config.materialized:table", {"model.shop.orders"}},
      {"config.meta.owner:sales", {"model.shop.orders"}},
      {"config.severity:error", {"test.shop.unique_orders_id"}},
      {"config.nothing:here", {}},
      {"group:fin*", {"model.shop.stg_payments"}},
      {"access:private", {"model.shop.stg_payments"}},
      {"test_type:singular", {"test.shop.singular"}},
      {"test_type:unit", {"unit_test.shop.orders.sums"}},
      {"test_type:generic", {"test.shop.relationships", "test.shop.unique_orders_id"}},
      {"test_name:uniq*", {"test.shop.unique_orders_id"}},
      {"unit_test:orders.*", {}},
      {"resource_type:snapshot", {}},
      {"package:other", {}},
      {"file:stg_orders.sql", {"model.shop.stg_orders"}},
      {"stg_orders.sql", {"model.shop.stg_orders"}},
      {"file:stg_orders", {"model.shop.stg_orders"}},
  };
  for (const auto& [words, expected] : cases) {
    EXPECT_EQ(select(shop, words, "", empty), expected) << words;
  }
  EXPECT_EQ(select(shop, "package:this").size(), 13U);
}

TEST(Select, RefusesWhatNoMethodTakes) {
  const Project shop = make_shop();
  const Graph graph(shop);
  for (const char* words : {"source:a.b.c.d", "exposure:a.b.c", "resource_type:tabel",
                            "test_type:odd", "version:newest", "state:modified", "result:error",
                            "source_status:fresher", "selector:x", "path:/abs", "path:"}) {
    EXPECT_FALSE(try_select(shop, graph, {words}, {}, {}).has_value()) << words;
  }
}

TEST(Select, ReportsCriteriaWithoutAMatch) {
  const Project shop = make_shop();
  const Graph graph(shop);
  const Selection selection = try_select(shop, graph, {"orders nope"}, {}, {}).value();
  EXPECT_THAT(selection.unmatched, ElementsAre("nope"));
}

TEST(Select, NamedSelectorsKeepTheirExclusions) {
  Project shop = make_shop();
  shop.selectors = value::read_json(
                       R"({"quiet": {"name": "quiet", "definition": {"union": [
                       {"method": "fqn", "value": "orders"},
                       {"exclude": [{"method": "test_name", "value": "unique"}]}]}},
                       "loop": {"name": "loop", "definition": "selector:loop"}})")
                       .value();
  EXPECT_THAT(
      select(shop, "selector:quiet"),
      ElementsAre("model.shop.orders", "test.shop.relationships", "unit_test.shop.orders.sums"));
  const Graph graph(shop);
  EXPECT_FALSE(try_select(shop, graph, {"selector:loop"}, {}, {}).has_value());
}

TEST(Select, BlankFilesOnlyWhenAskedFor) {
  Project shop = make_shop();
  shop.nodes["model.shop.stg_items"]->raw_code = " \n";
  EXPECT_THAT(select(shop, "stg_items"), IsEmpty());
  SelectOptions options;
  options.keep_empty = true;
  EXPECT_THAT(select(shop, "stg_items", "", options), ElementsAre("model.shop.stg_items"));
}

/// Laws that hold for any criteria, whatever the graph.
TEST(Select, ObeysSetLaws) {
  const Project shop = make_shop();
  std::mt19937 random(5);
  const Ids criteria = {"orders",
                        "+orders",
                        "stg_*+",
                        "@stg_orders",
                        "1+orders",
                        "tag:nightly",
                        "source:*",
                        "orders+1",
                        "2+dim",
                        "test_type:data",
                        "resource_type:model",
                        "exposure:*",
                        "nope"};
  const SelectOptions options = with(IndirectSelection::kEmpty);
  const auto set_of = [&](const std::string& words, const std::string& exclude = "") {
    const Ids ids = select(shop, words, exclude, options);
    return std::set<std::string>(ids.begin(), ids.end());
  };
  for (int round = 0; round < 150; ++round) {
    const std::string a = criteria[random() % criteria.size()];
    const std::string b = criteria[random() % criteria.size()];
    const std::set<std::string> both_a = set_of(a);
    const std::set<std::string> both_b = set_of(b);
    std::set<std::string> joined, common, rest;
    std::set_union(both_a.begin(), both_a.end(), both_b.begin(), both_b.end(),
                   std::inserter(joined, joined.end()));
    std::set_intersection(both_a.begin(), both_a.end(), both_b.begin(), both_b.end(),
                          std::inserter(common, common.end()));
    std::set_difference(both_a.begin(), both_a.end(), both_b.begin(), both_b.end(),
                        std::inserter(rest, rest.end()));
    EXPECT_EQ(set_of(a + " " + b), joined) << a << " " << b;
    EXPECT_EQ(set_of(a + "," + b), common) << a << "," << b;
    EXPECT_EQ(set_of(a, b), rest) << a << " without " << b;
  }
}

/// The state of a project as its manifest.
PreviousState state_of(const Project& project) {
  PreviousState state;
  state.manifest = value::read_json(manifest_json(project, make_graph_maps(project), {})).value();
  return state;
}

TEST(SelectState, NothingIsModifiedAgainstItself) {
  const Project shop = make_shop();
  const PreviousState state = state_of(shop);
  SelectOptions options;
  options.state = &state;
  EXPECT_THAT(select(shop, "state:modified", "", options), IsEmpty());
  EXPECT_THAT(select(shop, "state:new", "", options), IsEmpty());
  EXPECT_EQ(select(shop, "state:unmodified", "", options).size(), 13U);
  EXPECT_EQ(select(shop, "state:old", "", options).size(), 13U);
}

TEST(SelectState, WarnsOfSeedsTooLargeToCompare) {
  const auto events = [](const char* before_name, const char* before, const char* now) {
    Project old = make_shop();
    old.nodes["seed.shop.raw_items"]->checksum = {before_name, before};
    const PreviousState state = state_of(old);
    SelectOptions options = with(IndirectSelection::kEmpty);
    options.state = &state;
    Project shop = make_shop();
    shop.nodes["seed.shop.raw_items"]->checksum = {"path", now};
    std::vector<std::string> found;
    const Graph graph(shop);
    const Result<Selection> selection = try_select(shop, graph, {"state:modified"}, {}, options);
    EXPECT_TRUE(selection.has_value());
    if (!selection) return found;
    for (const Warning& each : selection->warnings) found.push_back(each.event);
    found.emplace_back(selection->nodes.empty() ? "same" : "modified");
    return found;
  };
  EXPECT_THAT(events("path", "seeds/a.csv", "seeds/a.csv"),
              ElementsAre("SeedExceedsLimitSamePath", "same"));
  EXPECT_THAT(events("path", "seeds/b.csv", "seeds/a.csv"),
              ElementsAre("SeedExceedsLimitAndPathChanged", "modified"));
  EXPECT_THAT(events("sha256", "0123", "seeds/a.csv"), ElementsAre("SeedIncreased", "modified"));
}

TEST(SelectState, TellsKindsOfChangeApart) {
  const Project before = make_shop();
  const PreviousState state = state_of(before);
  SelectOptions options = with(IndirectSelection::kEmpty);
  options.state = &state;
  Project now = make_shop();
  now.nodes["model.shop.orders"]->raw_code = "select 2";
  now.nodes["model.shop.stg_items"]->unrendered_config.set("materialized", "table");
  now.nodes["model.shop.stg_payments"]->unrendered_config.set("schema", "other");
  now.nodes["model.shop.stg_orders"]->unrendered_config.set("tags", "anything");
  now.nodes["seed.shop.raw_items"]->checksum.checksum = "other";
  add_node(now, "model.shop.fresh");
  EXPECT_THAT(select(now, "state:modified.body", "", options),
              ElementsAre("model.shop.fresh", "model.shop.orders", "seed.shop.raw_items"));
  EXPECT_THAT(select(now, "state:modified.configs", "", options),
              ElementsAre("model.shop.fresh", "model.shop.stg_items"));
  EXPECT_THAT(select(now, "state:modified.relation", "", options),
              ElementsAre("model.shop.fresh", "model.shop.stg_payments"));
  EXPECT_THAT(select(now, "state:new", "", options), ElementsAre("model.shop.fresh"));
  EXPECT_THAT(select(now, "state:modified", "", options),
              ElementsAre("model.shop.fresh", "model.shop.orders", "model.shop.stg_items",
                          "model.shop.stg_payments", "seed.shop.raw_items"));
}

TEST(SelectState, FollowsMacros) {
  Project before = make_shop();
  const auto add_macro = [](Project& project, const std::string& name, const std::string& text,
                            std::vector<std::string> uses) {
    auto macro = std::make_unique<Macro>();
    macro->unique_id = "macro.shop." + name;
    macro->name = name;
    macro->macro_sql = text;
    macro->depends_on_macros = std::move(uses);
    project.macros[macro->unique_id] = std::move(macro);
  };
  add_macro(before, "outer", "x", {"macro.shop.inner"});
  add_macro(before, "inner", "y", {"macro.shop.outer"});
  before.nodes["model.shop.orders"]->depends_on_macros = {"macro.shop.outer"};
  const PreviousState state = state_of(before);
  SelectOptions options = with(IndirectSelection::kEmpty);
  options.state = &state;
  EXPECT_THAT(select(before, "state:modified.macros", "", options), IsEmpty());
  before.macros["macro.shop.inner"]->macro_sql = "z";
  EXPECT_THAT(select(before, "state:modified.macros", "", options),
              ElementsAre("model.shop.orders"));
}

TEST(SelectState, RefusesToBreakTheContractOfAVersion) {
  Project before = make_shop();
  Value contract = Value::map();
  contract.set("enforced", true);
  Node& dim = *before.nodes["model.shop.dim.v2"];
  dim.config.set("contract", contract);
  dim.contract = Value::map();
  dim.contract.set("checksum", "before");
  Column id;
  id.name = "id";
  id.data_type = "int";
  dim.columns.emplace_back("id", id);
  const PreviousState state = state_of(before);
  SelectOptions options = with(IndirectSelection::kEmpty);
  options.state = &state;
  EXPECT_THAT(select(before, "state:modified.contract", "", options), IsEmpty());
  dim.columns.clear();
  dim.contract.set("checksum", "after");
  const Graph graph(before);
  const Result<Selection> refused = try_select(before, graph, {"state:modified"}, {}, options);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::kViolation);
  dim.version = Value();
  EXPECT_THAT(select(before, "state:modified.contract", "", options),
              ElementsAre("model.shop.dim.v2"));
}

TEST(SelectResult, LooksAtTheLastRun) {
  const Project shop = make_shop();
  PreviousState state;
  state.run_results = value::read_json(R"({"results": [
      {"unique_id": "model.shop.orders", "status": "error"},
      {"unique_id": "model.shop.stg_items", "status": "success"}]})")
                          .value();
  state.sources = value::read_json(R"({"results": [{"unique_id": "source.shop.stripe.payments",
      "max_loaded_at": "2026-01-01T00:00:00Z"}]})")
                      .value();
  state.current_sources = value::read_json(R"({"results": [
      {"unique_id": "source.shop.stripe.payments", "max_loaded_at": "2026-01-02T00:00:00Z"}]})")
                              .value();
  SelectOptions options = with(IndirectSelection::kEmpty);
  options.state = &state;
  EXPECT_THAT(select(shop, "result:error", "", options), ElementsAre("model.shop.orders"));
  EXPECT_THAT(select(shop, "source_status:fresher", "", options),
              ElementsAre("source.shop.stripe.payments"));
}

}  // namespace
}  // namespace floe::dbt
