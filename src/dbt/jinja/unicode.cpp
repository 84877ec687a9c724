// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/unicode.h"

#include <utf8proc.h>

#include <algorithm>

namespace floe::jinja {

namespace {

utf8proc_category_t category_of(std::uint32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

bool is_cased(std::uint32_t c) { return is_lower(c) || is_upper(c) || is_title(c); }

// A capital sigma at the end of a word becomes the final form.
bool final_sigma(std::string_view text, std::size_t at, std::size_t next) {
  bool before = false;
  for (std::size_t i = at; i > 0 && !before;) {
    --i;
    if ((static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) continue;
    std::size_t size = 0;
    const std::uint32_t c = decode_at(text, i, size);
    if (is_cased(c)) before = true;
    else if (is_alnum(c) || is_space(c) || c < 128) break;
  }
  if (!before || next >= text.size()) return before;
  std::size_t size = 0;
  return !is_cased(decode_at(text, next, size));
}

}  // namespace

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 128; });
}

std::uint32_t decode_at(std::string_view text, std::size_t at, std::size_t& size) {
  const auto first = static_cast<unsigned char>(text[at]);
  size = 1;
  if (first < 0x80) return first;
  // A stray byte is a code point of its own, as with Python's surrogateescape; append_utf8 gives
  // the byte back.
  const std::uint32_t stray = 0xDC00U + first;
  const std::size_t want = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 1;
  if (want == 1 || first > 0xF4 || at + want > text.size()) return stray;
  std::uint32_t code = first & (0xFFU >> (want + 1));
  for (std::size_t i = 1; i < want; ++i) {
    const auto byte = static_cast<unsigned char>(text[at + i]);
    if ((byte & 0xC0) != 0x80) return stray;
    code = (code << 6) | (byte & 0x3F);
  }
  size = want;
  return code;
}

void append_utf8(std::uint32_t code, std::string& out) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code >= 0xDC80 && code <= 0xDCFF) {
    out += static_cast<char>(code - 0xDC00);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

std::size_t count_points(std::string_view text) {
  if (is_ascii(text)) return text.size();
  std::size_t count = 0;
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size(); at += size, ++count) decode_at(text, at, size);
  return count;
}

std::size_t point_offset(std::string_view text, std::size_t n) {
  std::size_t at = 0;
  std::size_t size = 0;
  for (; n > 0 && at < text.size(); --n, at += size) decode_at(text, at, size);
  return std::min(at, text.size());
}

std::u32string to_points(std::string_view text) {
  std::u32string points;
  points.reserve(text.size());
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size(); at += size) points += decode_at(text, at, size);
  return points;
}

std::string from_points(std::u32string_view points) {
  std::string text;
  text.reserve(points.size());
  for (const char32_t c : points) append_utf8(c, text);
  return text;
}

bool is_space(std::uint32_t c) {
  if (c < 128) return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x1f);
  return c == 0x85 || category_of(c) == UTF8PROC_CATEGORY_ZS || c == 0x2028 || c == 0x2029;
}

bool is_printable(std::uint32_t c) {
  if (c < 128) return c >= 32 && c < 127;
  switch (category_of(c)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_ZS: return false;
    default: return true;
  }
}

bool is_alpha(std::uint32_t c) {
  if (c < 128) return (c | 32) >= 'a' && (c | 32) <= 'z';
  const auto category = category_of(c);
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

bool is_decimal(std::uint32_t c) {
  if (c < 128) return c >= '0' && c <= '9';
  return category_of(c) == UTF8PROC_CATEGORY_ND;
}

bool is_digit(std::uint32_t c) {
  return is_decimal(c) || c == 0xB2 || c == 0xB3 || c == 0xB9 || (c >= 0x2070 && c <= 0x2079) ||
         (c >= 0x2080 && c <= 0x2089);
}

bool is_numeric(std::uint32_t c) {
  if (c < 128) return is_decimal(c);
  const auto category = category_of(c);
  return category == UTF8PROC_CATEGORY_ND || category == UTF8PROC_CATEGORY_NL ||
         category == UTF8PROC_CATEGORY_NO;
}

bool is_alnum(std::uint32_t c) { return is_alpha(c) || is_numeric(c); }

bool is_lower(std::uint32_t c) {
  if (c < 128) return c >= 'a' && c <= 'z';
  return utf8proc_islower(static_cast<utf8proc_int32_t>(c)) != 0;
}

bool is_upper(std::uint32_t c) {
  if (c < 128) return c >= 'A' && c <= 'Z';
  return category_of(c) != UTF8PROC_CATEGORY_LT &&
         utf8proc_isupper(static_cast<utf8proc_int32_t>(c)) != 0;
}

bool is_title(std::uint32_t c) { return c >= 128 && category_of(c) == UTF8PROC_CATEGORY_LT; }

bool is_identifier_start(std::uint32_t c) {
  return c == '_' || is_alpha(c) || (c >= 128 && category_of(c) == UTF8PROC_CATEGORY_NL);
}

bool is_identifier_part(std::uint32_t c) {
  if (is_identifier_start(c) || is_decimal(c)) return true;
  if (c < 128) return false;
  if (c == 0xB7 || c == 0x387 || (c >= 0x1369 && c <= 0x1371) || c == 0x19DA) return true;
  const auto category = category_of(c);
  return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
         category == UTF8PROC_CATEGORY_PC;
}

bool is_line_break(std::uint32_t c) {
  return (c >= 10 && c <= 13) || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 ||
         c == 0x2029;
}

std::uint32_t lower_point(std::uint32_t c) {
  if (c < 128) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  return static_cast<std::uint32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
}

std::string lower(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size(); at += size) {
    const std::uint32_t c = decode_at(text, at, size);
    if (c == 0x3A3) {
      append_utf8(final_sigma(text, at, at + size) ? 0x3C2 : 0x3C3, out);
    } else if (c == 0x130) {
      out += "i\u0307";
    } else {
      append_utf8(lower_point(c), out);
    }
  }
  return out;
}

void append_upper(std::uint32_t c, std::string& out) {
  if (c < 128) {
    out += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    return;
  }
  switch (c) {
    case 0xDF: out += "SS"; return;
    case 0x149: out += "\u02BCN"; return;
    case 0x1F0: out += "J\u030C"; return;
    case 0x390: out += "\u0399\u0308\u0301"; return;
    case 0x3B0: out += "\u03A5\u0308\u0301"; return;
    case 0x587: out += "\u0535\u0552"; return;
    case 0xFB00: out += "FF"; return;
    case 0xFB01: out += "FI"; return;
    case 0xFB02: out += "FL"; return;
    case 0xFB03: out += "FFI"; return;
    case 0xFB04: out += "FFL"; return;
    case 0xFB05:
    case 0xFB06: out += "ST"; return;
    default:
      append_utf8(static_cast<std::uint32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(c))),
                  out);
  }
}

void append_title(std::uint32_t c, std::string& out) {
  if (c == 0xDF) out += "Ss";
  else if (c >= 0xFB00 && c <= 0xFB06) {
    std::string all;
    append_upper(c, all);
    out += all.substr(0, 1) + lower(all.substr(1));
  } else if (c < 128) append_upper(c, out);
  else
    append_utf8(static_cast<std::uint32_t>(utf8proc_totitle(static_cast<utf8proc_int32_t>(c))),
                out);
}

std::string upper(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size(); at += size) {
    append_upper(decode_at(text, at, size), out);
  }
  return out;
}

std::string casefold(std::string_view text) {
  std::string out;
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size(); at += size) {
    const std::uint32_t c = decode_at(text, at, size);
    if (c == 0xDF || c == 0x1E9E) out += "ss";
    else if (c == 0x3C2) append_utf8(0x3C3, out);
    else append_utf8(lower_point(c), out);
  }
  return out;
}

}  // namespace floe::jinja
