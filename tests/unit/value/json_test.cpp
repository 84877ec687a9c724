// SPDX-License-Identifier: Apache-2.0
#include "value/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

namespace floe::value {
namespace {

using ::testing::HasSubstr;

std::string canonical_of(std::string_view json) { return canonical_json(read_json(json).value()); }

std::string trouble_of(std::string_view json) {
  const auto read = read_json(json);
  return read ? "" : read.error().message;
}

TEST(Json, ReadsEveryKind) {
  const Value value =
      read_json(R"({"a": null, "b": [true, false], "c": -1, "d": 1.5, "e": "\u00e9\n"})").value();
  EXPECT_TRUE(value.find("a")->is_null());
  EXPECT_TRUE(value.find("b")->as_list()[0].as_bool());
  EXPECT_EQ(value.find("c")->as_int(), -1);
  EXPECT_EQ(value.find("d")->as_double(), 1.5);
  EXPECT_EQ(value.find("e")->as_string(), "é\n");
}

TEST(Json, NumbersKeepTheirKind) {
  EXPECT_EQ(read_json("9223372036854775807").value().as_int(),
            std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(read_json("-9223372036854775808").value().as_int(),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(read_json("9223372036854775808").value().kind(), Kind::kFloat);
  EXPECT_EQ(read_json("1.0").value().kind(), Kind::kFloat);
  EXPECT_EQ(write_json(read_json("1.0").value()), "1.0");
}

TEST(Json, NumbersAreReadExactly) {
  EXPECT_EQ(read_json("9223372036854775807").value().as_int(), 9223372036854775807);
  EXPECT_EQ(read_json("-9223372036854775808").value().as_int(), INT64_MIN);
  EXPECT_EQ(read_json("9223372036854775808").value().as_double(), 9223372036854775808.0);
  EXPECT_EQ(read_json("-0").value().as_int(), 0);
  EXPECT_EQ(read_json("0E-66").value().as_double(), 0.0);
  EXPECT_EQ(read_json("1e-400").value().as_double(), 0.0);
  EXPECT_EQ(read_json("0.1").value().as_double(), 0.1);
  EXPECT_EQ(read_json("123456789.123456789e-3").value().as_double(), 123456789.123456789e-3);
  EXPECT_FALSE(read_json("01"));
  EXPECT_FALSE(read_json("1."));
  EXPECT_FALSE(read_json("+1"));
}

TEST(Json, MistakesHaveAPlace) {
  EXPECT_EQ(trouble_of("{\"a\": 1,\n \"é\" 2}"),
            "invalid JSON at line 2, column 6: Missing a colon after a name of object member");
  EXPECT_EQ(trouble_of(R"({"a": 1, "b": 2, "a": 3})"),
            "invalid JSON at line 1, column 24: the key \"a\" is there twice");
  EXPECT_THAT(trouble_of(""), HasSubstr("invalid JSON at line 1, column 1"));
  EXPECT_THAT(trouble_of("[1] 2"), HasSubstr("line 1, column 5"));
  EXPECT_THAT(trouble_of("\"a\xFF\""), HasSubstr("byte 2 is not UTF-8"));
  EXPECT_THAT(trouble_of("NaN"), HasSubstr("invalid JSON"));
  EXPECT_THAT(trouble_of(R"("\ud800")"), HasSubstr("invalid JSON"));
  EXPECT_THAT(trouble_of("1e999"), HasSubstr("invalid JSON"));
}

TEST(Json, DepthIsLimited) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(read_json(nested(128)));
  EXPECT_THAT(trouble_of(nested(129)), HasSubstr("nested deeper than 128 levels"));
  EXPECT_THAT(trouble_of(std::string(1'000'000, '[')), HasSubstr("nested deeper"));
}

TEST(Json, WritesCompactAndIndented) {
  const Value value = read_json(R"({"b": [1, {"c": []}], "a": {}})").value();
  EXPECT_EQ(write_json(value), R"({"b":[1,{"c":[]}],"a":{}})");
  EXPECT_EQ(write_json(value, 2),
            "{\n  \"b\": [\n    1,\n    {\n      \"c\": []\n    }\n  ],\n  \"a\": {}\n}");
}

TEST(Json, FloatsAreWrittenAsPythonDoes) {
  const std::pair<double, const char*> kCases[] = {{1.0, "1.0"},
                                                   {-0.0, "-0.0"},
                                                   {0.1, "0.1"},
                                                   {1e16, "1e+16"},
                                                   {1e15, "1000000000000000.0"},
                                                   {1e-4, "0.0001"},
                                                   {1e-5, "1e-05"},
                                                   {1.5e300, "1.5e+300"},
                                                   {123456.789, "123456.789"}};
  for (const auto& [number, text] : kCases) EXPECT_EQ(write_json(Value(number)), text);
  EXPECT_EQ(write_json(Value(std::numeric_limits<double>::infinity())), "null");
}

TEST(CanonicalJson, OrdersKeysByUtf16AsRfc8785Shows) {
  EXPECT_EQ(canonical_of(R"({"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": )"
                         R"("Hebrew Letter Dalet With Dagesh", "1": "One", "\ud83d\ude00": )"
                         R"("Emoji: Grinning Face", "\u0080": "Control", "\u00f6": )"
                         R"("Latin Small Letter O With Diaeresis"})"),
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xC2\x80\":\"Control\",\"ö\":\"Latin "
            "Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning "
            "Face\",\"\xEF\xAC\xB3\":\"Hebrew Letter Dalet With Dagesh\"}");
}

TEST(CanonicalJson, WritesTextsAsRfc8785Shows) {
  EXPECT_EQ(canonical_of(R"({"string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", )"
                         R"("literals": [null, true, false]})"),
            R"({"literals":[null,true,false],"string":"€$\u000f\nA'B\"\\\\\"/"})");
}

/// RFC 8785, Appendix B: IEEE 754 bits and their text.
TEST(CanonicalJson, NumbersAreThoseOfRfc8785AppendixB) {
  const std::pair<std::uint64_t, const char*> kNumbers[] = {
      {0x0000000000000000, "0"},
      {0x8000000000000000, "0"},
      {0x0000000000000001, "5e-324"},
      {0x8000000000000001, "-5e-324"},
      {0x7fefffffffffffff, "1.7976931348623157e+308"},
      {0xffefffffffffffff, "-1.7976931348623157e+308"},
      {0x4340000000000000, "9007199254740992"},
      {0xc340000000000000, "-9007199254740992"},
      {0x4430000000000000, "295147905179352830000"},
      {0x44b52d02c7e14af5, "9.999999999999997e+22"},
      {0x44b52d02c7e14af6, "1e+23"},
      {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
      {0x444b1ae4d6e2ef4e, "999999999999999700000"},
      {0x444b1ae4d6e2ef4f, "999999999999999900000"},
      {0x444b1ae4d6e2ef50, "1e+21"},
      {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
      {0x3eb0c6f7a0b5ed8d, "0.000001"},
      {0x41b3de4355555553, "333333333.3333332"},
      {0x41b3de4355555554, "333333333.33333325"},
      {0x41b3de4355555555, "333333333.3333333"},
      {0x41b3de4355555556, "333333333.3333334"},
      {0x41b3de4355555557, "333333333.33333343"},
      {0xbecbf647612f3696, "-0.0000033333333333333333"},
      {0x43143ff3c1cb0959, "1424953923781206.2"}};
  for (const auto& [bits, text] : kNumbers) {
    EXPECT_EQ(canonical_json(Value(std::bit_cast<double>(bits))), text) << std::hex << bits;
  }
}

/// A random tree; texts hold every plane of Unicode.
Value random_value(std::mt19937& random, int depth) {
  const auto below = [&](unsigned limit) { return random() % limit; };
  const auto text = [&] {
    static const char* const kParts[] = {"a",  "\"", "\\",     "\n",   "é",
                                         "日", "😀", "\uFB33", "\x01", " "};
    std::string made;
    for (unsigned i = below(5); i > 0; --i) made += kParts[below(10)];
    return made;
  };
  switch (below(depth > 0 ? 8 : 6)) {
    case 0: return {};
    case 1: return Value(below(2) == 0);
    case 2: return Value(static_cast<std::int64_t>(random()) - std::int64_t{2'147'483'648});
    case 3: {
      const double number =
          std::bit_cast<double>((static_cast<std::uint64_t>(random()) << 32) | random());
      return Value(std::isfinite(number) ? number : 0.5);
    }
    case 4:
    case 5: return Value(text());
    case 6: {
      Value list = Value::list();
      for (unsigned i = below(5); i > 0; --i) list.push(random_value(random, depth - 1));
      return list;
    }
    default: {
      Value map = Value::map();
      for (unsigned i = below(5); i > 0; --i) map.set(text(), random_value(random, depth - 1));
      return map;
    }
  }
}

TEST(JsonProperties, WhatIsWrittenIsReadBack) {
  std::mt19937 random(20261123);
  for (int round = 0; round < 3000; ++round) {
    const Value value = random_value(random, 4);
    const std::string compact = write_json(value);
    ASSERT_EQ(read_json(compact).value(), value) << compact;
    ASSERT_EQ(read_json(write_json(value, 3)).value(), value) << compact;
  }
}

TEST(JsonProperties, CanonicalFormIsAFixedPointAndIgnoresOrder) {
  std::mt19937 random(8785);
  for (int round = 0; round < 3000; ++round) {
    Value value = random_value(random, 4);
    const std::string canonical = canonical_json(value);
    ASSERT_EQ(canonical_of(canonical), canonical);
    if (value.is_map()) {
      Value::Map& members = value.edit_map();
      std::shuffle(members.begin(), members.end(), random);
      ASSERT_EQ(canonical_json(value), canonical);
    }
  }
}

TEST(JsonProperties, BrokenTextsNeverCrash) {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string text = write_json(random_value(random, 4));
    for (unsigned i = random() % 4; i > 0 && !text.empty(); --i) {
      text[random() % text.size()] = static_cast<char>(random() % 256);
    }
    const auto read = read_json(text);
    if (!read) {
      EXPECT_THAT(read.error().message, HasSubstr("invalid JSON"));
    }
  }
}

}  // namespace
}  // namespace floe::value
