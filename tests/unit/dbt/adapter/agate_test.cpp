// SPDX-License-Identifier: Apache-2.0
#include "dbt/adapter/agate.h"

#include "dbt/adapter/decimal.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>

namespace floe::dbt {
namespace {

AgateDataRef read_csv(const std::string& text, const std::set<std::string>& text_columns = {}) {
  // Tests run at once, each in a process of its own.
  const auto path = std::filesystem::temp_directory_path() /
                    ("floe-agate-" + std::to_string(std::random_device{}()) + ".csv");
  std::ofstream(path, std::ios::binary) << text;
  auto data = agate_from_csv(path, text_columns, ",");
  std::filesystem::remove(path);
  EXPECT_TRUE(data.has_value());
  return data.value_or(agate_empty());
}

TEST(AgateCsv, InfersTypesAsDbtDoes) {
  const auto data = read_csv(
      "id,price,day,at,iso,flag,name,nothing,zeros\n"
      "1,1.50,2024-01-02,2024-01-02 03:04:05,2024-01-02T03:04:05Z,true,a,,007\n"
      "2,\"1,000\",2024-12-31,2024-01-02 03:04:05,2024-01-02T03:04:05+01:00,FALSE,null,,01\n");
  std::vector<std::string> types;
  for (std::size_t i = 0; i < data->column_types.size(); ++i) {
    types.push_back(agate_sql_type(*data, i));
  }
  EXPECT_EQ(types, (std::vector<std::string>{
                       "integer", "float8", "date", "timestamp without time zone",
                       "timestamp without time zone", "boolean", "text", "integer", "integer"}));
  EXPECT_TRUE(data->rows[1][6].is_none());
  EXPECT_EQ(data->rows[1][1].to_str(), "1000");
}

TEST(AgateCsv, WholeNumbersWithZeroFractionsAreIntegers) {
  EXPECT_EQ(agate_sql_type(*read_csv("a\n1.0\n2\n"), 0), "integer");
  EXPECT_EQ(agate_sql_type(*read_csv("a\n1.0\n2.5\n"), 0), "float8");
}

TEST(AgateCsv, TextColumnsStayText) {
  const auto data = read_csv("zip,n\n00123,1\n", {"zip"});
  EXPECT_EQ(data->rows[0][0].to_str(), "00123");
  EXPECT_EQ(agate_sql_type(*data, 0), "text");
}

TEST(AgateCsv, QuotesLineEndsAndByteOrderMarks) {
  const auto data = read_csv(
      "\xEF\xBB\xBF"
      "a,b\r\n\"x\"\"y\",\"line\r\nbreak\"\r\n");
  EXPECT_EQ(data->column_names[0], "a");
  EXPECT_EQ(data->rows[0][0].to_str(), "x\"y");
  EXPECT_EQ(data->rows[0][1].to_str(), "line\nbreak");
}

TEST(AgateCsv, NamesAreMadeUnique) {
  const auto data = read_csv("a,a,\n1,2,3\n");
  EXPECT_EQ(data->column_names, (std::vector<std::string>{"a", "a_2", "c"}));
}

TEST(AgateCsv, MixedDatesAreText) {
  EXPECT_EQ(agate_sql_type(*read_csv("a\n2024-01-01\n01/02/2024\n"), 0), "text");
}

TEST(Decimal, PrintsLikePython) {
  for (const char* text : {"1.50", "-0.007", "1E+3", "0", "123456789012345678901234567890"}) {
    EXPECT_EQ(parse_decimal(text)->to_text(), text);
  }
  EXPECT_EQ(parse_decimal("0.0000001")->to_text(), "1E-7");
  EXPECT_FALSE(parse_decimal("1.2.3").has_value());
  EXPECT_FALSE(parse_decimal("").has_value());
}

TEST(Decimal, Calculates) {
  const auto number = [](const char* text) { return *parse_decimal(text); };
  EXPECT_EQ(decimal_add(number("0.1"), number("0.2")).to_text(), "0.3");
  EXPECT_EQ(decimal_add(number("1"), number("-1.00")).to_text(), "0.00");
  EXPECT_EQ(decimal_multiply(number("1.10"), number("3")).to_text(), "3.30");
  EXPECT_EQ(decimal_divide(number("1"), number("3"))->to_text(), "0.3333333333333333333333333333");
  EXPECT_EQ(decimal_divide(number("10"), number("4"))->to_text(), "2.5");
  EXPECT_FALSE(decimal_divide(number("1"), number("0")).has_value());
  EXPECT_EQ(decimal_round(number("2.345"), 2).to_text(), "2.34");
  EXPECT_EQ(decimal_round(number("2.355"), 2).to_text(), "2.36");
  EXPECT_EQ(decimal_compare(number("1.0"), number("1")), 0);
}

}  // namespace
}  // namespace floe::dbt
