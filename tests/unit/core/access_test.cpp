// SPDX-License-Identifier: Apache-2.0
// Access control and retention resolved; whole products are in tests/rules and tests/cases/access.
#include "core/platform/access.h"

#include "core/platform/retention.h"
#include "value/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace floe::core {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

value::Value data(const char* text) { return *value::read_json(text); }

Platform governed() {
  Platform platform;
  platform.name = "acme";
  platform.version = "1.0.0";
  Layer layer;
  layer.name = "gold";
  layer.prefixes = {"gold_"};
  platform.layers = {layer};
  platform.classification = data(
      R"({"levels": ["PUBLIC", "INTERNAL", "SECRET"], "tags": {"pii": {"retention_max_days": 30}}})");
  platform.access_control = data(R"({
    "default": "deny",
    "roles": {"reader": {}, "analyst": {"inherits": ["reader"]}, "admin": {"inherits": ["analyst"]}},
    "groups": {"staff": ["reader", "analyst"]},
    "grants": [
      {"role": "reader", "access": "READ", "layer": "gold", "classification": "INTERNAL"},
      {"role": "admin", "access": "READ_WRITE"},
      {"role": "analyst", "access": "READ", "namespace": "sales.*"}],
    "row_filters": [{"role": "reader", "table": "gold_*", "condition": "x = 1"}],
    "column_masks": [
      {"role": "analyst", "tag": "pii", "mask": "hash"},
      {"role": "reader", "classification": "INTERNAL", "mask": "null"}]})");
  return platform;
}

AccessTarget gold_table() { return {{"gold_people"}, "", "gold"}; }

TEST(AccessModel, RolesReachTheGrantsOfThoseTheyInherit) {
  const Platform platform = governed();
  const AccessModel access(platform);
  const AccessAnswer answer = access.answer({"analyst"}, gold_table());
  ASSERT_EQ(answer.ways.size(), 1u);
  EXPECT_EQ(answer.ways[0].grant->role, "reader");
  EXPECT_THAT(answer.ways[0].roles, ElementsAre("analyst", "reader"));
  EXPECT_EQ(answer.ways[0].filters.size(), 1u);
  ASSERT_EQ(answer.obstacles.size(), 1u);
  EXPECT_EQ(answer.obstacles[0].why, "its namespace is not known");
  EXPECT_FALSE(answer.may_write());
  EXPECT_TRUE(access.answer({"admin"}, gold_table()).may_write());
  EXPECT_THAT(access.answer({"reader"}, {{"x"}, "", ""}).ways, IsEmpty());
  EXPECT_EQ(access.answer({"analyst"}, {{"x"}, "sales.gold", ""}).ways.size(), 1u);
  EXPECT_THAT(access.answer({"analyst"}, {{"x"}, "hr", ""}).ways, IsEmpty());
}

TEST(AccessModel, AGrantReachesUpToItsLevel) {
  const Platform platform = governed();
  const AccessModel access(platform);
  const AccessWay way = access.answer({"reader"}, gold_table()).ways.at(0);
  EXPECT_TRUE(access.covers(way, {"a", -1, {}}));
  EXPECT_TRUE(access.covers(way, {"a", 1, {}}));
  EXPECT_FALSE(access.covers(way, {"a", 2, {}}));
}

TEST(AccessModel, MasksOfEveryRoleOnTheWayHold) {
  const Platform platform = governed();
  const AccessModel access(platform);
  const AccessWay own = access.answer({"reader"}, gold_table()).ways.at(0);
  EXPECT_EQ(access.mask_of(own, {"a", 1, {"pii"}}), "null");
  EXPECT_EQ(access.mask_of(own, {"a", 0, {"pii"}}), "");
  const AccessWay inherited = access.answer({"analyst"}, gold_table()).ways.at(0);
  EXPECT_EQ(access.mask_of(inherited, {"a", 0, {"pii"}}), "hash");
}

/// An artifact from elsewhere may hold what no manifest can.
TEST(AccessModel, RolesInACircleAndMasksOfNothingDoNoHarm) {
  Platform platform = governed();
  platform.access_control = data(R"({
    "roles": {"a": {"inherits": ["b", "c"]}, "b": {"inherits": ["a", "c"]}, "c": {}},
    "grants": [{"role": "c", "access": "READ"}],
    "column_masks": [{"role": "a", "mask": "null"}]})");
  const AccessModel access(platform);
  const AccessAnswer answer = access.answer({"a"}, gold_table());
  ASSERT_EQ(answer.ways.size(), 1u);
  EXPECT_THAT(answer.ways[0].roles, ElementsAre("a", "c"));
  EXPECT_EQ(access.mask_of(answer.ways[0], {"x", 2, {"pii"}}), "");
}

TEST(AccessModel, OfTwoNamespacesOfALayerNoneIsGuessed) {
  Platform platform = governed();
  platform.namespaces = data(R"([{"name": "a", "layer": "gold"}, {"name": "b", "layer": "gold"}])");
  EXPECT_EQ(namespace_of_layer(platform, "gold"), "");
  platform.layers[0].catalog_namespace = "b";
  EXPECT_EQ(namespace_of_layer(platform, "gold"), "b");
}

TEST(AccessModel, NobodyIsDeniedWithoutAccessControl) {
  Platform platform = governed();
  platform.access_control = value::Value::map();
  EXPECT_FALSE(AccessModel(platform).denies_by_default());
  platform.access_control = data(R"({"default": "allow", "grants": []})");
  EXPECT_FALSE(AccessModel(platform).denies_by_default());
  EXPECT_EQ(AccessModel(platform).answer({"x"}, gold_table()).ways.size(), 1u);
}

TEST(AccessModel, NamespacesGrantAndBelongToLayers) {
  Platform platform = governed();
  platform.namespaces = data(
      R"([{"name": "sales.gold", "layer": "gold", "grants": [{"role": "guest", "access": "READ"}]}])");
  const AccessModel access(platform);
  EXPECT_EQ(namespace_of_layer(platform, "gold"), "sales.gold");
  EXPECT_EQ(layer_of_namespace(platform, "sales.gold"), "gold");
  const AccessAnswer answer = access.answer({"guest"}, {{"t"}, "sales.gold", "gold"});
  ASSERT_EQ(answer.ways.size(), 1u);
  EXPECT_EQ(answer.ways[0].grant->setting, "catalog.namespaces.sales.gold");
}

TEST(AccessModel, IsWrittenForCatalogs) {
  Platform platform = governed();
  platform.namespaces = data(R"([{"name": "sales.gold", "layer": "gold"}, {"name": "hr"}])");
  const value::Value resolved = resolved_access(platform);
  EXPECT_EQ(value::canonical_json(*resolved.find_path("roles.reader")),
            R"({"column_masks":[{"classification":"INTERNAL","mask":"null","role":"reader"}],)"
            R"("grants":[{"access":"READ","classification":"INTERNAL","layer":"gold",)"
            R"("levels":["PUBLIC","INTERNAL"],"namespaces":["sales.gold"],"role":"reader"}],)"
            R"("groups":["staff"],"inherits":[],)"
            R"("row_filters":[{"condition":"x = 1","role":"reader","table":"gold_*"}]})");
  EXPECT_EQ(value::canonical_json(*resolved.find_path("roles.admin.inherits")),
            R"(["analyst","reader"])");
  EXPECT_EQ(resolved.find_path("roles.admin.grants")->size(), 3u);
}

TEST(RetentionPolicy, TheShortestMaximumAndTheLongestMinimumCount) {
  Platform platform = governed();
  platform.retention = data(R"({"default": {"max_days": 900, "min_days": 2},
                                "layers": {"gold": {"max_days": 100}},
                                "tags": {"invoice": {"min_days": 60}}})");
  const RetentionPolicy policy(platform);
  RetentionRange range = policy.range_for("gold", {}, {});
  EXPECT_EQ(range.max_days->days, 100);
  EXPECT_EQ(range.max_days->setting, "governance.retention.layers.gold.max_days");
  EXPECT_EQ(range.min_days->days, 2);
  range = policy.range_for("gold", {"SECRET"}, {"pii"});
  EXPECT_EQ(range.max_days->days, 30);
  EXPECT_EQ(range.max_days->setting, "governance.classification.tags.pii.retention_max_days");
  EXPECT_FALSE(range.contradicts());
  EXPECT_TRUE(policy.range_for("", {}, {"pii", "invoice"}).contradicts());
  EXPECT_EQ(policy.range_for("", {}, {}).max_days->days, 900);
}

TEST(RetentionPolicy, WhatIsSaidOfALayerStandsBeforeTheDefault) {
  Platform platform = governed();
  platform.retention =
      data(R"({"default": {"max_days": 9}, "layers": {"gold": {"max_days": 99}}})");
  EXPECT_EQ(RetentionPolicy(platform).range_for("gold", {}, {}).max_days->days, 99);
}

TEST(RetentionPolicy, IsWrittenWithEveryLayerLevelAndTag) {
  Platform platform = governed();
  platform.retention = data(
      R"({"default": {"max_days": 900, "delete_strategy": "hard_delete"},
          "classifications": {"SECRET": {"max_days": 10}}, "snapshots": {"keep_last": 3}})");
  EXPECT_EQ(value::canonical_json(effective_retention(platform)),
            R"({"classifications":{"INTERNAL":{"delete_strategy":"hard_delete","max_days":900},)"
            R"("PUBLIC":{"delete_strategy":"hard_delete","max_days":900},)"
            R"("SECRET":{"delete_strategy":"hard_delete","max_days":10}},)"
            R"("default":{"delete_strategy":"hard_delete","max_days":900},)"
            R"("layers":{"gold":{"delete_strategy":"hard_delete","max_days":900}},)"
            R"("snapshots":{"keep_last":3},)"
            R"("tags":{"pii":{"delete_strategy":"hard_delete","max_days":30}}})");
}

}  // namespace
}  // namespace floe::core
