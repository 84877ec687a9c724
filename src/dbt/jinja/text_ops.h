// SPDX-License-Identifier: Apache-2.0
// String operations with Python's meaning that several parts of the interpreter share.
#pragma once

#include "dbt/jinja/value.h"

#include <string>
#include <string_view>
#include <vector>

namespace floe::jinja {

/// Strips what Python calls white space.
std::string_view strip_space(std::string_view text);
std::string_view strip_space_left(std::string_view text);
std::string_view strip_space_right(std::string_view text);
/// Strips the code points of `chars` at the chosen ends.
std::string_view strip_chars(std::string_view text, std::string_view chars, bool left, bool right);
/// str.split() with no separator; `limit` < 0 is no limit.
std::vector<std::string> split_space(std::string_view text, std::int64_t limit);
/// str.splitlines(keepends).
std::vector<std::string> split_lines(std::string_view text, bool keep_ends);
/// str.replace(from, to, limit); `limit` < 0 is no limit.
std::string replace_text(std::string_view text, std::string_view from, std::string_view to,
                         std::int64_t limit);
/// markupsafe.escape of plain text.
std::string html_escape(std::string_view text);
/// Escapes unless the value is markup already.
std::string html_text(const Value& value);
/// str + str: Markup escapes the plain side.
Value concat_str(const Value& left, const Value& right);
/// str.title() (every letter after a non-letter) is in the methods; this is Jinja's capitalize().
std::string capitalize(std::string_view text);
/// "%.{digits}f" of a double, exact.
std::string fixed_digits(double value, int digits);

/// str.islower(), str.isupper().
bool text_is_lower(std::string_view text);
bool text_is_upper(std::string_view text);

/// dict.update(source): a mapping or pairs.
void update_dict(Dict& target, const Value& source);

/// Guards deep recursion over values: throws RecursionError when the thread's stack is nearly used
/// up.
void check_stack();

}  // namespace floe::jinja
