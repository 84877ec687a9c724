// SPDX-License-Identifier: Apache-2.0
// What --warn-error and --warn-error-options make of a warning, and the count of deprecations.
#include "dbt/warnings/warnings.h"

#include "dbt/warnings/events.h"
#include "value/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace floe::dbt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using value::Value;

Value options_of(const std::string& json) {
  const Result<Value> value = value::read_json(json);
  EXPECT_TRUE(value) << json;
  return value ? *value : Value();
}

WarnPolicy policy_of(const std::string& json, bool warn_error = false) {
  const Result<WarnPolicy> policy = WarnPolicy::from_options(options_of(json), warn_error);
  EXPECT_TRUE(policy) << json << (policy ? "" : ": " + policy.error().message);
  return policy ? *policy : WarnPolicy();
}

constexpr std::string_view kPlain = "NoNodeForYamlKey";              // no deprecation
constexpr std::string_view kOld = "ExposureNameDeprecation";         // one
constexpr std::string_view kOlder = "DuplicateYAMLKeysDeprecation";  // another

TEST(WarnPolicy, ShowsEverythingWithoutOptions) {
  EXPECT_EQ(WarnPolicy().verdict(kPlain), Verdict::kShow);
  EXPECT_EQ(policy_of("{}").verdict(kOld), Verdict::kShow);
  EXPECT_EQ(WarnPolicy::from_options(Value(), false)->verdict(kOld), Verdict::kShow);
}

TEST(WarnPolicy, WarnErrorIsStrongerThanSilence) {
  const WarnPolicy policy = policy_of(R"({"silence": ["NoNodeForYamlKey"]})", true);
  EXPECT_EQ(policy.verdict(kPlain), Verdict::kError);
}

TEST(WarnPolicy, NamesMakeErrorsOfSome) {
  const WarnPolicy policy = policy_of(R"({"error": ["NoNodeForYamlKey"]})");
  EXPECT_EQ(policy.verdict(kPlain), Verdict::kError);
  EXPECT_EQ(policy.verdict(kOld), Verdict::kShow);
}

TEST(WarnPolicy, AllHasExceptions) {
  for (const char* all : {"all", "*"}) {
    const WarnPolicy policy = policy_of(std::string(R"({"error": ")") + all +
                                        R"(", "warn": ["NoNodeForYamlKey"],
                                            "silence": ["ExposureNameDeprecation"]})");
    EXPECT_EQ(policy.verdict(kPlain), Verdict::kShow);
    EXPECT_EQ(policy.verdict(kOld), Verdict::kSilence);
    EXPECT_EQ(policy.verdict(kOlder), Verdict::kError);
  }
}

TEST(WarnPolicy, NamesCountForMoreThanTheGroup) {
  const WarnPolicy errors =
      policy_of(R"({"error": ["Deprecations"], "warn": ["ExposureNameDeprecation"]})");
  EXPECT_EQ(errors.verdict(kOld), Verdict::kShow);
  EXPECT_EQ(errors.verdict(kOlder), Verdict::kError);
  EXPECT_EQ(errors.verdict(kPlain), Verdict::kShow);
  const WarnPolicy silent =
      policy_of(R"({"error": ["ExposureNameDeprecation"], "silence": ["Deprecations"]})");
  EXPECT_EQ(silent.verdict(kOld), Verdict::kError);
  EXPECT_EQ(silent.verdict(kOlder), Verdict::kSilence);
  EXPECT_EQ(silent.verdict(kPlain), Verdict::kShow);
}

TEST(WarnPolicy, TheGroupCountsForMoreThanAll) {
  const WarnPolicy warns = policy_of(R"({"error": "all", "warn": ["Deprecations"]})");
  EXPECT_EQ(warns.verdict(kOld), Verdict::kShow);
  EXPECT_EQ(warns.verdict(kPlain), Verdict::kError);
  EXPECT_EQ(policy_of(R"({"error": "all", "silence": ["Deprecations"]})").verdict(kOld),
            Verdict::kSilence);
}

TEST(WarnPolicy, SilenceBeatsWarnBeatsError) {
  const WarnPolicy both =
      policy_of(R"({"error": ["NoNodeForYamlKey", "Deprecations"], "warn": ["NoNodeForYamlKey"]})");
  EXPECT_EQ(both.verdict(kPlain), Verdict::kShow);
  const WarnPolicy three = policy_of(
      R"({"error": "all", "warn": ["NoNodeForYamlKey"], "silence": ["NoNodeForYamlKey"]})");
  EXPECT_EQ(three.verdict(kPlain), Verdict::kSilence);
}

TEST(WarnPolicy, TakesTheOldKeys) {
  const WarnPolicy policy = policy_of(R"({"include": "all", "exclude": ["NoNodeForYamlKey"]})");
  EXPECT_EQ(policy.verdict(kPlain), Verdict::kShow);
  EXPECT_EQ(policy.verdict(kOld), Verdict::kError);
  EXPECT_TRUE(policy.used_include());
  EXPECT_TRUE(policy.used_exclude());
  EXPECT_EQ(value::write_json(policy.options()),
            R"({"error":"all","warn":["NoNodeForYamlKey"],"silence":[]})");
}

TEST(WarnPolicy, IgnoresNamesOfTheSecondEngine) {
  const WarnPolicy policy =
      policy_of(R"({"error": ["YamlInvalid", "AccessDenied", "NoNodeForYamlKey"]})");
  EXPECT_THAT(policy.ignored(), ElementsAre("AccessDenied", "YamlInvalid"));
  EXPECT_EQ(policy.verdict(kPlain), Verdict::kError);
}

TEST(WarnPolicy, RefusesWhatDbtRefuses) {
  for (const auto& [json, message] : std::vector<std::pair<const char*, const char*>>{
           {R"({"error": ["Bogus"]})", "'Bogus'"},
           {R"({"silence": [1]})", "not the name of a warning"},
           {R"({"error": "NoNodeForYamlKey"})", "`all` or a list"},
           {R"({"error": {"a": 1}})", "a list of names"},
           {R"({"error": ["all"]})", "'all'"},
           {R"({"warn": ["NoNodeForYamlKey"]})", "makes exceptions"},
           {R"({"error": "all", "include": "all"})", "`include` and `error`"},
           {R"({"error": "all", "warn": ["Note"], "exclude": ["Note"]})", "`exclude` and `warn`"},
           {R"([])", "must be a mapping"}}) {
    const Result<WarnPolicy> policy = WarnPolicy::from_options(options_of(json), false);
    ASSERT_FALSE(policy) << json;
    EXPECT_THAT(policy.error().message, HasSubstr(message)) << json;
  }
}

TEST(Warnings, ShowsADeprecationOnceAndCountsAll) {
  Warnings warnings;
  const Warning old{std::string(kOld), "text"};
  EXPECT_EQ(warnings.meet(old), Verdict::kShow);
  EXPECT_EQ(warnings.meet(old), Verdict::kSilence);
  EXPECT_EQ(warnings.meet({std::string(kPlain), "text"}), Verdict::kShow);
  EXPECT_EQ(warnings.meet({std::string(kPlain), "text"}), Verdict::kShow);
  const auto summary = deprecations_summary(warnings);
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->event, "DeprecationsSummary");
  EXPECT_EQ(value::write_json(summary->data),
            R"({"show_all_hint":true,"summaries":[{"event_code":"D007",)"
            R"("event_name":"ExposureNameDeprecation","occurrences":2}]})");
}

TEST(Warnings, ShowsAllDeprecationsIfWanted) {
  Warnings warnings({}, {.show_all_deprecations = true});
  const Warning old{std::string(kOld), "text"};
  EXPECT_EQ(warnings.meet(old), Verdict::kShow);
  EXPECT_EQ(warnings.meet(old), Verdict::kShow);
}

TEST(Warnings, CountsWhatIsSilencedButNotWhatEndsTheCall) {
  Warnings silent(policy_of(R"({"silence": ["Deprecations"]})"));
  EXPECT_EQ(silent.meet({std::string(kOld), ""}), Verdict::kSilence);
  EXPECT_TRUE(deprecations_summary(silent));
  Warnings strict(policy_of(R"({"error": ["Deprecations"]})"));
  EXPECT_EQ(strict.meet({std::string(kOld), ""}), Verdict::kError);
  EXPECT_FALSE(deprecations_summary(strict));
}

TEST(Warnings, TellsApartWhatCountsAsAnother) {
  Warnings warnings;
  EXPECT_EQ(warnings.meet({"EnvironmentVariableRenamed", "", {}, ":A"}), Verdict::kShow);
  EXPECT_EQ(warnings.meet({"EnvironmentVariableRenamed", "", {}, ":B"}), Verdict::kShow);
  EXPECT_EQ(warnings.deprecations().size(), 2U);
}

TEST(Warnings, AFlagSparesWhatDbtMerelyLogs) {
  const Warning logged{"FreshnessConfigProblem", "text"};
  Warnings judged(policy_of("{}", true));
  EXPECT_EQ(judged.meet(logged), Verdict::kError);
  Warnings spared(policy_of("{}", true), {.handle_all = false});
  EXPECT_EQ(spared.meet(logged), Verdict::kShow);
  EXPECT_EQ(spared.meet({std::string(kPlain), "text"}), Verdict::kError);
  Warning seed{"JinjaLogWarning", "text"};
  EXPECT_EQ(spared.meet(seed), Verdict::kError);
  seed.merely_logged = true;
  EXPECT_EQ(spared.meet(seed), Verdict::kShow);
}

TEST(Warnings, TakesCountsOfAnEarlierCall) {
  Warnings warnings;
  warnings.add({{"ExposureNameDeprecation", "ExposureNameDeprecation", 3}});
  EXPECT_EQ(warnings.meet({std::string(kOld), ""}), Verdict::kSilence);
  EXPECT_EQ(warnings.deprecations().front().occurrences, 4U);
}

TEST(WarningEvents, HaveCodes) {
  EXPECT_EQ(event_code("MainReportVersion"), "A001");
  EXPECT_EQ(event_code("LogTestResult"), "Q007");
  EXPECT_EQ(event_code("AdapterRegistered"), "E034");
  EXPECT_EQ(event_code("NoSuchEvent"), "");
  EXPECT_TRUE(is_event_name("EventLevel"));
  EXPECT_FALSE(is_event_name("YamlInvalid"));
  EXPECT_TRUE(is_v2_event_name("YamlInvalid"));
  EXPECT_TRUE(is_deprecation("BehaviorChangeEvent"));
  EXPECT_FALSE(is_counted_deprecation("BehaviorChangeEvent"));
  EXPECT_FALSE(is_always_named("ExposureNameDeprecation"));
  EXPECT_TRUE(is_always_named("DuplicateYAMLKeysDeprecation"));
}

}  // namespace
}  // namespace floe::dbt
