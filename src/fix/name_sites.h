// SPDX-License-Identifier: Apache-2.0
// Where code names nodes: the literals in ref() calls, exact to the byte, found by the tokenisers
// that read the code.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::fix {

/// A literal that names a node. Bytes [begin, end) are the name itself, without quotes.
struct NameSite {
  enum class Kind {
    kRef,       // ref('name'), ref('package', 'name')
    kUniqueId,  // 'model.package.name'
    kSnapshot,  // {% snapshot name %}
  };
  Kind kind = Kind::kRef;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string name;
  std::string package;  // "" if the ref() names none
};

/// All sites in a template. `{# … #}` and raw blocks hold none; SQL comments do, as for dbt.
std::vector<NameSite> sites_in_jinja(std::string_view text);
/// Those of a bare expression: `ref('orders')`.
std::vector<NameSite> sites_in_expression(std::string_view text);
/// dbt.ref() calls of a Python model.
std::vector<NameSite> sites_in_python(std::string_view text);

/// An expression by which a node's code takes its own name as a value (`this.name`,
/// `model['unique_id']`, `'{{ this }}'`), so that a new name changes what it makes; "" if there is
/// none. What names the table does not count if that `keeps` its name. Hooks do not count: what
/// they do is about the table.
std::string own_name_in_jinja(std::string_view text, bool keeps);
/// The same in a Python model.
std::string own_name_in_python(std::string_view text, bool keeps);

/// Where a text literal of the template's config() call stands, or where a new argument goes.
struct ConfigSite {
  /// The literal that is the argument's value, without quotes; nothing if it has another form.
  std::optional<std::pair<std::size_t, std::size_t>> value;
  std::string text;            // of the literal
  bool has_argument = false;   // the argument is there
  std::size_t first = 0;       // behind the opening parenthesis
  bool has_arguments = false;  // any
};
/// The first config() call; nothing if there is none.
std::optional<ConfigSite> config_site(std::string_view text, std::string_view argument);

}  // namespace floe::fix
