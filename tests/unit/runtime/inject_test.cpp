// SPDX-License-Identifier: Apache-2.0
#include "runtime/inject.h"

#include "dbt/context/base_context.h"

#include <gtest/gtest.h>

namespace floe::runtime {
namespace {

const std::vector<dbt::InjectedCte> kCte = {{"model.p.e", " __dbt__cte__e as (\nselect 1\n)"}};

TEST(Inject, NothingWithoutCtes) {
  EXPECT_EQ(inject_ctes("select 1; select 2", {}), "select 1; select 2");
}

TEST(Inject, MakesAWithClause) {
  EXPECT_EQ(inject_ctes("\n select * from __dbt__cte__e", kCte),
            "\n with __dbt__cte__e as (\nselect 1\n) select * from __dbt__cte__e");
}

TEST(Inject, JoinsAnExistingWithClause) {
  EXPECT_EQ(
      inject_ctes("-- with a comment\nWITH a as (select 1) select * from a", kCte),
      "-- with a comment\nWITH  __dbt__cte__e as (\nselect 1\n), a as (select 1) select * from "
      "a");
  EXPECT_EQ(inject_ctes("with recursive r as (select 1) select 1", kCte),
            "with recursive  __dbt__cte__e as (\nselect 1\n), r as (select 1) select 1");
}

TEST(Inject, CommentsBelongToTheQueryWithoutWith) {
  EXPECT_EQ(inject_ctes("/* c */ select 1", kCte),
            "with __dbt__cte__e as (\nselect 1\n) /* c */ select 1");
}

TEST(Inject, WithInsideParenthesesDoesNotCount) {
  EXPECT_EQ(
      inject_ctes("select * from (with x as (select 1) select * from x)", kCte),
      "with __dbt__cte__e as (\nselect 1\n) select * from (with x as (select 1) select * from "
      "x)");
}

TEST(Inject, OnlyTheFirstStatementSurvives) {
  EXPECT_EQ(inject_ctes("select ';' as a; -- done\nselect 2", kCte),
            "with __dbt__cte__e as (\nselect 1\n) select ';' as a; -- done\n");
}

TEST(Inject, LimitsAreThoseThatAreSet) {
  const std::string sql = "select a from (select 1 as a)";
  EXPECT_NO_THROW(inject_ctes(sql, kCte, {2, 21}));
  EXPECT_THROW(inject_ctes(sql, kCte, {std::nullopt, 10}), dbt::DbtError);
  EXPECT_THROW(inject_ctes(sql, kCte, {1, std::nullopt}), dbt::DbtError);
  EXPECT_NO_THROW(inject_ctes(sql, {}, {0, 0}));
  dbt::Value options = dbt::Value::map();
  options.set("MAX_GROUPING_TOKENS", "7");
  options.set("MAX_GROUPING_DEPTH", nullptr);
  EXPECT_EQ(grouping_limits(options)->tokens, 7);
  EXPECT_FALSE(grouping_limits(options)->depth.has_value());
  options.set("MAX_GROUPING_DEPTH", "many");
  EXPECT_FALSE(grouping_limits(options).has_value());
  options.set("MAX", 1);
  EXPECT_FALSE(grouping_limits(options).has_value());
}

}  // namespace
}  // namespace floe::runtime
