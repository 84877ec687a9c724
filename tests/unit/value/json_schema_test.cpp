// SPDX-License-Identifier: Apache-2.0
// What the public suite does not look at: places, messages, bounds, schemas that are refused.
#include "value/json_schema.h"

#include "value/json.h"
#include "value/uri.h"
#include "value/yaml.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace floe::value {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> issues_in(std::string_view schema, const Value& instance) {
  const auto compiled = compile_json_schema(read_json(schema).value());
  if (!compiled) return {"refused: " + compiled.error().message};
  std::vector<std::string> lines;
  for (const SchemaIssue& issue : validate(*compiled, instance)) {
    lines.push_back(fmt::format("{} {}: {}", issue.instance_path, issue.keyword, issue.message));
  }
  return lines;
}

std::vector<std::string> issues_of(std::string_view schema, std::string_view instance) {
  return issues_in(schema, read_json(instance).value());
}

std::string refusal_of(std::string_view schema) {
  const auto compiled = compile_json_schema(read_json(schema).value());
  return compiled ? "" : compiled.error().message;
}

TEST(JsonSchema, CollectsEveryIssueWithItsPath) {
  const std::string_view schema = R"({
    "type": "object", "required": ["name"], "additionalProperties": false,
    "properties": {"name": {"type": "string"}, "ports": {"items": {"type": "integer", "maximum": 9}}}})";
  EXPECT_THAT(issues_of(schema, R"({"ports": [1, 1.5, 10, 2.0], "a/b": 1})"),
              ElementsAre(" required: must have the key 'name'",
                          "/ports/1 type: must be a whole number, not a number",
                          "/ports/2 maximum: must be at most 9",
                          "/a~1b additionalProperties: is a key that is not known here"));
  EXPECT_THAT(issues_of(schema, R"({"name": "x", "ports": []})"), ElementsAre());
}

TEST(JsonSchema, SaysWhichAlternativeWasNearest) {
  const std::string_view schema = R"({"anyOf": [
    {"type": "string"}, {"properties": {"size": {"minimum": 1}}, "type": "object"}]})";
  EXPECT_THAT(issues_of(schema, R"({"size": 0})"),
              ElementsAre(" anyOf: fits none of the 2 alternatives: /size must be at least 1"));
}

TEST(JsonSchema, SpansAreThoseOfTheValueOrTheKey) {
  diag::SourceMap sources;
  diag::Sink sink;
  const diag::Source& source = sources.add("x.yaml", "a: 1\nb: text\n");
  const Value value = read_yaml(source, {}, sink);
  const auto schema = compile_json_schema(
      read_json(R"({"properties": {"b": {"type": "integer"}}, "additionalProperties": false})")
          .value());
  const auto issues = validate(schema.value(), value);
  ASSERT_EQ(issues.size(), 2u);
  EXPECT_EQ(issues[0].span, source.span(0, 1));
  EXPECT_EQ(issues[1].span, source.span(8, 12));
}

TEST(JsonSchema, LargeAndFractionalNumbersAreExact) {
  EXPECT_THAT(issues_of(R"({"maximum": 9007199254740992})", "9007199254740993").size(), 1u);
  EXPECT_THAT(issues_of(R"({"const": 9007199254740993})", "9007199254740992.0").size(), 1u);
  EXPECT_THAT(issues_of(R"({"enum": [1.0]})", "1"), ElementsAre());
  EXPECT_THAT(issues_of(R"({"multipleOf": 0.01})", "19.99"), ElementsAre());
  EXPECT_THAT(issues_of(R"({"multipleOf": 0.01})", "19.995").size(), 1u);
  EXPECT_THAT(issues_of(R"({"multipleOf": 3})", "-9223372036854775808").size(), 1u);
  EXPECT_THAT(issues_of(R"({"multipleOf": 1e-300})", "9223372036854775807"), ElementsAre());
  EXPECT_THAT(issues_of(R"({"type": "integer"})", "1e300"), ElementsAre());
}

TEST(JsonSchema, DatesOfYamlAreStrings) {
  EXPECT_THAT(
      issues_in(R"({"type": "string", "pattern": "^\\d{4}"})", Value::timestamp("2024-01-01")),
      ElementsAre());
}

TEST(JsonSchema, ReferencesWithoutEndAreGivenUp) {
  EXPECT_THAT(issues_of(R"({"$ref": "#"})", "1"), ElementsAre(HasSubstr("go in circles")));
  EXPECT_THAT(issues_of(R"({"allOf": [{"$ref": "#"}, {"$ref": "#"}]})", "1"),
              ElementsAre(HasSubstr("go in circles")));
  EXPECT_THAT(issues_of(R"({"not": {"$ref": "#"}})", "1"), ElementsAre(HasSubstr("go in circles")));
}

TEST(JsonSchema, ReferencesThatFanOutAreGivenUp) {
  Value definitions = Value::map();
  for (int i = 0; i < 60; ++i) {
    Value next = Value::map();
    next.set("$ref", fmt::format("#/$defs/d{}", i + 1));
    Value part = Value::map();
    part.set("allOf", Value::list({next, next}));
    definitions.set(fmt::format("d{}", i), part);
  }
  definitions.set("d60", true);
  Value schema = Value::map();
  schema.set("$ref", "#/$defs/d0");
  schema.set("$defs", definitions);
  EXPECT_THAT(issues_of(write_json(schema), "1"), ElementsAre(HasSubstr("too many steps")));
}

TEST(JsonSchema, RefusesWhatIsNoSchema) {
  EXPECT_THAT(refusal_of("1"), HasSubstr("a schema is an object, true or false"));
  EXPECT_THAT(refusal_of(R"({"properties": {"a": {"type": "text"}}})"),
              HasSubstr("at /properties/a: 'type' must be null"));
  EXPECT_THAT(refusal_of(R"({"minLength": -1})"), HasSubstr("'minLength' must be a whole number"));
  EXPECT_THAT(refusal_of(R"({"multipleOf": 0})"), HasSubstr("'multipleOf' must be a number above"));
  EXPECT_THAT(refusal_of(R"({"allOf": []})"), HasSubstr("at least one schema"));
  EXPECT_THAT(refusal_of(R"({"required": ["a", "a"]})"), HasSubstr("each there once"));
  EXPECT_THAT(refusal_of(R"({"pattern": "("})"), HasSubstr("'pattern' is wrong"));
  EXPECT_THAT(refusal_of(R"({"patternProperties": {"[": true}})"),
              HasSubstr("/patternProperties/["));
  EXPECT_THAT(refusal_of(R"({"$id": "a#b"})"), HasSubstr("without a fragment"));
  EXPECT_THAT(refusal_of(R"({"$anchor": "1"})"), HasSubstr("must be a name"));
  EXPECT_THAT(refusal_of(R"({"allOf": [{"$anchor": "a"}, {"$anchor": "a"}]})"), HasSubstr("twice"));
  EXPECT_THAT(refusal_of(R"({"$ref": "#/$defs/none"})"), HasSubstr("no schema of that name"));
  EXPECT_THAT(refusal_of(R"({"$ref": "#%zz"})"), HasSubstr("no schema of that name"));
  EXPECT_THAT(refusal_of(R"({"$ref": "other.json"})"), HasSubstr("no schema of that name"));
  EXPECT_THAT(refusal_of(R"({"$schema": "http://json-schema.org/draft-07/schema#"})"),
              HasSubstr("'$schema' must be"));
}

TEST(JsonSchema, PatternsAreOfEcmaScript) {
  EXPECT_THAT(issues_of(R"({"pattern": "^a$"})", R"("a\n")").size(), 1u);
  EXPECT_THAT(issues_of(R"({"pattern": "^\\u00e9$"})", R"("é")"), ElementsAre());
  EXPECT_THAT(issues_of(R"({"pattern": "^(a)\\1$"})", R"("aa")"), ElementsAre());
}

// The examples of RFC 3986, 5.4.
TEST(Uri, ResolvesReferences) {
  const std::string_view base = "http://a/b/c/d;p?q";
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"g:h", "g:h"},
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q#s"},
      {"g#s", "http://a/b/c/g#s"},
      {";x", "http://a/b/c/;x"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {"..g", "http://a/b/c/..g"},
      {"./../g", "http://a/b/g"},
      {"g/./h", "http://a/b/c/g/h"},
      {"g/../h", "http://a/b/c/h"},
      {"g?y/../x", "http://a/b/c/g?y/../x"}};
  for (const auto& [reference, target] : cases) {
    EXPECT_EQ(resolve_uri(base, reference), target) << reference;
  }
  EXPECT_EQ(resolve_uri("", "a/b"), "a/b");
  EXPECT_EQ(resolve_uri("urn:x:y", "#z"), "urn:x:y#z");
  EXPECT_EQ(percent_decoded("a%2Fb"), "a/b");
  EXPECT_FALSE(percent_decoded("a%2"));
  EXPECT_FALSE(percent_decoded("a%+1"));
}

}  // namespace
}  // namespace floe::value
