// SPDX-License-Identifier: Apache-2.0
// Schema parts that several kinds of file share.
#pragma once

#include "value/schema.h"

namespace floe::config {

/// off | warn | strict; a lower tier may only go to the right.
value::Schema enforcement_schema();
/// notify | warn | block; a lower tier may only go to the right.
value::Schema gate_action_schema();
/// A percentage that a lower tier may only raise.
value::Schema coverage_schema();
/// A list of different names that a lower tier may only add to.
value::Schema extended_names();
/// A true that stays true.
value::Schema strict_flag();
/// text() that may not be empty.
value::Schema filled_text();
/// Names of plugins: "duckdb", "sql_database".
value::Schema plugin_name();
/// apiVersion and kind, which every file begins with.
value::Field api_version_field();
value::Field kind_field(std::string_view kind);
/// {team, email, slack}.
value::Schema owner_schema();

/// The categories of plugins, in the order they are shown.
const std::vector<std::string>& plugin_categories();

/// data_architecture and governance: what the manifest sets and a data product may tighten.
value::Schema data_architecture_schema();
value::Schema governance_schema();
value::Schema plugins_schema();

/// governance.access_control and governance.retention.
value::Schema access_control_schema();
value::Schema retention_schema();
/// A number of days that a lower tier may only lower.
value::Schema days_at_most();

/// Checks apiVersion and kind before anything else; whether the file is of that kind.
bool check_kind(const value::Value& document, std::string_view kind, diag::Sink& sink);

/// Warns about rules in these sections that are read but that this floe does not enforce: a rule
/// that is silently ignored is worse than none.
void report_idle_rules(const value::Value& document, const value::Schema& schema,
                       const std::vector<std::string>& sections, diag::Sink& sink);

}  // namespace floe::config
