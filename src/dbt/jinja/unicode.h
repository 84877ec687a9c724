// SPDX-License-Identifier: Apache-2.0
// Text as Python sees it: code points over UTF-8, classes of characters, case.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace floe::jinja {

/// True when every byte is below 128.
bool is_ascii(std::string_view text);
/// The code point at byte `at`; `size` gets its bytes. A stray byte counts as one code point.
std::uint32_t decode_at(std::string_view text, std::size_t at, std::size_t& size);
void append_utf8(std::uint32_t code, std::string& out);
/// Number of code points.
std::size_t count_points(std::string_view text);
/// Byte offset of the n-th code point (text.size() when past the end).
std::size_t point_offset(std::string_view text, std::size_t n);
std::u32string to_points(std::string_view text);
std::string from_points(std::u32string_view points);

bool is_space(std::uint32_t c);
bool is_printable(std::uint32_t c);
bool is_alpha(std::uint32_t c);
bool is_decimal(std::uint32_t c);
bool is_digit(std::uint32_t c);
bool is_numeric(std::uint32_t c);
bool is_alnum(std::uint32_t c);
bool is_lower(std::uint32_t c);
bool is_upper(std::uint32_t c);
bool is_title(std::uint32_t c);
/// \w of Python's re: alphanumeric or underscore.
inline bool is_word(std::uint32_t c) { return c == '_' || is_alnum(c); }
bool is_identifier_start(std::uint32_t c);
bool is_identifier_part(std::uint32_t c);
/// Characters at which str.splitlines() breaks.
bool is_line_break(std::uint32_t c);

std::string lower(std::string_view text);
std::string upper(std::string_view text);
std::string casefold(std::string_view text);
std::uint32_t lower_point(std::uint32_t c);
void append_upper(std::uint32_t c, std::string& out);
void append_title(std::uint32_t c, std::string& out);

}  // namespace floe::jinja
