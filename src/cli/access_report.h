// SPDX-License-Identifier: Apache-2.0
// Who may read a table and through which grant, as text and as JSON: `floe platform explain
// access`.
#pragma once

#include "core/platform/access.h"
#include "value/value.h"

#include <string>
#include <vector>

namespace floe::cli {

/// The question: who, what, and what is known of it.
struct AccessQuestion {
  std::string who;  // a role or a group
  bool is_group = false;
  std::vector<std::string> roles;  // of the group, or the role itself
  std::string table;               // as it was asked for
  core::AccessTarget target;
  bool has_columns = false;  // a table of a project; else a layer or namespace
  std::vector<core::AccessColumn> columns;
};

/// What somebody sees of a column.
struct ColumnVerdict {
  bool reads = false;
  std::string mask;  // "" as it is
  std::string why;   // if it is not read
};

/// Of all ways the one that shows most.
ColumnVerdict column_verdict(const core::AccessModel& access, const core::AccessAnswer& answer,
                             const core::AccessColumn& column);

/// The answer in lines.
std::string access_text(const core::Platform& platform, const core::AccessModel& access,
                        const AccessQuestion& question);

/// {format_version, platform, who, roles, table, layer, namespace, default, read, write, ways,
/// columns, obstacles}.
value::Value access_document(const core::Platform& platform, const core::AccessModel& access,
                             const AccessQuestion& question);

}  // namespace floe::cli
