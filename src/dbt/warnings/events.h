// SPDX-License-Identifier: Apache-2.0
// dbt's names of events: which there are, their codes, and which of them are deprecations.
#pragma once

#include <string_view>

namespace floe::dbt {

/// dbt's code of an event ("Q012"), or "" for a name that dbt does not have.
std::string_view event_code(std::string_view name);

/// Whether options may name it: an event of dbt-core.
bool is_event_name(std::string_view name);

/// Whether it is a name of dbt's second engine only, which dbt-core takes and ignores.
bool is_v2_event_name(std::string_view name);

/// Whether the group "Deprecations" holds it.
bool is_deprecation(std::string_view name);

/// Whether dbt counts it for the summary of deprecations, and shows only the first of a call.
bool is_counted_deprecation(std::string_view name);

/// Whether dbt puts its name in front of its text whatever the flags say.
bool is_always_named(std::string_view name);

/// Whether dbt only logs it at the level of warnings: judged with
/// require_all_warnings_handled_by_warn_error alone.
bool is_merely_logged(std::string_view name);

}  // namespace floe::dbt
