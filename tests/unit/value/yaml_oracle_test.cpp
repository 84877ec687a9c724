// SPDX-License-Identifier: Apache-2.0
// Holds the YAML 1.1 reader to what PyYAML's CSafeLoader answered (tests/yaml/run_yaml.py).
#include "base/files.h"
#include "value/json.h"
#include "value/yaml.h"
#include "value/yaml_scalar.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

namespace floe::value {
namespace {

Value oracle_table(const std::string& name) {
  const fs::path path = fs::path(FLOE_SOURCE_DIR) / "tests/unit/value/data" / name;
  return read_json(read_file(path).value()).value();
}

/// A value in the table's form: [kind, content].
Value in_oracle_form(const Value& value);

Value oracle_pair(std::string_view kind, Value content) {
  return Value::list({Value(kind), std::move(content)});
}

Value key_in_oracle_form(const Member& member) {
  if (member.key_kind == Kind::kString) return oracle_pair("string", member.key);
  const ScalarKind kind = classify_scalar(member.key, YamlSchema::kYaml11);
  return in_oracle_form(*make_scalar(member.key, kind, YamlSchema::kYaml11));
}

Value in_oracle_form(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull: return Value::list({Value("null")});
    case Kind::kBool: return oracle_pair("bool", value.as_bool());
    case Kind::kInt: return oracle_pair("int", std::to_string(value.as_int()));
    case Kind::kFloat: {
      const double number = value.as_double();
      if (std::isnan(number)) return oracle_pair("float", "nan");
      if (std::isinf(number)) return oracle_pair("float", number < 0 ? "-inf" : "inf");
      return oracle_pair("float", write_json(value));
    }
    case Kind::kString: return oracle_pair("string", value.as_string());
    case Kind::kTimestamp: return Value::list({Value("timestamp")});
    case Kind::kList: {
      Value items = Value::list();
      for (const Value& item : value.as_list()) items.push(in_oracle_form(item));
      return oracle_pair("list", std::move(items));
    }
    case Kind::kMap: {
      Value members = Value::list();
      for (const Member& member : value.as_map()) {
        members.push(Value::list({key_in_oracle_form(member), in_oracle_form(member.value)}));
      }
      return oracle_pair("map", std::move(members));
    }
  }
  return {};
}

Value answer(const std::string& text) {
  diag::SourceMap sources;
  diag::Sink sink;
  const YamlOptions options{.schema = YamlSchema::kYaml11, .duplicate_keys_are_errors = false};
  const Value value = read_yaml(sources.add("x.yaml", text), options, sink);
  return sink.has_errors() ? Value::list({Value("error")}) : in_oracle_form(value);
}

/// Whole numbers beyond 64 bits are kept as text: the one documented difference.
bool is_known_difference(const Value& theirs) {
  if (!theirs.is_list() || theirs.as_list().empty()) return false;
  const Value& kind = theirs.as_list()[0];
  if (kind == Value("map")) {
    const Value::List& members = theirs.as_list()[1].as_list();
    return members.size() == 1 && is_known_difference(members[0].as_list()[1]);
  }
  if (kind != Value("int")) return false;
  const std::string& digits = theirs.as_list()[1].as_string();
  errno = 0;
  (void)std::strtoll(digits.c_str(), nullptr, 10);
  return errno == ERANGE;
}

TEST(YamlOracle, ScalarsAreWhatPyYamlSays) {
  std::size_t checked = 0;
  const Value table = oracle_table("pyyaml_scalars.json");
  for (const Value& row : table.as_list()) {
    const std::string& text = row.as_list()[0].as_string();
    if (is_known_difference(row.as_list()[1])) continue;
    EXPECT_EQ(write_json(answer("v: " + text)), write_json(row.as_list()[1])) << text;
    ++checked;
  }
  EXPECT_GT(checked, 250u);
}

TEST(YamlOracle, DocumentsAreWhatPyYamlSays) {
  const Value table = oracle_table("pyyaml_documents.json");
  for (const Value& row : table.as_list()) {
    const std::string& text = row.as_list()[0].as_string();
    EXPECT_EQ(write_json(answer(text)), write_json(row.as_list()[1])) << text;
  }
  EXPECT_GT(table.size(), 100u);
}

}  // namespace
}  // namespace floe::value
