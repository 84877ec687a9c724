// SPDX-License-Identifier: Apache-2.0
#include "base/term.h"

#include "base/table.h"
#include "base/text.h"
#include "base/time.h"

#include <gtest/gtest.h>

namespace floe {
namespace {

TEST(Term, PrintableTakesControlCharactersAway) {
  EXPECT_EQ(printable("a\x1b[31mb\x07"), "a\xEF\xBF\xBD[31mb\xEF\xBF\xBD");
  EXPECT_EQ(printable("tab\tline\nok ä ✓"), "tab\tline\nok ä ✓");
  EXPECT_EQ(printable("\xC2\x9B"), "\xEF\xBF\xBD");  // CSI as one C1 character
  // Commands to a CI service stand at the beginning of a line.
  EXPECT_EQ(printable("a\n  ::error::b\n##[warning]"),
            "a\n  \xEF\xBF\xBD:error::b\n\xEF\xBF\xBD#[warning]");
  EXPECT_EQ(printable("::notice::a b::c"), "::notice::a b::c");
  EXPECT_EQ(printable_line("a\n::error::b\x1b"), "a\u240A::error::b\xEF\xBF\xBD");
}

TEST(Term, FitCutsAtColumnsNotBytes) {
  EXPECT_EQ(fit("short", 10), "short");
  EXPECT_EQ(fit("abcdef", 4), "abc…");
  EXPECT_EQ(fit("äöüäöü", 4), "äöü…");
  EXPECT_EQ(fit("日本語テキスト", 6), "日本…");
  EXPECT_LE(display_width(fit("日本語テキスト", 6)), 6u);
  EXPECT_EQ(fit("abc", 0), "");
}

TEST(Term, StyledLeavesTextAloneWhenOff) {
  EXPECT_EQ(styled("x", Style::kRed, false), "x");
  EXPECT_EQ(styled("x", Style::kRed, true), "\x1b[31mx\x1b[0m");
}

TEST(Table, AlignsColumns) {
  const std::string table =
      format_table({{"name"}, {"rows", true}}, {{"ä", "5"}, {"long", "1234"}});
  EXPECT_EQ(table,
            " name │ rows\n"
            "──────┼──────\n"
            " ä    │    5\n"
            " long │ 1234\n");
}

TEST(Table, LeavesOutColumnsThatDoNotFit) {
  TableOptions options;
  options.width = 12;
  const std::string table =
      format_table({{"aaaa"}, {"bbbb"}, {"cccc"}}, {{"1", "2", "3"}}, options);
  EXPECT_NE(table.find("(2 more columns)"), std::string::npos);
  EXPECT_EQ(table.find("bbbb"), std::string::npos);
}

TEST(Table, ShowsLineBreaksInCells) {
  EXPECT_NE(format_table({{"a"}}, {{"x\ny"}}).find("x\\ny"), std::string::npos);
}

TEST(Time, DurationsForPeople) {
  EXPECT_EQ(duration_text(0.421), "0.42s");
  EXPECT_EQ(duration_text(9.999), "10.0s");
  EXPECT_EQ(duration_text(59.96), "1m00s");
  EXPECT_EQ(duration_text(185), "3m05s");
  EXPECT_EQ(duration_text(7620), "2h07m");
  EXPECT_EQ(duration_text(-1), "0.00s");
}

TEST(Time, TimestampsAreUtcWithMicroseconds) {
  const auto time = std::chrono::system_clock::time_point(std::chrono::microseconds(1'000'001));
  EXPECT_EQ(utc_timestamp(time), "1970-01-01T00:00:01.000001Z");
}

}  // namespace
}  // namespace floe
