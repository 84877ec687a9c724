// SPDX-License-Identifier: Apache-2.0
// dbt's flags: defaults, the project's `flags:`, DBT_ variables and the command line.
#pragma once

#include "dbt/project/load.h"
#include "dbt/warnings/warnings.h"

#include <memory>

namespace floe::dbt {

/// All flags by lower-case name, from `project_flags` (dbt_project.yml), the environment
/// (DBT_NAME, DBT_ENGINE_NAME) and the command line, later ones winning.
Value resolve_flags(const LoadOptions& options, const Value& project_flags);

/// `flags:` of dbt_project.yml, or `config:` of profiles.yml, where they were before.
struct ProjectFlags {
  Value flags = Value::map();
  bool from_profiles = false;
};
/// Reads them without a loader; a file that cannot be read has none: loading says what is wrong
/// with it. Fails if both files have some.
Result<ProjectFlags> read_project_flags(const LoadOptions& options);

/// What the flags say about warnings. `flags` is what resolve_flags() made of `project_flags`; its
/// warn_error_options get the form that templates see. Fails on what dbt does not take.
Result<std::shared_ptr<Warnings>> warnings_of(const LoadOptions& options,
                                              const Value& project_flags, Value& flags);

/// The folder of dbt.log, if the call names none: log-path of dbt_project.yml as written, or logs.
std::string log_folder(const Value& project_file);

/// The `flags` variable of templates: upper-case names.
jinja::Value flags_variable(const Value& flags);

}  // namespace floe::dbt
