// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace floe::jinja {
namespace {

using ::testing::ElementsAre;

TEST(JinjaDefinitions, TellWhatIsAtTheTopLevel) {
  const std::string text =
      "-- x\n{% macro a(x: int, y: Optional[List[str]] = none, z='q') -%} b {%- endmacro %}\n"
      "{% materialization tbl, adapter='duckdb', supported_languages=['sql', 'python'] %}m"
      "{% endmaterialization %}{% test t(model) %}x{% endtest %}{% docs d %}hello{% enddocs %}"
      "{% if true %}{% macro hidden() %}{% endmacro %}{% endif %}";
  const TemplateRef source = parse_template(text);
  const auto& found = source->definitions();
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0].internal_name, "dbt_macro__a");
  EXPECT_EQ(found[0].line, 2);
  EXPECT_TRUE(found[0].has_annotations);
  ASSERT_EQ(found[0].params.size(), 3U);
  EXPECT_EQ(found[0].params[1].annotation, "Optional[List[str]]");
  EXPECT_EQ(found[0].params[1].default_source, "none");
  EXPECT_EQ(text.substr(found[0].begin, 8), "{% macro");
  EXPECT_EQ(text.substr(found[0].end - 15, 15), "{%- endmacro %}");
  EXPECT_EQ(text.substr(found[0].content_begin, found[0].content_end - found[0].content_begin),
            " b ");
  EXPECT_EQ(found[1].internal_name, "dbt_macro__materialization_tbl_duckdb");
  EXPECT_THAT(found[1].supported_languages, ElementsAre("sql", "python"));
  EXPECT_EQ(found[2].internal_name, "dbt_macro__test_t");
  EXPECT_EQ(found[3].internal_name, "dbt_docs__d");
}

TEST(JinjaScan, CutsBlocksWithoutParsing) {
  const std::string text =
      "{# {% macro no() %} #}\n {%- macro one(a='%}') -%}\n {{ broken ( }} {% endmacro -%}\n x"
      "{% raw %}{% macro no() %}{% endraw %}{% set q = 1 %}{% snapshot s %}select{% endsnapshot %}";
  std::vector<UnexpectedTag> unexpected;
  const auto blocks = scan_blocks(text, {"macro", "snapshot"}, &unexpected);
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_EQ(blocks[0].name, "one");
  EXPECT_EQ(text.substr(blocks[0].begin, blocks[0].end - blocks[0].begin),
            "\n {%- macro one(a='%}') -%}\n {{ broken ( }} {% endmacro -%}\n ");
  EXPECT_EQ(text.substr(blocks[0].content_begin, blocks[0].content_end - blocks[0].content_begin),
            "{{ broken ( }} ");
  EXPECT_EQ(blocks[1].kind, "snapshot");
  ASSERT_EQ(unexpected.size(), 2U);
  EXPECT_EQ(unexpected[0].kind, "raw");
  EXPECT_EQ(unexpected[1].kind, "set");
  EXPECT_EQ(text.substr(unexpected[1].begin, unexpected[1].end - unexpected[1].begin),
            "{% set q = 1 %}");
}

TEST(JinjaScan, ReportsNestingMistakes) {
  for (const char* text : {"{% macro a() %}", "{% macro a() %}{% macro b() %}{% endmacro %}",
                           "{% if x %}{% macro a() %}{% endmacro %}{% endif %}", "{% endif %}",
                           "{% if x %}{% endfor %}", "{{ 'a }}", "{# x", "{% macro a("}) {
    EXPECT_THROW(scan_blocks(text), TemplateError) << text;
  }
}

TEST(JinjaStatic, ListsCalls) {
  const TemplateRef source = parse_template(
      "{{ config(materialized='table', tags=['a', 'b'], n=-1, v=var('x')) }}"
      "{{ ref('p', 'm', v=2) }}{% if execute %}{{ adapter.dispatch('x', 'pkg')(source(a, 'b')) }}"
      "{% endif %}{{ ref('a') ~ 'x' }}");
  const auto calls = static_calls(*source);
  ASSERT_EQ(calls.size(), 7U);
  EXPECT_EQ(calls[0].callee, "config");
  EXPECT_FALSE(calls[0].all_literal);
  EXPECT_EQ(calls[0].args[1].literal->repr(), "['a', 'b']");
  EXPECT_EQ(calls[0].args[3].source, "var('x')");
  EXPECT_EQ(calls[1].callee, "var");
  EXPECT_EQ(calls[2].callee, "ref");
  EXPECT_TRUE(calls[2].whole_expression);
  EXPECT_TRUE(calls[2].all_literal);
  EXPECT_FALSE(calls[2].conditional);
  EXPECT_EQ(calls[3].callee, "");
  EXPECT_EQ(calls[4].callee, "adapter.dispatch");
  EXPECT_TRUE(calls[4].conditional);
  EXPECT_FALSE(calls[5].args[0].literal.has_value());
  EXPECT_FALSE(calls[6].whole_expression);
  EXPECT_THAT(static_names(*source),
              ElementsAre("config", "var", "ref", "execute", "adapter", "source", "a"));
}

}  // namespace
}  // namespace floe::jinja
