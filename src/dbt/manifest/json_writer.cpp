// SPDX-License-Identifier: Apache-2.0
#include "dbt/manifest/json_writer.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace floe::dbt {

namespace {

/// What a byte needs inside quotes: 0 nothing, 'u' \u00XX, else the letter after the backslash.
constexpr std::array<char, 256> make_escapes() {
  std::array<char, 256> table{};
  for (std::size_t i = 0; i < 0x20; ++i) table[i] = 'u';
  table['"'] = '"';
  table['\\'] = '\\';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  return table;
}

constexpr std::array<char, 256> kEscapes = make_escapes();

/// A YAML date or date-time as Python's isoformat() writes it.
std::string iso_timestamp(const std::string& text) {
  if (text.size() <= 10) return text;
  std::string result = text.substr(0, 10) + "T";
  std::size_t at = 10;
  while (at < text.size() && (text[at] == ' ' || text[at] == 'T' || text[at] == 't')) ++at;
  std::string rest = text.substr(at);
  if (!rest.empty() && (rest.back() == 'Z' || rest.back() == 'z')) {
    rest.pop_back();
    rest += "+00:00";
  }
  return result + rest;
}

}  // namespace

void JsonWriter::separate() {
  if (!first_) text_ += ", ";
  first_ = false;
}

void JsonWriter::open(char bracket) {
  separate();
  text_ += bracket;
  first_ = true;
}

void JsonWriter::close(char bracket) {
  text_ += bracket;
  first_ = false;
}

void JsonWriter::quote(std::string_view text) {
  text_ += '"';
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char escape = kEscapes[static_cast<unsigned char>(text[i])];
    if (escape == 0) continue;
    text_.append(text, start, i - start);
    start = i + 1;
    if (escape == 'u') {
      text_ += fmt::format("\\u{:04x}", static_cast<unsigned char>(text[i]));
    } else {
      text_ += '\\';
      text_ += escape;
    }
  }
  text_.append(text, start, text.size() - start);
  text_ += '"';
}

void JsonWriter::key(std::string_view name) {
  separate();
  quote(name);
  text_ += ": ";
  first_ = true;
}

void JsonWriter::null() {
  separate();
  text_ += "null";
}

void JsonWriter::boolean(bool value) {
  separate();
  text_ += value ? "true" : "false";
}

void JsonWriter::integer(std::int64_t value) {
  separate();
  std::array<char, 24> digits{};
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  text_.append(digits.data(), result.ptr);
}

void JsonWriter::number(double value) {
  if (!std::isfinite(value)) {
    separate();
    text_ += std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
    return;
  }
  separate();
  std::array<char, 40> digits{};
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  const std::string_view written(digits.data(),
                                 static_cast<std::size_t>(result.ptr - digits.data()));
  text_ += written;
  if (written.find_first_of(".e") == std::string_view::npos) text_ += ".0";
}

void JsonWriter::string(std::string_view value) {
  separate();
  quote(value);
}

void JsonWriter::value(const value::Value& tree) {
  switch (tree.kind()) {
    case value::Kind::kNull: null(); return;
    case value::Kind::kBool: boolean(tree.as_bool()); return;
    case value::Kind::kInt: integer(tree.as_int()); return;
    case value::Kind::kFloat: number(tree.as_double()); return;
    case value::Kind::kString: string(tree.as_string()); return;
    case value::Kind::kTimestamp: string(iso_timestamp(tree.as_string())); return;
    case value::Kind::kList:
      begin_list();
      for (const value::Value& item : tree.as_list()) value(item);
      end_list();
      return;
    case value::Kind::kMap:
      begin_object();
      for (const value::Member& entry : tree.as_map()) member(entry.key, entry.value);
      end_object();
      return;
  }
}

void JsonWriter::strings(const std::vector<std::string>& items) {
  begin_list();
  for (const std::string& item : items) string(item);
  end_list();
}

void JsonWriter::member(std::string_view name, std::string_view text) {
  key(name);
  string(text);
}

void JsonWriter::member(std::string_view name, bool on) {
  key(name);
  boolean(on);
}

void JsonWriter::member(std::string_view name, double number_value) {
  key(name);
  number(number_value);
}

void JsonWriter::member(std::string_view name, const value::Value& tree) {
  key(name);
  value(tree);
}

void JsonWriter::member(std::string_view name, const std::vector<std::string>& items) {
  key(name);
  strings(items);
}

void JsonWriter::member_null(std::string_view name) {
  key(name);
  null();
}

void JsonWriter::member_or_null(std::string_view name, std::string_view text) {
  key(name);
  if (text.empty()) {
    null();
  } else {
    string(text);
  }
}

}  // namespace floe::dbt
