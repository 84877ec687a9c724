// SPDX-License-Identifier: Apache-2.0
#include "dbt/context/yaml_scalar_style.h"

#include <fmt/format.h>

#include <utility>

namespace floe::dbt {

namespace {

bool is_one_of(char32_t c, std::u32string_view set) {
  return set.find(c) != std::u32string_view::npos;
}
bool is_gap(char32_t c) { return c == 0 || is_one_of(c, U" \t\r") || is_yaml_break(c); }

/// What a scalar holds that some style cannot write.
struct Findings {
  bool indicators = false;  // that mean something to a reader of block style
  bool breaks = false;
  bool special = false;      // what only escapes can write
  bool break_space = false;  // a line that begins with a space
  bool space_break = false;  // a line that ends with one
};

/// Whether the character at `i` would end or change a plain scalar.
bool is_indicator(std::u32string_view text, std::size_t i) {
  const char32_t c = text[i];
  const bool gap_follows = i + 1 >= text.size() || is_gap(text[i + 1]);
  const bool gap_before = i == 0 || is_gap(text[i - 1]);
  if (i == 0 && is_one_of(c, U"#,[]{}&*!|>'\"%@`")) return true;
  if (i == 0 && is_one_of(c, U"?-")) return gap_follows;
  if (c == U':') return gap_follows;
  return c == U'#' && gap_before;
}

Findings look_at(std::u32string_view text) {
  Findings found;
  found.indicators = text.starts_with(U"---") || text.starts_with(U"...");
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text[i];
    found.indicators = found.indicators || is_indicator(text, i);
    if (is_yaml_break(c)) found.breaks = true;
    if (c != U'\n' && (c < 0x20 || c > 0x7e)) found.special = true;
    if (i == 0) continue;
    if (c == U' ' && is_yaml_break(text[i - 1])) found.break_space = true;
    if (is_yaml_break(c) && text[i - 1] == U' ') found.space_break = true;
  }
  return found;
}

}  // namespace

bool is_yaml_break(char32_t c) { return is_one_of(c, U"\n\x85\u2028\u2029"); }

ScalarStyle scalar_style(std::u32string_view text, bool may_be_plain, bool simple_key) {
  if (text.empty()) {
    return may_be_plain && !simple_key ? ScalarStyle::kPlain : ScalarStyle::kSingleQuoted;
  }
  const Findings found = look_at(text);
  const auto is_edge = [](char32_t c) { return c == U' ' || is_yaml_break(c); };
  const bool single = !found.break_space && !found.space_break && !found.special;
  const bool plain = single && !found.breaks && !found.indicators && !is_edge(text.front()) &&
                     !is_edge(text.back());
  if (plain && may_be_plain) return ScalarStyle::kPlain;
  if (single && !(simple_key && found.breaks)) return ScalarStyle::kSingleQuoted;
  return ScalarStyle::kDoubleQuoted;
}

bool is_printable_ascii(char32_t c) { return c >= 0x20 && c <= 0x7e && c != U'"' && c != U'\\'; }

std::string escaped(char32_t c) {
  static constexpr std::pair<char32_t, char> kLetters[] = {
      {0, '0'},      {7, 'a'},    {8, 'b'},    {9, 't'},      {10, 'n'},
      {11, 'v'},     {12, 'f'},   {13, 'r'},   {27, 'e'},     {U'"', '"'},
      {U'\\', '\\'}, {0x85, 'N'}, {0xa0, '_'}, {0x2028, 'L'}, {0x2029, 'P'}};
  for (const auto& [character, letter] : kLetters) {
    if (character == c) return std::string("\\") + letter;
  }
  const auto number = static_cast<std::uint32_t>(c);
  if (number <= 0xff) return fmt::format("\\x{:02X}", number);
  if (number <= 0xffff) return fmt::format("\\u{:04X}", number);
  return fmt::format("\\U{:08X}", number);
}

}  // namespace floe::dbt
