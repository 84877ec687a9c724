// SPDX-License-Identifier: Apache-2.0
#include "dbt/manifest/json_writer.h"

#include "value/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

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

/// Whether none of eight bytes needs an escape: no control character, quote or backslash.
bool all_plain(const char* bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHigh = 0x8080808080808080U;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  const auto has_zero = [](std::uint64_t x) { return (x - kOnes) & ~x & kHigh; };
  const std::uint64_t control = (word - kOnes * 0x20) & ~word & kHigh;
  return (control | has_zero(word ^ (kOnes * '"')) | has_zero(word ^ (kOnes * '\\'))) == 0;
}

constexpr std::size_t kWord = sizeof(std::uint64_t);

#if defined(__SSE2__)
constexpr std::size_t kBlock = 16;

bool all_plain(__m128i bytes) {
  const __m128i control =
      _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);  // at most 0x1f
  const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  return _mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, backslash))) == 0;
}

bool copy_block(const char* from, char* to) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
  return all_plain(bytes);
}
#else
constexpr std::size_t kBlock = kWord;

bool copy_block(const char* from, char* to) {
  std::memcpy(to, from, kWord);
  return all_plain(from);
}
#endif

/// Copies 4 to 15 bytes: their first and their last 4 or 8, which may overlap.
bool copy_short(const char* from, char* to, std::size_t size) {
  if (size >= kWord) {
    std::memcpy(to, from, kWord);
    std::memcpy(to + size - kWord, from + size - kWord, kWord);
    return all_plain(from) && all_plain(from + size - kWord);
  }
  constexpr std::size_t kHalf = kWord / 2;
  std::array<char, kWord> both{};
  std::memcpy(both.data(), from, kHalf);
  std::memcpy(both.data() + kHalf, from + size - kHalf, kHalf);
  std::memcpy(to, both.data(), kHalf);
  std::memcpy(to + size - kHalf, both.data() + kHalf, kHalf);
  return all_plain(both.data());
}

/// Copies a text; false, with some of it copied, if a byte of it needs an escape. Most texts need
/// none, and are short: the last block overlaps the one before it.
bool copy_plain(std::string_view text, char* to) {
  const char* const from = text.data();
  const std::size_t size = text.size();
  if (size >= kBlock) {
    for (std::size_t i = 0; i + kBlock <= size; i += kBlock) {
      if (!copy_block(from + i, to + i)) return false;
    }
    return copy_block(from + size - kBlock, to + size - kBlock);
  }
  if (size >= kWord / 2) return copy_short(from, to, size);
  for (std::size_t i = 0; i < size; ++i) {
    if (kEscapes[static_cast<unsigned char>(from[i])] != 0) return false;
    to[i] = from[i];
  }
  return true;
}

}  // namespace

void JsonWriter::append(std::string_view bytes) {
  flushed_ += bytes.size();
  if (sink_) {
    sink_(bytes);
  } else {
    text_ += bytes;
  }
}

void JsonWriter::flush() {
  append({stage_.get(), used_});
  used_ = 0;
}

char* JsonWriter::room(std::size_t bytes) {
  if (kStage - used_ < bytes) flush();
  return stage_.get() + used_;
}

void JsonWriter::put(std::string_view text) {
  if (text.size() > kStage) {
    flush();
    append(text);
    return;
  }
  std::memcpy(room(text.size()), text.data(), text.size());
  used_ += text.size();
}

void JsonWriter::put(char c) {
  *room(1) = c;
  ++used_;
}

void JsonWriter::separate() {
  if (!first_) put(", ");
  first_ = false;
}

void JsonWriter::open(char bracket) {
  separate();
  put(bracket);
  first_ = true;
}

void JsonWriter::close(char bracket) {
  put(bracket);
  first_ = false;
}

void JsonWriter::quote(std::string_view text) {
  if (text.size() + 2 <= kStage) {
    char* const to = room(text.size() + 2);
    if (copy_plain(text, to + 1)) {
      to[0] = to[text.size() + 1] = '"';
      used_ += text.size() + 2;
      return;
    }
  }
  static constexpr std::string_view kHex = "0123456789abcdef";
  static constexpr std::size_t kPiece = 2048;  // six times this fits the stage
  put('"');
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, kPiece);
    text.remove_prefix(piece.size());
    char* const begin = room(6 * kPiece);
    char* to = begin;
    std::size_t i = 0;
    while (i < piece.size()) {
      if (piece.size() - i >= kBlock && copy_block(piece.data() + i, to)) {
        to += kBlock;
        i += kBlock;
        continue;
      }
      const auto byte = static_cast<unsigned char>(piece[i++]);
      const char escape = kEscapes[byte];
      if (escape == 0) {
        *to++ = static_cast<char>(byte);
        continue;
      }
      *to++ = '\\';
      *to++ = escape;
      if (escape != 'u') continue;
      for (const char c : {'0', '0', kHex[byte >> 4], kHex[byte & 15]}) *to++ = c;
    }
    used_ += static_cast<std::size_t>(to - begin);
  }
  put('"');
}

void JsonWriter::key(std::string_view name) {
  constexpr std::size_t kAround = 6;  // , "": and spaces
  if (name.size() + kAround <= kStage) {
    char* to = room(name.size() + kAround);
    char* const begin = to;
    if (!first_) {
      *to++ = ',';
      *to++ = ' ';
    }
    *to++ = '"';
    if (copy_plain(name, to)) {
      to += name.size();
      for (const char c : {'"', ':', ' '}) *to++ = c;
      used_ += static_cast<std::size_t>(to - begin);
      first_ = true;
      return;
    }
  }
  separate();
  quote(name);
  put(": ");
  first_ = true;
}

void JsonWriter::null() {
  separate();
  put("null");
}

void JsonWriter::boolean(bool value) {
  separate();
  put(value ? std::string_view("true") : "false");
}

void JsonWriter::integer(std::int64_t value) {
  separate();
  std::array<char, 24> digits{};
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  put({digits.data(), static_cast<std::size_t>(result.ptr - digits.data())});
}

void JsonWriter::number(double value) {
  if (!std::isfinite(value)) {
    separate();
    put(std::isnan(value) ? std::string_view("NaN") : value > 0 ? "Infinity" : "-Infinity");
    return;
  }
  separate();
  std::array<char, 40> digits{};
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  const std::string_view written(digits.data(),
                                 static_cast<std::size_t>(result.ptr - digits.data()));
  put(written);
  if (written.find_first_of(".e") == std::string_view::npos) put(".0");
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
    case value::Kind::kTimestamp: string(value::iso_timestamp(tree.as_string())); return;
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

void JsonWriter::shared_member(std::string_view name, const value::Value& tree) {
  key(name);
  if (tree.identity() == nullptr) return value(tree);
  const auto [entry, is_new] = shared_.try_emplace(tree.identity());
  if (is_new) return value(tree);
  std::string& known = entry->second;
  if (known.empty()) {
    JsonWriter alone;
    alone.value(tree);
    known = alone.take();
  }
  put(known);
  first_ = false;
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
