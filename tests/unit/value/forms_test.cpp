// SPDX-License-Identifier: Apache-2.0
#include "value/forms.h"

#include "value/pattern.h"

#include <gtest/gtest.h>

namespace floe::value {
namespace {

void expect_form(Form form, std::initializer_list<const char*> good,
                 std::initializer_list<const char*> bad) {
  for (const char* text : good) EXPECT_EQ(form_problem(form, text), "") << text;
  for (const char* text : bad) EXPECT_NE(form_problem(form, text), "") << text;
  const FormInfo& info = form_info(form);
  EXPECT_EQ(form_problem(form, info.example), "") << info.name;
}

TEST(Forms, Names) {
  expect_form(Form::kDnsLabel, {"a", "acme-data-platform", "a1", "0a"},
              {"", "A", "a_b", "-a", "a-", "a.b", "a b",
               "a123456789012345678901234567890123456789012345678901234567890123"});
  expect_form(Form::kIdentifier, {"a", "_a1", "A_b"}, {"", "1a", "a-b", "a.b", "é"});
  expect_form(Form::kNamespace, {"sales", "sales.gold", "a-b.c_d"},
              {"", ".a", "a.", "a..b", "a b"});
  expect_form(Form::kEmail, {"a@b.de"}, {"a", "a@b", "@b.de", "a b@c.de"});
}

TEST(Forms, Versions) {
  expect_form(Form::kSemver, {"1.2.3", "0.0.0", "1.2.3-rc.1", "1.2.3+build.5", "1.0.0-a-b.0"},
              {"", "1", "1.2", "v1.2.3", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3 "});
  expect_form(Form::kVersion, {"1", "1.0", "1.2.3", "1.2.3-rc.1"},
              {"", "v1", "1.", "1.2.3.4", "^1"});
}

TEST(Forms, Schedules) {
  expect_form(
      Form::kCron,
      {"0 6 * * *", "*/15 0-6,12 1,15 jan-mar MON-fri", "@daily", "0 0 * * 7", "5/10 * * * *"},
      {"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *",
       "* * * * 8", "*/0 * * * *", "5-1 * * * *", "@often", "a * * * *", "1, * * * *"});
  EXPECT_EQ(form_problem(Form::kCron, "0 6 * *"), "it has 4 fields, not 5");
  EXPECT_EQ(form_problem(Form::kCron, "0 25 * * *"), "'25' is no hour (0 to 23)");
  expect_form(Form::kTimezone, {"UTC", "Europe/Berlin", "America/Argentina/Ushuaia", "Etc/GMT+5"},
              {"", "Europe Berlin", "/UTC", "+01:00"});
  expect_form(Form::kDuration,
              {"90m", "1h30m", "7d", "2w", "500ms", "PT6H", "P1D", "P1DT12H", "P2W"},
              {"", "6", "h", "1 h", "P", "PT", "1y", "-1h"});
  expect_form(Form::kDate, {"2027-01-31"}, {"", "2027-1-31", "2027-13-01", "31.01.2027"});
}

TEST(Forms, References) {
  expect_form(Form::kOciReference, {"oci://r.io/p:v1.2.3", "oci-layout:./r", "file:a.tar"},
              {"", "r.io/p:v1", "http://r.io/p", "oci://r.io", "oci:r/p"});
  expect_form(Form::kSecretReference, {"${env:A_B}", "${secret:db/password#x}", "warehouse-creds"},
              {"", "${env:1A}", "${vault:a}", "${env:A", "Two Words", "${env:A}${env:B}"});
  expect_form(Form::kEndpoint, {"https://c:8181", "${env:HOST}:80", "localhost", "/var/data"},
              {"", " x", "${env:}", "${HOST}"});
  expect_form(Form::kSqlFile, {"rules/a.sql"}, {"", "/etc/passwd", "../a.sql", "a/../../b.sql"});
  EXPECT_EQ(reference_problem("${vault:x}"),
            "'${vault:x}' is neither ${env:NAME} nor ${secret:NAME}");
}

TEST(Patterns, AreThoseOfRe2) {
  EXPECT_EQ(platform_pattern_problem("^(a|b)[(?=]\\d{2,3}$"), "");
  EXPECT_NE(platform_pattern_problem("a(?=b)"), "");
  EXPECT_NE(platform_pattern_problem("(?<!a)b"), "");
  EXPECT_NE(platform_pattern_problem("(a)\\1"), "");
  EXPECT_NE(platform_pattern_problem("(a"), "");
  EXPECT_EQ(platform_pattern_problem("(?<name>a)"), "");
}

TEST(Patterns, CatastrophicOnesEnd) {
  const auto pattern = Pattern::compile("^(a+)+$");
  ASSERT_TRUE(pattern);
  EXPECT_FALSE(pattern->search(std::string(200, 'a') + "!"));
  EXPECT_TRUE(pattern->search("aaa"));
}

}  // namespace
}  // namespace floe::value
