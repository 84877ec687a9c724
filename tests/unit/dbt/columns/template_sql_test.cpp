// SPDX-License-Identifier: Apache-2.0
// The SQL that stands in templates, whole or in pieces, and what it defines.
#include "dbt/columns/template_sql.h"

#include "dbt/columns/defined_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace floe::dbt {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string kValue(1, kUnreadValue);
const std::string kCall(1, kUnreadCall);

std::vector<std::string> texts(std::string_view source) { return template_sql(source).texts; }

bool may_define(std::string_view source) {
  const std::vector<std::string> all = texts(source);
  return std::any_of(all.begin(), all.end(), [](const std::string& text) {
    return may_define_more(text) || !defined_names(text).empty();
  });
}

TEST(TemplateSql, StringsThatAreJoinedAreOneText) {
  EXPECT_THAT(texts("{% do run_query('create ' ~ \"or replace macro f\" ~ args) %}"),
              Contains("create or replace macro f" + kValue));
  EXPECT_THAT(texts("{% do f(name ~ ' b' + x.y(1)) %}"), Contains(kValue + " b" + kValue));
  EXPECT_THAT(texts("{% do f('a', 'b') %}"), ElementsAre("a", "b", ";"));
  EXPECT_THAT(texts("{{ 'a {} %s'.format(x) }}"), Contains("a " + kValue + " " + kValue));
}

TEST(TemplateSql, ExpressionsInSqlAreReadAsFarAsTheyAreTexts) {
  EXPECT_THAT(texts("create {{ 'or replace' }} macro {{ name }}(x)"),
              Contains("create or replace macro " + kValue + "(x)"));
  EXPECT_THAT(texts("select {{ 'a' if x else 'b' }}"), Contains("select " + kValue));
  EXPECT_THAT(texts("alter {{ package.f(x) }}"), Contains("alter " + kCall));
  EXPECT_THAT(texts("{{ f('x') }}"), ElementsAre("x"));
}

TEST(TemplateSql, ConditionsDoNotEndAStatement) {
  EXPECT_THAT(texts("create {% if x %}temp{% endif %} table"), Contains("create  temp  table"));
  EXPECT_THAT(texts("select 1{% do f() %}select 2"), Contains("select 1;select 2"));
}

TEST(TemplateSql, KnowsWhatRunsUnread) {
  for (const char* unread : {"{% do run_query(sql) %}", "{% do adapter.execute(a ~ b) %}",
                             "{% call statement('x') %} {{ sql }}{% endcall %}",
                             "{% set sql = f() %}{% do run_query(sql) %}",
                             "{% set sql = 'a' %}{% set sql = f() %}{% do run_query(sql) %}"}) {
    EXPECT_TRUE(template_sql(unread).runs_unread) << unread;
  }
  for (const char* read :
       {"{% do run_query('select 1') %}", "{% set sql %}a{% endset %}{% do run_query(sql) %}",
        "{% set sql = 'insert into ' ~ t %}{% call statement('x') %}{{ sql }}{% endcall %}",
        "{% do run_query(make(1)) %}", "{% if execute and x %}{% endif %}",
        "{% call statement('x') %}drop table {{ t }}{% endcall %}"}) {
    EXPECT_FALSE(template_sql(read).runs_unread) << read;
  }
}

TEST(TemplateSql, WordsAreNamesAndStringsOfExpressions) {
  const TemplateSql read = template_sql("word {{ Called(adapter.dispatch('made', 'pkg')) }}");
  EXPECT_THAT(read.words, Contains("called"));
  EXPECT_THAT(read.words, Contains("made"));
  EXPECT_THAT(read.words, Not(Contains("word")));
}

TEST(TemplateSql, StatementsHaveNoComments) {
  EXPECT_THAT(sql_statements("-- a; b\nSET x = 1; /* c; */ ;Drop t"),
              ElementsAre("set x = 1", "drop t"));
  EXPECT_THAT(sql_statements("-- only"), IsEmpty());
}

TEST(TemplateSql, WhatMayDefineAFunction) {
  for (const char* defines :
       {"create macro f(x) as x", "create {{ kind }} f(x) as x", "create or {{ x }} f(x) as x",
        "{{ verb }} macro f(x) as x", "{% do send(['create or replace', 'macro f()']) %}",
        "create {% if x %}or replace{% else %}temp{% endif %} macro f(x) as x",
        "{% do run_query('cre' ~ 'ate type t as int') %}"}) {
    EXPECT_TRUE(may_define(defines)) << defines;
  }
  for (const char* not_defines :
       {"create table {{ t }} as select 1", "create or replace temp view v as select 1",
        "-- create {{ x }}", "select created from {{ t }}", "{{ x }} functions"}) {
    EXPECT_FALSE(may_define(not_defines)) << not_defines;
  }
}

}  // namespace
}  // namespace floe::dbt
