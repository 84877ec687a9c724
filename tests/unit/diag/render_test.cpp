// SPDX-License-Identifier: Apache-2.0
#include "diag/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace floe::diag {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class RenderTest : public testing::Test {
 protected:
  Span span_of(const Source& source, std::string_view part) {
    const std::size_t at = source.text.find(part);
    return source.span(at, at + part.size());
  }
  Diagnostic naming() {
    Diagnostic found{.code = "N001",
                     .message = "model 'stg_payments' has the prefix of no layer",
                     .expected = "bronze_*, silver_*, or gold_* prefix",
                     .platform = "acme-data-platform v1.2.3, set at manifest.yaml:24:5 (strict)",
                     .help =
                         "it reads only source('stripe', 'payments'), so it belongs to bronze; "
                         "`floe fix N001` renames it to 'bronze_payments' in 3 files",
                     .owner = "platform-team@acme.com"};
    found.position = Position{"models/staging/stg_payments.sql", 1, 1, 1, 1};
    return found;
  }
  SourceMap sources_;
};

TEST_F(RenderTest, TextIsTheDocumentedForm) {
  EXPECT_EQ(render_text({naming()}, sources_, {.width = 109}),
            R"(error[N001]: model 'stg_payments' has the prefix of no layer
  --> models/staging/stg_payments.sql:1:1
   = expected: bronze_*, silver_*, or gold_* prefix
   = platform: acme-data-platform v1.2.3, set at manifest.yaml:24:5 (strict)
   = help: it reads only source('stripe', 'payments'), so it belongs to bronze; `floe fix N001` renames it to
           'bronze_payments' in 3 files
   = owner: platform-team@acme.com · floe explain N001

1 error
)");
}

TEST_F(RenderTest, TextShowsTheSourceLineWithCaretAndLabels) {
  const Source& source = sources_.add("floe.yaml", "name: a\r\nversion: 1\r\nnamé: b\r\n");
  Diagnostic found{.code = "C003",
                   .severity = Severity::kWarning,
                   .message = "the key is there twice",
                   .span = span_of(source, "namé"),
                   .labels = {{span_of(source, "name"), "first defined here"}}};
  EXPECT_EQ(render_text({found}, sources_), R"(warning[C003]: the key is there twice
  --> floe.yaml:3:1
   |
 3 | namé: b
   | ^^^^
  ::: floe.yaml:1:1
   |
 1 | name: a
   | ---- first defined here
   = see: floe explain C003

1 warning
)");
}

TEST_F(RenderTest, CaretsFollowTabsAndWideCharacters) {
  const Source& source = sources_.add("a.sql", "\t漢字 x\n");
  Diagnostic found{.code = "S001", .message = "m", .span = span_of(source, "x")};
  EXPECT_THAT(render_one(found, sources_), HasSubstr(" 1 |     漢字 x\n   |          ^\n"));
}

TEST_F(RenderTest, AnEmptySpanAtTheEndGetsOneCaret) {
  const Source& source = sources_.add("a.yaml", "a: [1");
  Diagnostic found{.code = "C002", .message = "m", .span = source.span(5, 5)};
  EXPECT_THAT(render_one(found, sources_), HasSubstr(" 1 | a: [1\n   |      ^\n"));
}

TEST_F(RenderTest, LongLinesAreCutAroundThePlace) {
  const Source& source =
      sources_.add("a.sql", std::string(3000, 'a') + " HERE " + std::string(3000, 'b'));
  Diagnostic found{.code = "S001", .message = "m", .span = span_of(source, "HERE")};
  const std::string text = render_one(found, sources_, {.width = 80});
  EXPECT_THAT(text, HasSubstr("HERE"));
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    EXPECT_LE(end - at, 90u) << text;
    at = end + 1;
  }
  const std::size_t line = text.find("…");
  const std::size_t mark = text.find("^^^^");
  ASSERT_NE(line, std::string::npos);
  ASSERT_NE(mark, std::string::npos);
}

TEST_F(RenderTest, ControlCharactersNeverReachTheTerminal) {
  const Source& source = sources_.add("a\x1b[31m.yaml", "x: \x1b]0;evil\x07\n");
  Diagnostic found{.code = "C001", .message = "bad \x1b[2J", .span = source.span(3, 4)};
  EXPECT_THAT(render_one(found, sources_), Not(HasSubstr("\x1b")));
}

TEST_F(RenderTest, ColorsOnlyWhenAskedFor) {
  EXPECT_THAT(render_text({naming()}, sources_), Not(HasSubstr("\x1b[")));
  EXPECT_THAT(render_text({naming()}, sources_, {.color = true}), HasSubstr("\x1b["));
}

TEST_F(RenderTest, NothingFoundIsNoText) { EXPECT_EQ(render_text({}, sources_), ""); }

TEST_F(RenderTest, CountsInOneLine) {
  std::vector<Diagnostic> found(3);
  found[2].severity = Severity::kWarning;
  EXPECT_EQ(count_line(found), "2 errors, 1 warning");
  EXPECT_EQ(count_line({}), "");
}

TEST_F(RenderTest, JsonHasRangesInLinesColumnsAndBytes) {
  const Source& source = sources_.add("ü.yaml", "é: 1\nb: \"x\"\n");
  Diagnostic found{.code = "C011",
                   .message = "say \"no\"\n",
                   .span = span_of(source, "\"x\""),
                   .labels = {{span_of(source, "é"), "here"}},
                   .help = "do",
                   .node = "model.a.b",
                   .notes = {"n"}};
  EXPECT_EQ(render_json({found}, sources_, {.version = "0.1.0"}), R"({
  "format_version": 1,
  "floe_version": "0.1.0",
  "summary": {
    "errors": 1,
    "warnings": 0,
    "notes": 0
  },
  "diagnostics": [
    {
      "code": "C011",
      "severity": "error",
      "message": "say \"no\"\n",
      "location": {
        "path": "ü.yaml",
        "start": {
          "line": 2,
          "column": 4,
          "byte": 9
        },
        "end": {
          "line": 2,
          "column": 7,
          "byte": 12
        }
      },
      "labels": [
        {
          "text": "here",
          "location": {
            "path": "ü.yaml",
            "start": {
              "line": 1,
              "column": 1,
              "byte": 0
            },
            "end": {
              "line": 1,
              "column": 2,
              "byte": 2
            }
          }
        }
      ],
      "node": "model.a.b",
      "help": "do",
      "notes": [
        "n"
      ]
    }
  ]
}
)");
}

TEST_F(RenderTest, JsonOfNothing) {
  EXPECT_EQ(render_json({}, sources_), R"({
  "format_version": 1,
  "summary": {
    "errors": 0,
    "warnings": 0,
    "notes": 0
  },
  "diagnostics": []
}
)");
}

TEST_F(RenderTest, SarifListsRulesOnceAndEncodesPaths) {
  Diagnostic a = naming();
  a.position->path = "models/a b#.sql";
  Diagnostic b{.code = "C003", .severity = Severity::kNote, .message = "twice"};
  const std::string sarif = render_sarif({a, b, a}, sources_, {.version = "0.1.0"});
  EXPECT_THAT(sarif, HasSubstr("\"uri\": \"models/a%20b%23.sql\""));
  EXPECT_THAT(sarif, HasSubstr("\"version\": \"2.1.0\""));
  EXPECT_THAT(sarif, HasSubstr("\"name\": \"duplicate-key\""));
  EXPECT_THAT(sarif, HasSubstr("\"ruleId\": \"N001\",\n          \"ruleIndex\": 1,\n"
                               "          \"level\": \"error\""));
  EXPECT_THAT(sarif, HasSubstr("\"level\": \"note\""));
  EXPECT_EQ(sarif.find("\"id\": \"N001\""), sarif.rfind("\"id\": \"N001\""));
}

TEST_F(RenderTest, SarifTakesRuleSummariesFromTheCaller) {
  const CodeInfo rules[] = {{"N001", "layer-prefix", "models carry the prefix of a layer"}};
  EXPECT_THAT(render_sarif({naming()}, sources_, {.rules = rules}),
              HasSubstr("models carry the prefix of a layer"));
}

TEST_F(RenderTest, GithubEscapesDataAndProperties) {
  Diagnostic found{.code = "C002", .message = "100% wrong: a, b", .help = "line 1\nline 2"};
  found.position = Position{"a:b,c.yaml", 2, 3, 2, 5};
  EXPECT_EQ(render_github({found}, sources_),
            "::error file=a%3Ab%2Cc.yaml,line=2,endLine=2,col=3,endColumn=5,title=C002::"
            "100%25 wrong: a, b%0Ahelp: line 1%0Aline 2\n");
}

TEST_F(RenderTest, GithubWithoutAPlace) {
  Diagnostic found{.code = "P001", .severity = Severity::kNote, .message = "m"};
  EXPECT_EQ(render_github({found}, sources_), "::notice title=P001::m\n");
}

TEST_F(RenderTest, JunitFailsErrorsOnly) {
  Diagnostic warning{
      .code = "D001", .severity = Severity::kWarning, .message = "a < \"b\" & c\x01"};
  EXPECT_EQ(render_junit({naming(), warning}, sources_),
            R"xml(<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="floe" tests="2" failures="1" errors="0" skipped="0">
  <testsuite name="floe" tests="2" failures="1" errors="0" skipped="0">
    <testcase classname="N001" name="model 'stg_payments' has the prefix of no layer (models/staging/stg_payments.sql:1:1)" file="models/staging/stg_payments.sql" line="1">
      <failure type="N001" message="model 'stg_payments' has the prefix of no layer">models/staging/stg_payments.sql:1:1&#10;expected: bronze_*, silver_*, or gold_* prefix&#10;platform: acme-data-platform v1.2.3, set at manifest.yaml:24:5 (strict)&#10;help: it reads only source('stripe', 'payments'), so it belongs to bronze; `floe fix N001` renames it to 'bronze_payments' in 3 files&#10;owner: platform-team@acme.com</failure>
    </testcase>
    <testcase classname="D001" name="a &lt; &quot;b&quot; &amp; c)xml"
            "\xEF\xBF\xBD"
            R"xml(">
      <system-out>warning: a &lt; &quot;b&quot; &amp; c)xml"
            "\xEF\xBF\xBD"
            R"xml(</system-out>
    </testcase>
  </testsuite>
</testsuites>
)xml");
}

TEST_F(RenderTest, WaivedFindingsSayUntilWhen) {
  Diagnostic waived{
      .code = "N001", .severity = Severity::kNote, .message = "m", .node = "model.a.b"};
  waived.waiver = Waiver{"2027-01-31", "ana@acme.example", "moves in spring", Severity::kError};
  EXPECT_THAT(render_text({waived}, sources_),
              HasSubstr("= waived: until 2027-01-31 (ana@acme.example): moves in spring"));
  EXPECT_THAT(render_github({waived}, sources_), HasSubstr("waived: until 2027-01-31"));
  const std::string junit = render_junit({waived}, sources_);
  EXPECT_THAT(junit, HasSubstr("tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"1\""));
  EXPECT_THAT(junit, HasSubstr("<skipped message=\"waived until 2027-01-31"));
  const std::string json = render_json({waived}, sources_);
  EXPECT_THAT(json, HasSubstr("\"severity\": \"note\""));
  EXPECT_THAT(json, HasSubstr("\"reason\": \"moves in spring\",\n        \"severity\": \"error\""));
  const std::string sarif = render_sarif({waived}, sources_);
  EXPECT_THAT(sarif, HasSubstr("\"level\": \"error\""));
  EXPECT_THAT(sarif, HasSubstr("\"fullyQualifiedName\": \"model.a.b\""));
  EXPECT_THAT(sarif, HasSubstr("\"justification\": \"until 2027-01-31"));
}

TEST_F(RenderTest, JunitOfNothingIsOnePassedCase) {
  EXPECT_THAT(render_junit({}, sources_), HasSubstr("tests=\"1\" failures=\"0\""));
}

TEST(Formats, AreFoundByName) {
  EXPECT_EQ(parse_format("sarif"), Format::kSarif);
  EXPECT_EQ(parse_format("xml"), std::nullopt);
}

TEST(Codes, AreFoundByCodeAndSlug) {
  ASSERT_NE(find_code("C003"), nullptr);
  EXPECT_EQ(find_code("duplicate-key"), find_code("C003"));
  EXPECT_EQ(find_code("Z999"), nullptr);
}

}  // namespace
}  // namespace floe::diag
