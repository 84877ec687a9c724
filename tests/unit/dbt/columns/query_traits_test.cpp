// SPDX-License-Identifier: Apache-2.0
// The form of queries, from syntax trees as DuckDB writes them.
#include "dbt/columns/query_traits.h"

#include "value/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace floe::dbt {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

QueryTraits traits_of(const std::string& node) {
  const auto tree = value::read_json("{\"node\": " + node + "}");
  EXPECT_TRUE(tree) << node;
  return tree ? query_traits(*tree) : QueryTraits();
}

std::string select(const std::string& items, const std::string& from,
                   const std::string& more = "") {
  return R"({"type":"SELECT_NODE","select_list":[)" + items + R"(],"from_table":)" + from + more +
         "}";
}

std::string table(const std::string& name) {
  return R"({"type":"BASE_TABLE","table_name":")" + name + "\"}";
}

std::string with(const std::string& name, const std::string& query) {
  return R"(,"cte_map":{"map":[{"key":")" + name + R"(","value":{"query":{"node":)" + query +
         "}}}]}";
}

const std::string kStar = R"({"class":"STAR","type":"STAR"})";
const std::string kColumn = R"({"class":"COLUMN_REF","column_names":["a"]})";

TEST(QueryTraits, AStarOverARelationTakesAll) {
  EXPECT_TRUE(traits_of(select(kStar, table("orders"))).takes_all);
  EXPECT_FALSE(traits_of(select(kColumn, table("orders"))).takes_all);
}

TEST(QueryTraits, AStarOverNamedColumnsDoesNot) {
  const std::string named = with("f", select(kColumn, table("orders")));
  EXPECT_FALSE(traits_of(select(kStar, table("f"), named)).takes_all);
  const std::string all = with("f", select(kStar, table("orders")));
  EXPECT_TRUE(traits_of(select(kStar, table("F"), all)).takes_all);
  EXPECT_FALSE(traits_of(select(kColumn, table("f"), all)).takes_all);
  // An ephemeral model is another relation.
  const std::string ephemeral = with("__dbt__cte__e", select(kColumn, table("orders")));
  EXPECT_TRUE(traits_of(select(kStar, table("__dbt__cte__e"), ephemeral)).takes_all);
}

TEST(QueryTraits, AStarOfOneSideOfAJoinIsThatSides) {
  const std::string named = with("f", select(kColumn, table("orders")));
  const std::string join =
      R"({"type":"JOIN","left":)" + table("f") + R"(,"right":)" + table("people") + "}";
  const auto star_of = [](const std::string& name) {
    return R"({"class":"STAR","relation_name":")" + name + "\"}";
  };
  EXPECT_TRUE(traits_of(select(kStar, join, named)).takes_all);
  EXPECT_FALSE(traits_of(select(star_of("f"), join, named)).takes_all);
  EXPECT_TRUE(traits_of(select(star_of("people"), join, named)).takes_all);
}

TEST(QueryTraits, SetOperationsAndSubqueriesAreSeenThrough) {
  const std::string star = select(kStar, table("orders"));
  const std::string column = select(kColumn, table("orders"));
  const auto both = [](const std::string& left, const std::string& right) {
    return R"({"type":"SET_OPERATION_NODE","left":)" + left + R"(,"right":)" + right + "}";
  };
  EXPECT_TRUE(traits_of(both(column, star)).takes_all);
  EXPECT_FALSE(traits_of(both(column, column)).takes_all);
  const auto subquery = [](const std::string& query) {
    return R"({"type":"SUBQUERY","subquery":{"node":)" + query + "}}";
  };
  EXPECT_TRUE(traits_of(select(kStar, subquery(star))).takes_all);
  EXPECT_FALSE(traits_of(select(kStar, subquery(column))).takes_all);
}

TEST(QueryTraits, CallsThatDifferFromRunToRun) {
  const auto call = [](const std::string& name) {
    return R"({"class":"FUNCTION","function_name":")" + name + "\"}";
  };
  const std::string nested =
      R"({"class":"FUNCTION","function_name":"lower","children":[)" + call("UUID") + "]}";
  const std::string word = R"({"class":"COLUMN_REF","column_names":["current_date"]})";
  const std::string of_table = R"({"class":"COLUMN_REF","column_names":["t","current_date"]})";
  EXPECT_THAT(traits_of(select(nested + "," + word + "," + word, table("t"))).changing,
              ElementsAre("uuid()", "current_date"));
  EXPECT_THAT(traits_of(select(of_table + "," + call("md5"), table("t"))).changing, IsEmpty());
  EXPECT_THAT(
      traits_of(select(kColumn, table("t"),
                       R"(,"where_clause":{"class":"COMPARISON","right":)" + call("now") + "}"))
          .changing,
      ElementsAre("now()"));
  const std::string now = R"({"class":"COLUMN_REF","column_names":["now"]})";
  EXPECT_THAT(traits_of(select(now, table("t"))).changing, IsEmpty());
}

TEST(QueryTraits, SamplesDifferUnlessTheyHaveASeed) {
  EXPECT_THAT(traits_of(select(kColumn, table("t"), R"(,"sample":{"seed":-1})")).changing,
              ElementsAre("using sample"));
  EXPECT_THAT(traits_of(select(kColumn, table("t"), R"(,"sample":{"seed":7})")).changing,
              IsEmpty());
}

TEST(QueryTraits, WhatIsNoQueryHasNone) {
  const QueryTraits traits = query_traits(*value::read_json(R"({"statement": 1})"));
  EXPECT_FALSE(traits.takes_all);
  EXPECT_THAT(traits.changing, IsEmpty());
}

}  // namespace
}  // namespace floe::dbt
