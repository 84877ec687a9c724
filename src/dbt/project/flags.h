// SPDX-License-Identifier: Apache-2.0
// dbt's flags: defaults, the project's `flags:`, DBT_ variables and the command line.
#pragma once

#include "dbt/project/load.h"

namespace floe::dbt {

/// All flags by lower-case name, from `project_flags` (dbt_project.yml), the environment
/// (DBT_NAME, DBT_ENGINE_NAME) and the command line, later ones winning.
Value resolve_flags(const LoadOptions& options, const Value& project_flags);

/// The `flags` variable of templates: upper-case names.
jinja::Value flags_variable(const Value& flags);

}  // namespace floe::dbt
