// SPDX-License-Identifier: Apache-2.0
#include "dbt/graph/spec.h"
#include "value/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace floe::dbt {
namespace {

using ::testing::HasSubstr;

constexpr IndirectSelection kEager = IndirectSelection::kEager;

SelectSpec criterion(std::string_view text) {
  Result<SelectSpec> spec = parse_criterion(text, kEager);
  EXPECT_TRUE(spec.has_value()) << text;
  return spec ? *spec : SelectSpec();
}

Value json(std::string_view text) { return value::read_json(text).value(); }

TEST(Criterion, TakesNamesPathsAndFiles) {
  EXPECT_EQ(criterion("orders").method, SelectMethod::kFqn);
  EXPECT_EQ(criterion("models/marts").method, SelectMethod::kPath);
  EXPECT_EQ(criterion("orders.SQL").method, SelectMethod::kFile);
  EXPECT_EQ(criterion("orders.py").method, SelectMethod::kFile);
  EXPECT_EQ(criterion("raw.csv").method, SelectMethod::kFile);
  EXPECT_EQ(criterion("a.b.c").method, SelectMethod::kFqn);
}

TEST(Criterion, TakesOperators) {
  const SelectSpec both = criterion("2+tag:x+13");
  EXPECT_TRUE(both.with_parents);
  EXPECT_TRUE(both.with_children);
  EXPECT_EQ(both.parents_depth, 2U);
  EXPECT_EQ(both.children_depth, 13U);
  EXPECT_EQ(both.method, SelectMethod::kTag);
  EXPECT_EQ(both.value, Value("x"));
  EXPECT_TRUE(criterion("@x").with_childrens_parents);
  EXPECT_EQ(criterion("+x").parents_depth, std::nullopt);
  EXPECT_EQ(criterion("0+x").parents_depth, 0U);
}

TEST(Criterion, KeepsWhatOnlyLooksLikeAnOperator) {
  EXPECT_EQ(criterion("a+b").value, Value("a+b"));
  EXPECT_FALSE(criterion("a+b").with_children);
  EXPECT_EQ(criterion("a++").value, Value("a+"));
  EXPECT_EQ(criterion("tag:a:b").value, Value("a:b"));
  EXPECT_EQ(criterion("x2").value, Value("x2"));
  EXPECT_EQ(criterion("").value, Value(""));
}

TEST(Criterion, TakesMethodArguments) {
  const SelectSpec spec = criterion("config.meta.owner:me");
  EXPECT_EQ(spec.method, SelectMethod::kConfig);
  EXPECT_EQ(spec.arguments, (std::vector<std::string>{"meta", "owner"}));
}

TEST(Criterion, RefusesNonsense) {
  const Result<SelectSpec> unknown = parse_criterion("tagg:x", kEager);
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().kind, ErrorKind::kUsage);
  EXPECT_THAT(unknown.error().hint, HasSubstr("tag:"));
  EXPECT_FALSE(parse_criterion("@x+", kEager).has_value());
  EXPECT_FALSE(parse_criterion("99999999999999+x", kEager).has_value());
}

TEST(Criterion, SplitsWhatWasPutTogether) {
  std::mt19937 random(11);
  const std::vector<std::string> methods = {
      "", "tag:", "fqn:", "path:", "config.a.b:", "source:", "test_type:", "state:"};
  const std::vector<std::string> values = {"a", "a.b", "*", "x-y", "m_1", "models", "ä"};
  for (int round = 0; round < 2000; ++round) {
    const bool at = random() % 5 == 0;
    const bool parents = random() % 2 == 0;
    const bool children = !at && random() % 2 == 0;
    const std::string up = random() % 2 == 0 ? "" : std::to_string(random() % 20);
    const std::string down = random() % 2 == 0 ? "" : std::to_string(random() % 20);
    const std::string value = values[random() % values.size()];
    std::string text = at ? "@" : "";
    if (parents) text += up + "+";
    text += methods[random() % methods.size()] + value;
    if (children) text += "+" + down;
    const SelectSpec spec = criterion(text);
    EXPECT_EQ(spec.value, Value(value)) << text;
    EXPECT_EQ(spec.with_childrens_parents, at) << text;
    EXPECT_EQ(spec.with_parents, parents) << text;
    EXPECT_EQ(spec.with_children, children) << text;
    EXPECT_EQ(spec.parents_depth.has_value(), parents && !up.empty()) << text;
    EXPECT_EQ(spec.children_depth.has_value(), children && !down.empty()) << text;
  }
}

TEST(Criterion, SurvivesAnything) {
  std::mt19937 random(3);
  const std::string alphabet = "ab+@:.,*?[]0129 /\\\"'{}\n\xc3\xa4";
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (unsigned i = random() % 14; i > 0; --i) text += alphabet[random() % alphabet.size()];
    (void)parse_criterion(text, kEager);
    (void)parse_selection(std::vector<std::string>{text}, {text}, kEager);
  }
}

TEST(Selection, WordsUniteAndCommasIntersect) {
  const SelectSpec spec =
      parse_selection(std::vector<std::string>{"a b", "c,d"}, {"e"}, kEager).value();
  ASSERT_EQ(spec.kind, SelectSpec::Kind::kDifference);
  const SelectSpec& included = spec.parts[0];
  ASSERT_EQ(included.parts.size(), 3U);
  EXPECT_EQ(included.parts[2].kind, SelectSpec::Kind::kIntersection);
  EXPECT_EQ(included.parts[2].parts.size(), 2U);
  EXPECT_EQ(spec.parts[1].parts.size(), 1U);
}

TEST(Definition, ReadsEveryForm) {
  for (const char* text :
       {R"("tag:x+")", R"({"tag": "x"})", R"({"method": "tag", "value": "x", "children": true})",
        R"({"union": ["a", {"tag": "b"}, {"exclude": ["c", "d"]}]})",
        R"({"intersection": [{"method": "config.materialized", "value": "table"}]})",
        R"({"method": "fqn", "value": "*", "exclude": [{"method": "tag", "value": "x"}]})",
        R"({"method": "fqn", "value": "a", "indirect_selection": "cautious"})"}) {
    EXPECT_TRUE(parse_definition(json(text), kEager).has_value()) << text;
  }
  const SelectSpec spec =
      parse_definition(json(R"({"union": ["a", {"exclude": ["b"]}]})"), kEager).value();
  EXPECT_EQ(spec.kind, SelectSpec::Kind::kDifference);
  const SelectSpec cautious =
      parse_definition(json(R"({"method":"fqn","value":"a","indirect_selection":"cautious"})"),
                       kEager)
          .value();
  EXPECT_EQ(cautious.indirect, IndirectSelection::kCautious);
}

TEST(Definition, RefusesWhatMeansNothing) {
  for (const char* text : {R"([1])", R"(3)", R"({})", R"({"method": "tag"})", R"({"union": "a"})",
                           R"({"union": ["a"], "intersection": ["b"]})",
                           R"({"union": [{"exclude": ["a"]}, {"exclude": ["b"]}]})",
                           R"({"method": "fqn", "value": "a", "indirect_selection": "lazy"})"}) {
    EXPECT_FALSE(parse_definition(json(text), kEager).has_value()) << text;
  }
}

TEST(Definition, IsBoundedInDepth) {
  std::string text = "\"a\"";
  for (int i = 0; i < 60; ++i) text = R"({"union": [)" + text + "]}";
  const Result<Value> deep = value::read_json(text);
  ASSERT_TRUE(deep.has_value());
  EXPECT_TRUE(parse_definition(*deep, kEager).has_value());
  Value endless = Value("a");
  for (int i = 0; i < 200; ++i) {
    Value list = Value::list();
    list.push(endless);
    endless = Value::map();
    endless.set("union", std::move(list));
  }
  EXPECT_FALSE(parse_definition(endless, kEager).has_value());
}

TEST(NormalizedSelectors, SpellTextOut) {
  const Value selectors = json(
      R"({"s": {"name": "s", "default": true, "definition": {"union": ["@tag:x", "1+a+2",
          {"tag": "y"}, {"exclude": ["b"]}]}}})");
  EXPECT_EQ(value::write_json(normalized_selectors(selectors)),
            value::write_json(json(
                R"({"s": {"name": "s", "default": true, "definition": {"union": [
                {"childrens_parents": true, "method": "tag", "value": "x"},
                {"parents": true, "parents_depth": "1", "method": "fqn", "value": "a",
                 "children": true, "children_depth": "2"},
                {"method": "tag", "value": "y"},
                {"exclude": [{"method": "fqn", "value": "b"}]}]}}})")));
  EXPECT_EQ(default_selector(selectors), "s");
}

}  // namespace
}  // namespace floe::dbt
