// SPDX-License-Identifier: Apache-2.0
#include "value/yaml.h"

#include "value/json.h"
#include "value/yaml_scalar.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

namespace floe::value {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// What reading a text gives: the value, and its findings as "C002 2:1-2:2 message [help]".
struct YamlReading {
  diag::SourceMap sources;
  const diag::Source* source = nullptr;
  Value value;
  std::vector<std::string> findings;
  double seconds = 0;

  std::string text_of(diag::Span span) const {
    return source->text.substr(span.begin - source->base, span.end - span.begin);
  }
};

std::unique_ptr<YamlReading> read_text(std::string text, const YamlOptions& options = {}) {
  auto reading = std::make_unique<YamlReading>();
  diag::Sink sink;
  reading->source = &reading->sources.add("x.yaml", std::move(text));
  const std::clock_t start = std::clock();
  reading->value = read_yaml(*reading->source, options, sink);
  reading->seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  for (const diag::Diagnostic& found : sink.sorted()) {
    const auto at = reading->sources.locate(found.span);
    reading->findings.push_back(fmt::format("{} {}:{}-{}:{} {}{}", found.code, at->line, at->column,
                                            at->end_line, at->end_column, found.message,
                                            found.help.empty() ? "" : " [" + found.help + "]"));
  }
  return reading;
}

std::vector<std::string> findings_of(std::string text, const YamlOptions& options = {}) {
  return read_text(std::move(text), options)->findings;
}

std::string json_of(std::string text, const YamlOptions& options = {}) {
  const auto reading = read_text(std::move(text), options);
  EXPECT_THAT(reading->findings, testing::IsEmpty());
  return write_json(reading->value);
}

const YamlOptions kDbt{.schema = YamlSchema::kYaml11, .duplicate_keys_are_errors = false};

TEST(Timestamps, AreWrittenAsPythonDoes) {
  EXPECT_EQ(iso_timestamp("2020-01-01"), "2020-01-01");
  EXPECT_EQ(iso_timestamp("2020-1-1 2:03:04"), "2020-01-01T02:03:04");
  EXPECT_EQ(iso_timestamp("2020-01-01T02:03:04Z"), "2020-01-01T02:03:04+00:00");
  EXPECT_EQ(iso_timestamp("2020-01-01 02:03:04.5 -3"), "2020-01-01T02:03:04.500000-03:00");
  EXPECT_EQ(iso_timestamp("2013-11-03 00:00:00-0"), "2013-11-03T00:00:00+00:00");
}

TEST(Yaml, CoreSchemaScalars) {
  EXPECT_EQ(json_of("[yes, no, on, off, y, True, FALSE, tRUE]"),
            R"(["yes","no","on","off","y",true,false,"tRUE"])");
  EXPECT_EQ(json_of("[010, 0o17, 0x1F, 0b1, 1_000, 1:30, -7, +7]"),
            R"([10,15,31,"0b1","1_000","1:30",-7,7])");
  EXPECT_EQ(json_of("[1e3, 1.5, .5, 5., 1.e2, ., -, 1.2.3]"),
            R"([1000.0,1.5,0.5,5.0,100.0,".","-","1.2.3"])");
  EXPECT_EQ(json_of("[~, null, Null, NULL, nil, '', \"null\"]"),
            R"([null,null,null,null,"nil","","null"])");
  EXPECT_EQ(json_of("[2001-01-01, <<, =]"), R"(["2001-01-01","<<","="])");
  EXPECT_EQ(json_of("[9223372036854775807, 9223372036854775808, -9223372036854775808]"),
            R"([9223372036854775807,"9223372036854775808",-9223372036854775808])");
}

TEST(Yaml, EmptyDocumentsAreNull) {
  for (const char* text : {"", "\n", "# only a comment\n", "---\n", "\xEF\xBB\xBF"}) {
    EXPECT_EQ(json_of(text), "null") << text;
  }
}

TEST(Yaml, ByteOrderMarkAndCrLfAreRead) {
  const auto reading = read_text(
      "\xEF\xBB\xBF"
      "a: 1\r\nb: é\r\n");
  EXPECT_EQ(write_json(reading->value), R"({"a":1,"b":"é"})");
  EXPECT_EQ(reading->text_of(reading->value.find("b")->span), "é");
  EXPECT_EQ(reading->sources.locate(reading->value.find("b")->span)->line, 2u);
}

TEST(Yaml, SpansAreBytesOfWhatWasWritten) {
  const auto reading = read_text(
      "näme: \"wört\"   # c\nlist:\n  - 日本\n  - {k: v}\n\nblock: |\n  x\n  y\nlast: 1\n");
  const Value& root = reading->value;
  EXPECT_EQ(reading->text_of(root.as_map()[0].key_span), "näme");
  EXPECT_EQ(reading->text_of(root.find("näme")->span), "\"wört\"");
  EXPECT_TRUE(root.find("näme")->quoted);
  EXPECT_EQ(reading->text_of(root.find("list")->span), "- 日本\n  - {k: v}");
  EXPECT_EQ(reading->text_of(root.find("list")->as_list()[0].span), "日本");
  EXPECT_EQ(reading->text_of(root.find("list")->as_list()[1].span), "{k: v}");
  EXPECT_EQ(root.find("block")->as_string(), "x\ny\n");
  EXPECT_EQ(reading->text_of(root.find("last")->span), "1");
  EXPECT_FALSE(root.find("last")->quoted);
}

TEST(Yaml, SpansHoldFarIntoALongFileOfWideCharacters) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += fmt::format("ключ_{}: \"значение {}\" # ü\n", i, i);
  const auto reading = read_text(text);
  ASSERT_EQ(reading->value.size(), 500u);
  for (int i = 0; i < 500; ++i) {
    const Member& member = reading->value.as_map()[static_cast<std::size_t>(i)];
    ASSERT_EQ(reading->text_of(member.key_span), fmt::format("ключ_{}", i));
    ASSERT_EQ(reading->text_of(member.value.span), fmt::format("\"значение {}\"", i));
  }
}

TEST(Yaml, KeysRememberTheirKind) {
  const auto reading = read_text("yes: 1\n1: 2\n'1': 3\n~: 4\n2001-01-01: 5\nx: 6\n", kDbt);
  std::vector<Kind> kinds;
  for (const Member& member : reading->value.as_map()) kinds.push_back(member.key_kind);
  EXPECT_THAT(kinds, ElementsAre(Kind::kBool, Kind::kInt, Kind::kString, Kind::kNull,
                                 Kind::kTimestamp, Kind::kString));
  EXPECT_EQ(reading->value.as_map()[0].key, "yes");
}

TEST(Yaml, DuplicateKeysAreErrorsOrTheLastWins) {
  const auto reading = read_text("a: 1\nb: 2\na: 3\n");
  EXPECT_THAT(reading->findings,
              ElementsAre("C003 3:1-3:2 the key 'a' is there twice [remove one of the two]"));
  EXPECT_TRUE(reading->value.is_null());
  EXPECT_EQ(json_of("a: 1\nb: 2\na: 3\n", kDbt), R"({"a":3,"b":2})");
  EXPECT_EQ(json_of("{1: a, '1': b, 0x1: c}\n", kDbt), R"({"1":"c","1":"b"})");
}

TEST(Yaml, DuplicatesAreToldAsPyYamlsUsersSeeThem) {
  const auto told = [](std::string text) {
    diag::SourceMap sources;
    diag::Sink sink;
    std::vector<DuplicateKey> duplicates;
    YamlOptions options = kDbt;
    options.duplicates = &duplicates;
    const diag::Source& source = sources.add("a.yml", std::move(text));
    read_yaml(source, options, sink);
    std::string all;
    for (const DuplicateKey& each : duplicates) {
      const auto place = sources.locate(each.span);
      const auto first = sources.locate(each.first);
      all += each.key + " " + std::to_string(place ? place->line : 0) + " " +
             std::to_string(first ? first->line : 0) + ";";
    }
    return all;
  };
  EXPECT_EQ(told("a: 1\nb: {c: 1,\n c: 2}\na: 2\na: 3\n"), "c 3 2;a 4 1;a 5 4;");
  EXPECT_EQ(told("x: &x {a: 1}\ny:\n  <<: *x\n  a: 2\n  a: 3\n"), "");
  EXPECT_EQ(told("x: &x {a: 1}\ny:\n  a: 2\n  <<: *x\n"), "a 3 1;");
}

TEST(Yaml, DuplicatesAreFoundInLargeMappings) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += fmt::format("k{}: {}\n", i, i);
  text += "k7: again\n";
  EXPECT_THAT(findings_of(text), ElementsAre(HasSubstr("C003 301:1-301:3 the key 'k7'")));
}

TEST(Yaml, AllDuplicatesAreReported) {
  EXPECT_EQ(findings_of("a: {x: 1, x: 2}\nb: {y: 1, y: 2}\n").size(), 2u);
}

TEST(Yaml, MergeKeysOnlyInYaml11) {
  const char* text = "base: &b {p: 1, q: 2}\nuse:\n  q: 3\n  <<: *b\n";
  EXPECT_EQ(json_of(text, kDbt), R"({"base":{"p":1,"q":2},"use":{"p":1,"q":3}})");
  EXPECT_EQ(json_of(text), R"({"base":{"p":1,"q":2},"use":{"q":3,"<<":{"p":1,"q":2}}})");
}

struct BadYaml {
  const char* text;
  const char* finding;
};

/// Its code and place, for the name of the test.
void PrintTo(const BadYaml& bad, std::ostream* out) {
  const std::string_view finding = bad.finding;
  *out << finding.substr(0, finding.find(' ', finding.find(' ') + 1));
}

class YamlMistakes : public testing::TestWithParam<BadYaml> {};

TEST_P(YamlMistakes, AreToldInWords) {
  EXPECT_THAT(findings_of(GetParam().text), ElementsAre(GetParam().finding)) << GetParam().text;
}

const BadYaml kMistakes[] = {
    {"a:\n\tb: 1\n", "C002 2:1-2:2 a tab can't be used for indentation [indent with spaces]"},
    {"a: 1\n b: 2\n",
     "C002 2:3-2:4 a ':' is not allowed here [quote the text if it holds ': ', "
     "and put every key on a line of its own]"},
    {"a: b: c\n",
     "C002 1:5-1:6 a ':' is not allowed here [quote the text if it holds ': ', and "
     "put every key on a line of its own]"},
    {"a:\n  b: 1\n c: 2\n",
     "C002 3:2-3:3 a mapping key was expected here: the indentation fits no mapping around it "
     "[indent this line as the other keys of its mapping]"},
    {"a: 1\nb\n",
     "C002 3:1-3:1 a mapping key must be followed by ':' [write 'key: value', or "
     "quote a text that goes over several lines]"},
    {"- a\nb: 1\n",
     "C002 2:1-2:2 a list item ('- ') was expected here: the indentation fits no list around it "
     "[indent this line as the other items of its list]"},
    {"a: 1\n- b\n",
     "C002 2:1-2:2 a list item ('- ') stands where a mapping key was expected "
     "[indent the list under its key]"},
    {"a: - b\n",
     "C002 1:4-1:5 a list item ('- ') is not allowed here [start it on a line of its "
     "own, indented under its key]"},
    {"a: 'x' y\n",
     "C002 1:8-1:9 the value before this is complete, so nothing may follow it on "
     "the line [put quotes around the whole text]"},
    {"a: @b\n", "C002 1:4-1:5 a value can't start with '@' [quote the value]"},
    {"a: `b`\n", "C002 1:4-1:5 a value can't start with '`' [quote the value]"},
    {"a: %b\n", "C002 1:4-1:5 a value can't start with '%' [quote the value]"},
    {"a: [1, 2\nb: 3\n",
     "C002 2:2-2:3 a list in brackets goes on with ',' or ends with ']' "
     "[close the '[']"},
    {"a: {b: 1\n",
     "C002 2:1-2:1 a mapping in braces goes on with ',' or ends with '}' [close the "
     "'{'; quote the value if the brace belongs to a text]"},
    {"a: 'b\n",
     "C002 2:1-2:1 a quoted text is not closed before the end of the file [close the "
     "quote]"},
    {"a: \"b\n---\nc\"\n",
     "C002 2:1-2:2 a quoted text is not closed before the line '---' or "
     "'...' [close the quote]"},
    {"a: \"\\q\"\n",
     "C002 1:5-1:6 there is no such escape in a quoted text [write '\\\\' for a "
     "backslash, or use single quotes]"},
    {"a: *\n", "C002 1:5-1:5 '*' starts an alias, and an alias needs a name [quote the value]"},
    {"a: !!\n",
     "C002 1:6-1:6 a tag ('!…') is malformed [quote the value if '!' belongs to a "
     "text]"},
    {"%a: 1\n",
     "C002 1:3-1:4 a line that starts with '%' is a directive, and this is none [quote "
     "the value if '%' belongs to a text]"},
    {"a: |x\n  y\n", "C002 1:5-1:6 only a comment may follow here on this line"},
    {"a: \x07\n",
     "C001 1:4-1:5 the control character 0x07 at offset 3 is not allowed in YAML [in "
     "a double-quoted text write it as '\\xNN']"},
    {"a: b\xFF\n",
     "C001 1:5-1:6 byte 0xFF at offset 4 is not valid UTF-8 [save the file as "
     "UTF-8]"},
    {"\xFF\xFE"
     "a",
     "C001 1:1-1:3 the file is in UTF-16, not in UTF-8 [save it as UTF-8]"},
    {"a: \xEF\xBF\xBE\n",
     "C001 1:4-1:4 the character U+FFFE at offset 3 is not allowed in YAML "
     "[in a double-quoted text write it as '\\uNNNN']"},
    {"a: !foo b\n",
     "C006 1:4-1:10 the tag '!foo' is not supported here [remove the tag, or quote "
     "the value if '!' belongs to a text]"},
    {"a: !!set {b}\n",
     "C006 1:4-1:11 the tag '!!set' is not supported here [remove the tag, or "
     "quote the value if '!' belongs to a text]"},
    {"a: !!int x\n", "C006 1:4-1:11 'x' is no whole number [quote it if it is a text]"},
    {"a: *b\n",
     "C007 1:4-1:6 there is no anchor '&b' before this alias [quote the value if '*' "
     "belongs to a text]"},
    {"a: &x [*x]\n",
     "C007 1:8-1:10 the alias '*x' stands inside the value it names [a value "
     "can't contain itself]"},
    {"a: 1\n---\nb: 2\n",
     "C008 2:1-2:4 a second document starts here, and only one is allowed "
     "[put it into a file of its own]"},
    {"a: {{ x }}\n",
     "C009 1:5-1:6 a list or mapping can't be a key [quote a value that starts "
     "with '{' or '[', such as \"{{ … }}\"]"},
    {"? [a]\n: b\n",
     "C009 1:3-1:4 a list or mapping can't be a key [quote a value that starts "
     "with '{' or '[', such as \"{{ … }}\"]"},
};

INSTANTIATE_TEST_SUITE_P(All, YamlMistakes, testing::ValuesIn(kMistakes));

TEST(YamlBadInput, NulBytesAreNoText) {
  EXPECT_THAT(findings_of(std::string("a: b\0c\n", 7)),
              ElementsAre("C001 1:5-1:6 a NUL byte at offset 4 is not allowed in YAML [is this a "
                          "text file?]"));
}

TEST(YamlBadInput, BinaryFilesAreRefused) {
  std::string binary;
  for (int i = 0; i < 4096; ++i) binary += static_cast<char>((i * 7919) & 0xFF);
  EXPECT_THAT(findings_of(binary), ElementsAre(HasSubstr("C001")));
}

TEST(YamlBadInput, DeepNestingStopsAtOnce) {
  for (const char* opening : {"[", "{a: ", "- "}) {
    std::string text;
    for (int i = 0; i < 200'000; ++i) text += opening;
    const auto reading = read_text(text);
    EXPECT_THAT(reading->findings, ElementsAre(HasSubstr("C004"))) << opening;
    EXPECT_LT(reading->seconds, 2.0) << opening;
  }
  EXPECT_THAT(findings_of(std::string(200'000, '[')),
              ElementsAre("C004 1:129-1:130 nested deeper than 128 levels"));
}

TEST(YamlBadInput, TheDepthLimitIsExact) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_THAT(findings_of(nested(128)), testing::IsEmpty());
  EXPECT_THAT(findings_of(nested(129)), ElementsAre(HasSubstr("C004")));
}

TEST(YamlBadInput, AliasBombsAreDefused) {
  std::string bomb = "a0: &a0 [x]\n";
  for (int i = 1; i < 60; ++i) {
    bomb += fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}]\n", i, i - 1);
  }
  const auto reading = read_text(bomb);
  EXPECT_THAT(reading->findings,
              ElementsAre(HasSubstr("C005 10:15-10:18 the aliases of the document stand for more "
                                    "than 500000 values")));
  EXPECT_LT(reading->seconds, 2.0);
}

TEST(YamlBadInput, TooManyValuesAreRefused) {
  EXPECT_THAT(findings_of("[1, 2, 3, 4]\n", {.max_nodes = 3}),
              ElementsAre("C005 1:8-1:9 the document has more than 3 values"));
}

TEST(YamlBadInput, AHundredMegabytesAreReadInBoundedTime) {
  std::string text = "a: \"";
  text.append(100u << 20, 'x');
  text += "\"\n";
  const auto reading = read_text(text);
  EXPECT_THAT(reading->findings, testing::IsEmpty());
  EXPECT_LT(reading->seconds, 30.0);
}

TEST(YamlBadInput, ManyKeysInOneMappingAreNotQuadratic) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += fmt::format("key_{}: {}\n", i, i);
  const auto reading = read_text(text);
  EXPECT_THAT(reading->findings, testing::IsEmpty());
  EXPECT_LT(reading->seconds, 5.0);
}

}  // namespace
}  // namespace floe::value
