// SPDX-License-Identifier: Apache-2.0
#include "fix/yaml_edit.h"

#include <gtest/gtest.h>

namespace floe::fix {
namespace {

using value::Value;

/// A text after an edit that `make` finds in it.
template <class Make>
std::string edited(const std::string& text, Make make) {
  const auto yaml = YamlText::read(text, value::YamlSchema::kYaml11);
  if (!yaml) return "(no YAML)";
  const std::optional<TextEdit> edit = make(*yaml);
  return edit ? *edited_text(text, {*edit}) : "(no edit)";
}

const Value& first_model(const YamlText& yaml) {
  return yaml.root().find("models")->as_list().front();
}

Value member(const std::string& key, Value value) {
  Value map = Value::map();
  map.set(key, std::move(value));
  return map;
}

TEST(YamlEdit, KeepsQuotesOfScalars) {
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"a: x # c\n", "a: it's # c\n"},
           {"a: 'x'\n", "a: 'it''s'\n"},
           {"a: \"x\"\n", "a: \"it's\"\n"},
           {"a: &n x\nb: *n\n", "a: &n it's\nb: *n\n"}}) {
    EXPECT_EQ(
        edited(from,
               [](const YamlText& yaml) { return yaml.replace(*yaml.root().find("a"), "it's"); }),
        to);
  }
  EXPECT_EQ(edited("a: |\n  x\n",
                   [](const YamlText& yaml) { return yaml.replace(*yaml.root().find("a"), "y"); }),
            "(no edit)");
}

TEST(YamlEdit, AddsMembersBehindTheName) {
  const auto add = [](const YamlText& yaml) {
    return yaml.add_member(first_model(yaml), "description", Value("TODO"), "name");
  };
  EXPECT_EQ(edited("models:\n  - name: a # c\n    columns: []\n", add),
            "models:\n  - name: a # c\n    description: TODO\n    columns: []\n");
  EXPECT_EQ(edited("models:\n- name: a", add), "models:\n- name: a\n  description: TODO");
  EXPECT_EQ(edited("models: [{name: a}]\n", add), "models: [{name: a, description: TODO}]\n");
  EXPECT_EQ(edited("models:\r\n  - name: a\r\n", add),
            "models:\r\n  - name: a\r\n    description: TODO\r\n");
}

TEST(YamlEdit, AddsMembersAtTheEndBeforeBlankLines) {
  EXPECT_EQ(edited("models:\n  - name: a\n    sql: |\n      x\n\n\n  - name: b\n",
                   [](const YamlText& yaml) {
                     return yaml.add_member(first_model(yaml), "columns",
                                            Value::list({member("name", "c")}));
                   }),
            "models:\n  - name: a\n    sql: |\n      x\n    columns:\n      - name: c\n\n\n"
            "  - name: b\n");
}

TEST(YamlEdit, AddsItemsAsTheListHasThem) {
  const auto add = [](const YamlText& yaml) {
    return yaml.add_item(*yaml.root().find("l"), Value("x"));
  };
  EXPECT_EQ(edited("l:\n- a # one\n# end\n", add), "l:\n- a # one\n- x\n# end\n");
  EXPECT_EQ(edited("l:\n    - a\nm: 1\n", add), "l:\n    - a\n    - x\nm: 1\n");
  EXPECT_EQ(edited("l: [a, b ]\n", add), "l: [a, b, x ]\n");
  EXPECT_EQ(edited("l: []\n", add), "l: [x]\n");
}

TEST(YamlEdit, MergedMembersAreNotTheMappingsOwn) {
  const std::string text = "m:\n  <<: {k: 1}\n";
  EXPECT_EQ(edited(text,
                   [](const YamlText& yaml) {
                     const Value& map = *yaml.root().find("m");
                     return yaml.add_member(map, "k2", Value(1));
                   }),
            "m:\n  <<: {k: 1}\n  k2: 1\n");
}

TEST(YamlEdit, WhatStandsElsewhereIsNotTouched) {
  const std::string text = "x: &x\n  - {name: a}\nl:\n  - *x\nm: &m\n  <<: {k: 1}\n";
  EXPECT_EQ(edited(text,
                   [](const YamlText& yaml) {
                     return yaml.add_member(*yaml.root().find("m"), "k2", Value(1));
                   }),
            "(no edit)");
  EXPECT_EQ(
      edited(text,
             [](const YamlText& yaml) { return yaml.add_item(*yaml.root().find("l"), Value(1)); }),
      "(no edit)");
}

TEST(YamlEdit, FillsEmptyKeys) {
  EXPECT_EQ(edited("a:\nb: 1\n",
                   [](const YamlText& yaml) {
                     return yaml.fill_member(yaml.root().as_map().front(), Value("TODO"));
                   }),
            "a: TODO\nb: 1\n");
  EXPECT_EQ(edited("a: # none\nb: 1\n",
                   [](const YamlText& yaml) {
                     return yaml.fill_member(yaml.root().as_map().front(),
                                             Value::list({Value("x")}));
                   }),
            "a: # none\n  - x\nb: 1\n");
}

TEST(YamlEdit, RemovesMembersWithTheirLines) {
  EXPECT_EQ(edited("m:\n  a: 1\n  b:\n    - 2\n  c: 3\n",
                   [](const YamlText& yaml) {
                     const Value& map = *yaml.root().find("m");
                     return yaml.remove_member(map, map.as_map()[1]);
                   }),
            "m:\n  a: 1\n  c: 3\n");
}

TEST(YamlEdit, WritesScalarsThatReadAsTheyAre) {
  for (const std::string text : {"plain", "yes", "1", "1:30", "a: b", "a #b", "", "- x", "it's",
                                 "{a}", "two\nlines", "null", "~", "2026-01-01", "x:"}) {
    const auto yaml = YamlText::read("k: " + scalar_text(text) + "\n", value::YamlSchema::kYaml11);
    ASSERT_TRUE(yaml) << text;
    EXPECT_EQ(*yaml->root().find("k"), Value(text)) << scalar_text(text);
  }
}

TEST(YamlEdit, DecodesWithPlaces) {
  const auto single = decode_scalar("'ref(''a'')'");
  ASSERT_TRUE(single);
  EXPECT_EQ(single->text, "ref('a')");
  EXPECT_EQ(single->offsets[5], 7u);
  EXPECT_EQ(decode_scalar("\"a\\\"b\"")->text, "a\"b");
  EXPECT_FALSE(decode_scalar("\"\\x41\""));
}

}  // namespace
}  // namespace floe::fix
