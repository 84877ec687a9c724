// SPDX-License-Identifier: Apache-2.0
// The functions and types that SQL of a project makes: in hooks, macros and models.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace floe::dbt {

struct DefinedName {
  std::string name;  // in lower case; "" if a template makes it
  std::size_t at;    // the byte at which the statement begins
  bool is_type = false;
  bool is_expression = false;  // a function of its arguments: its text has no query and no template
};

/// What `create [or replace] [temp] macro|function|type` defines in a text, SQL or a template of
/// it.
std::vector<DefinedName> defined_names(std::string_view sql);

/// Whether the text of a function, or the statement that makes it, is made of its arguments alone:
/// there is no query in it, no variable and no template.
bool is_sql_expression(std::string_view sql);

/// Whether a text of template_sql() may define something of which it does not say what: a value
/// that is not read stands where the statement says so.
bool may_define_more(std::string_view sql);

/// Whether SQL loads an extension of DuckDB's, which may have any function and type.
bool loads_extension(std::string_view sql);

}  // namespace floe::dbt
