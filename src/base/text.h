// SPDX-License-Identifier: Apache-2.0
// Small operations on text: splitting, trimming, case, UTF-8, nearest name.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace floe {

std::vector<std::string_view> split(std::string_view text, char separator);
std::vector<std::string_view> split(std::string_view text, std::string_view separator);
/// Splits on runs of ASCII white space; no empty parts.
std::vector<std::string_view> split_words(std::string_view text);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);
std::string_view trim_left(std::string_view text);
std::string_view trim_right(std::string_view text);
std::string to_lower(std::string_view text);  // ASCII only
std::string to_upper(std::string_view text);  // ASCII only
std::string replace_all(std::string text, std::string_view from, std::string_view to);
bool contains(std::string_view text, std::string_view part);
bool is_word_character(char c);             // [A-Za-z0-9_]
bool is_identifier(std::string_view text);  // [A-Za-z_][A-Za-z0-9_]*
/// "1 model", "3 models": `plural` defaults to singular + "s".
std::string counted(std::size_t count, std::string_view singular, std::string_view plural = {});
/// "a", "a or b", "a, b, or c".
std::string list_or(const std::vector<std::string>& items);
std::string list_and(const std::vector<std::string>& items);

/// Byte offset of the first byte that is not valid UTF-8, or npos.
std::size_t find_invalid_utf8(std::string_view text);
std::size_t utf8_length(std::string_view text);  // in code points
/// Columns `text` takes on a terminal (wide characters count 2, combining marks 0).
std::size_t display_width(std::string_view text);

/// Levenshtein distance (with transposition), cut off at `limit` + 1.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit = 16);
/// The candidate nearest to `word` if near enough to be a likely typo, else "".
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);
/// Shell-style match with * ? [seq] [!seq], as Python's fnmatch.
bool glob_match(std::string_view pattern, std::string_view text);

}  // namespace floe
