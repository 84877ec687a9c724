// SPDX-License-Identifier: Apache-2.0
// The SQL that a template may send, as far as it stands in the text: outside of tags and in strings
// of expressions, also where it is put together from pieces.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace floe::dbt {

/// Stands in a text for what only rendering tells: a value, or what a macro gives or a text that is
/// another of the same template.
inline constexpr char kUnreadValue = '\x01';
inline constexpr char kUnreadCall = '\x02';

struct TemplateSql {
  std::vector<std::string> texts;
  /// Names and strings of expressions, in lower case: among them the macros that are called, also
  /// by adapter.dispatch().
  std::set<std::string, std::less<>> words;
  bool runs_unread = false;  // SQL runs that does not stand in the text
};

TemplateSql template_sql(std::string_view source);

/// The statements of a text, without comments and the space around them, in lower case.
std::vector<std::string> sql_statements(std::string_view text);

}  // namespace floe::dbt
