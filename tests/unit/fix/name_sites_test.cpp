// SPDX-License-Identifier: Apache-2.0
#include "fix/name_sites.h"

#include <gtest/gtest.h>

namespace floe::fix {
namespace {

/// The text with every site as <name>, `package` before it if there is one.
std::string marked(const std::string& text, const std::vector<NameSite>& sites) {
  std::string out = text;
  for (auto site = sites.rbegin(); site != sites.rend(); ++site) {
    EXPECT_EQ(text.substr(site->begin, site->end - site->begin), site->name);
    out.replace(site->begin, site->end - site->begin,
                "<" + (site->package.empty() ? "" : site->package + ":") + site->name + ">");
  }
  return out;
}

std::string in_jinja(const std::string& text) { return marked(text, sites_in_jinja(text)); }

TEST(NameSites, FormsOfRef) {
  EXPECT_EQ(in_jinja("{{ ref('a') }} {{ref(\"b\")}}"), "{{ ref('<a>') }} {{ref(\"<b>\")}}");
  EXPECT_EQ(in_jinja("{{ ref( 'p' ,\n 'a' ) }}"), "{{ ref( 'p' ,\n '<p:a>' ) }}");
  EXPECT_EQ(in_jinja("{{ ref('a', v=2) }}{{ ref('a', version='x') }}"),
            "{{ ref('<a>', v=2) }}{{ ref('<a>', version='x') }}");
  EXPECT_EQ(in_jinja("{% set x = builtins.ref('a').include(database=false) %}"),
            "{% set x = builtins.ref('<a>').include(database=false) %}");
  EXPECT_EQ(in_jinja("{{ star(from=ref('a'), except=['ref']) }}"),
            "{{ star(from=ref('<a>'), except=['ref']) }}");
}

TEST(NameSites, OnlyWhatJinjaCalls) {
  for (const char* text :
       {"ref('a')", "{# ref('a') #}", "{% raw %}{{ ref('a') }}{% endraw %}", "{{ \"ref('a')\" }}",
        "{{ ref(name) }}", "{{ ref('a' ~ x) }}", "{{ other.ref('a') }}",
        "{% macro ref(a, b) %}{% endmacro %}", "{{ ref('a\\x41') }}", "{{ ref() }}"}) {
    EXPECT_EQ(in_jinja(text), text);
  }
  EXPECT_EQ(in_jinja("-- {{ ref('a') }}"), "-- {{ ref('<a>') }}");
}

TEST(NameSites, HooksAreTemplatesInTexts) {
  EXPECT_EQ(in_jinja("{{ config(post_hook=\"delete from {{ ref('a') }}\", tags=['b']) }}"),
            "{{ config(post_hook=\"delete from {{ ref('<a>') }}\", tags=['b']) }}");
}

TEST(NameSites, CarriageReturnsCount) {
  EXPECT_EQ(in_jinja("x\r\ny {{ ref('a') }}\r\n{{ ref('b') }}"),
            "x\r\ny {{ ref('<a>') }}\r\n{{ ref('<b>') }}");
}

TEST(NameSites, UniqueIdsAndSnapshots) {
  EXPECT_EQ(in_jinja("{{ graph.nodes['model.shop.orders'].alias }}"),
            "{{ graph.nodes['model.shop.<shop:orders>'].alias }}");
  EXPECT_EQ(in_jinja("{% snapshot history %}{% endsnapshot %}"),
            "{% snapshot <history> %}{% endsnapshot %}");
}

TEST(NameSites, BrokenTemplatesEndWhereTheyBreak) {
  EXPECT_EQ(in_jinja("{{ ref('a') }} {{ ref('b"), "{{ ref('<a>') }} {{ ref('b");
}

TEST(NameSites, ExpressionsAndPython) {
  EXPECT_EQ(marked("ref('a', v=1)", sites_in_expression("ref('a', v=1)")), "ref('<a>', v=1)");
  const std::string python =
      "def model(dbt, session):\n    # dbt.ref('c')\n    t = \"dbt.ref('d')\"\n"
      "    return dbt.ref('a').join(dbt.ref(\"p\", \"b\"))\n";
  EXPECT_EQ(marked(python, sites_in_python(python)),
            "def model(dbt, session):\n    # dbt.ref('c')\n    t = \"dbt.ref('d')\"\n"
            "    return dbt.ref('<a>').join(dbt.ref(\"p\", \"<p:b>\"))\n");
}

TEST(ConfigSites, LiteralsAndPlacesForNewOnes) {
  const std::string text = "{{ config(materialized='view', tags=['a']) }}";
  const auto site = config_site(text, "materialized");
  ASSERT_TRUE(site && site->value);
  EXPECT_EQ(text.substr(site->value->first, site->value->second - site->value->first), "view");
  const auto other = config_site(text, "alias");
  ASSERT_TRUE(other);
  EXPECT_FALSE(other->has_argument);
  EXPECT_EQ(other->first, text.find('m'));
  EXPECT_FALSE(config_site(text, "tags")->value);
  EXPECT_FALSE(config_site("{{ config({'a': 1}) }}", "a"));
  EXPECT_FALSE(config_site("select config('a')", "a"));
  EXPECT_FALSE(config_site("{% if config('a') %}{% endif %}", "a"));
}

TEST(NameSites, AnOwnNameTakenAsAValue) {
  EXPECT_EQ(own_name_in_jinja("select '{{ this.name }}' as n", false), "this.name");
  EXPECT_EQ(own_name_in_jinja("select {{ this.identifier | length }}", false), "this.identifier");
  EXPECT_EQ(own_name_in_jinja("{% set n = model['unique_id'] %}", false), "model.unique_id");
  EXPECT_EQ(own_name_in_jinja("select '{{ this }}' as n", false), "'{{ this }}'");
  EXPECT_EQ(own_name_in_jinja("select * from {{ this }} where {{ this.schema }} = 1", false), "");
  EXPECT_EQ(own_name_in_jinja("{{ config(post_hook=\"log '{{ this.name }}'\") }}", false), "");
  EXPECT_EQ(own_name_in_jinja("{# this.name #} this.name {{ x.this.name }}", false), "");
  // The table's name may be kept, the node's is not.
  EXPECT_EQ(own_name_in_jinja("'{{ this }}' {{ this.name }} {{ model.alias }}", true), "");
  EXPECT_EQ(own_name_in_jinja("'{{ model.name }}'", true), "model.name");
  EXPECT_EQ(own_name_in_python("x = dbt.this.identifier", false), "dbt.this.identifier");
  EXPECT_EQ(own_name_in_python("x = dbt.this.identifier", true), "");
  EXPECT_EQ(own_name_in_python("dbt.ref('a')", false), "");
}

}  // namespace
}  // namespace floe::fix
