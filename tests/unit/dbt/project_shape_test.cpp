// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/config.h"
#include "dbt/project/config_shapes.h"
#include "dbt/project/property_shapes.h"
#include "dbt/project/version_spec.h"
#include "value/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace floe::dbt {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ShapeTest : public testing::Test {
 protected:
  Value yaml(const std::string& text) {
    value::YamlOptions options;
    options.schema = value::YamlSchema::kYaml11;
    return value::read_yaml(sources_.add("a.yml", text), options, sink_);
  }
  bool fits_yaml(const std::string& text, const Shape& shape) { return fits(yaml(text), shape); }
  /// "LINE:COLUMN at path …: message" of every problem.
  std::vector<std::string> problems(const std::string& text, const Shape& shape) {
    std::vector<std::string> found;
    for (const ShapeProblem& each : shape_problems(yaml(text), shape)) {
      const auto at = sources_.locate(each.span);
      found.push_back(std::to_string(at->line) + ":" + std::to_string(at->column) + " " +
                      each.text());
    }
    return found;
  }
  /// What reading a value as a shape makes of it, as JSON-like text, or "no".
  std::string read(const std::string& text, const Shape& shape) {
    Value value = yaml(text);
    if (!read_as(value, shape)) return "no";
    return value.is_list()     ? "list of " + std::to_string(value.size())
           : value.is_string() ? "'" + value.as_string() + "'"
                               : std::string(value.kind_name());
  }

  diag::SourceMap sources_;
  diag::Sink sink_;
};

TEST_F(ShapeTest, TypesAreThoseOfJsonSchema) {
  EXPECT_TRUE(fits_yaml("1", kInteger));
  EXPECT_TRUE(fits_yaml("1.0", kInteger));
  EXPECT_FALSE(fits_yaml("1.5", kInteger));
  EXPECT_FALSE(fits_yaml("true", kInteger));
  EXPECT_FALSE(fits_yaml("'1'", kInteger));
  EXPECT_FALSE(fits_yaml("true", kNumber));
  EXPECT_TRUE(fits_yaml("1", kNumber));
  EXPECT_FALSE(fits_yaml("1", kBoolean));
  EXPECT_FALSE(fits_yaml("2020-01-01", kText));
  EXPECT_TRUE(fits_yaml("'2020-01-01'", kText));
  EXPECT_FALSE(fits_yaml("null", kText));
  EXPECT_TRUE(fits_yaml("null", kOptionalText));
  EXPECT_TRUE(fits_yaml("{a: 1}", kDict));
  EXPECT_FALSE(fits_yaml("{1: a}", kDict));
  EXPECT_TRUE(fits_yaml("[a, b]", kTextOrTexts));
  EXPECT_FALSE(fits_yaml("[a, 1]", kTextOrTexts));
}

TEST_F(ShapeTest, EveryMistakeOfAnEntryHasItsPathAndPlace) {
  const std::string text =
      "name: orders\n"
      "description: 5\n"
      "columns:\n"
      "  - name: [id]\n"
      "  - tags: [a, 1]\n"
      "docs: {shown: true}\n"
      "meta: {1: x}\n";
  EXPECT_THAT(problems(text, *entry_shape("models", yaml(text))),
              ElementsAre("2:14 at path ['description']: 5 is not of type 'string'",
                          "4:11 at path ['columns'][0]['name']: ['id'] is not of type 'string'",
                          "5:5 at path ['columns'][1]: 'name' is a required property",
                          "5:15 at path ['columns'][1]['tags'][1]: 1 is not of type 'string'",
                          "6:8 at path ['docs']: Additional properties are not allowed ('shown' "
                          "was unexpected)",
                          "7:8 at path ['meta']: the key 1 is not of type 'string'"));
}

TEST_F(ShapeTest, ProblemsSayWhatWasExpectedAndHelp) {
  const auto one = [&](const std::string& text, const Shape& shape) {
    const std::vector<ShapeProblem> found = shape_problems(yaml(text), shape);
    return found.empty() ? std::string("fine")
                         : found.front().expected + " | " + found.front().help;
  };
  EXPECT_EQ(one("5", kText), "a string | put it in quotes: \"5\"");
  EXPECT_EQ(one("'yes'", kOptionalBoolean), "true or false, or null | write true or false");
  EXPECT_EQ(one("a", kTexts), "a list of strings | write it as a list: [a]");
  EXPECT_EQ(one("null", kDict), "a dictionary | give it a value, or remove the key");
  EXPECT_EQ(one("stop", kConfigurationChangeShape), "'apply', 'continue', or 'fail' | ");
  EXPECT_EQ(one("{shw: true}", kDocsShape), "show or node_color | did you mean `show`?");
}

TEST_F(ShapeTest, ConfigsAreReadAsPythonConvertsThem) {
  EXPECT_EQ(read("5", kText), "'5'");
  EXPECT_EQ(read("true", kText), "'True'");
  EXPECT_EQ(read("null", kOptionalText), "null");
  EXPECT_EQ(read("'7'", kOptionalInteger), "a whole number");
  EXPECT_EQ(read("7.9", kOptionalInteger), "a whole number");
  EXPECT_EQ(read("seven", kOptionalInteger), "no");
  EXPECT_EQ(read("abc", kTexts), "list of 3");
  EXPECT_EQ(read("5", kTexts), "no");
  EXPECT_EQ(read("5", kTextOrTexts), "'5'");
  EXPECT_EQ(read("[5]", kTextOrTexts), "list of 1");
  EXPECT_EQ(read("a", kDict), "no");
  EXPECT_EQ(read("TABLE", kExportTypeShape), "'table'");
  EXPECT_EQ(read("file", kExportTypeShape), "no");
  EXPECT_EQ(read("{sql: 1, more: 2}", kHookShape), "a mapping");
  EXPECT_EQ(read("{more: 2}", kHookShape), "no");
}

TEST_F(ShapeTest, ConfigLevelsThatCannotBeReadLeaveTheDefault) {
  const ConfigClass& fields = config_class(ResourceType::kModel);
  Value config = fields.defaults;
  ConfigFindings findings;
  merge_config(fields, config, yaml("{persist_docs: true, meta: null, tags: 5, enabled: 'yes'}"),
               findings);
  check_config(fields, config, findings);
  std::vector<std::string> found;
  for (const ShapeProblem& each : findings.problems) found.push_back(each.text());
  EXPECT_THAT(found, ElementsAre("at path ['persist_docs']: True is not of type 'object'",
                                 "at path ['meta']: None is not of type 'object'",
                                 "at path ['enabled']: 'yes' is not of type 'boolean'"));
  EXPECT_EQ(*config.find("persist_docs"), Value::map());
  EXPECT_EQ(config.find("tags")->as_list().front(), Value("5"));
}

TEST_F(ShapeTest, EntriesHaveRulesBeyondTheirShape) {
  const auto rules = [&](const char* key, const std::string& text) {
    std::vector<std::string> found;
    for (const ShapeProblem& each : entry_rule_problems(key, yaml(text))) {
      found.push_back(each.text());
    }
    return found;
  };
  EXPECT_THAT(rules("groups", "{name: g, owner: {name: null}}"),
              ElementsAre("at path ['owner']: Group owner must have at least one of 'name' or "
                          "'email'."));
  EXPECT_THAT(rules("models", "{name: m, deprecation_date: '1 Jan 2030'}"), IsEmpty());
  EXPECT_THAT(rules("models", "{name: m, deprecation_date: soon}"),
              ElementsAre("at path ['deprecation_date']: 'soon' is not a date"));
  EXPECT_THAT(rules("models", "{name: m, latest_version: 1, versions: [{v: 1.0}]}"), IsEmpty());
}

TEST(VersionSpec, ProjectVersionsAndComparisons) {
  for (const char* good : {"1.0", "1.0.0", "0.2.1-rc.1+b", "1.0.0+7"}) {
    EXPECT_TRUE(is_project_version(good)) << good;
  }
  for (const char* bad : {"1", "01.0", "1.0.0.0", "1.0-rc1", "1.0.0rc1", "one", ""}) {
    EXPECT_FALSE(is_project_version(bad)) << bad;
  }
  for (const char* good : {">=1.0.0", "1.0.0", "=1.0.0-b1", "<2.0.0rc1"}) {
    EXPECT_TRUE(is_version_comparison(good)) << good;
  }
  for (const char* bad : {">=1.0", ">= 1.0.0", "==1.0.0", "~1.0.0", ""}) {
    EXPECT_FALSE(is_version_comparison(bad)) << bad;
  }
}

TEST(DocsColor, NamesAndHexadecimalDigits) {
  for (const char* good : {"red", "RebeccaPurple", "#fff", "#A0b1C2"}) {
    EXPECT_TRUE(is_docs_color(good)) << good;
  }
  for (const char* bad : {"blurple", "#ffff", "fff", "red blue", "#ggg"}) {
    EXPECT_FALSE(is_docs_color(bad)) << bad;
  }
}

}  // namespace
}  // namespace floe::dbt
