// SPDX-License-Identifier: Apache-2.0
// How a text is best written as a YAML scalar, as PyYAML's emitter chooses.
#pragma once

#include <string>
#include <string_view>

namespace floe::dbt {

enum class ScalarStyle { kPlain, kSingleQuoted, kDoubleQuoted };

/// `may_be_plain`: a reader would not take the bare text for another type. `simple_key`: it is the
/// key of a mapping and stands on one line with the colon.
ScalarStyle scalar_style(std::u32string_view text, bool may_be_plain, bool simple_key);

/// A line break to YAML 1.1.
bool is_yaml_break(char32_t c);
/// A character that double quotes hold as it is.
bool is_printable_ascii(char32_t c);
/// Any other one: backslash and letter, or \x, \u, \U and its number.
std::string escaped(char32_t c);

}  // namespace floe::dbt
