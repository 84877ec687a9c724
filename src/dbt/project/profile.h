// SPDX-License-Identifier: Apache-2.0
// profiles.yml: finding it, choosing a profile and a target, rendering the credentials.
#pragma once

#include "dbt/project/loader.h"

namespace floe::dbt {

/// All of profiles.yml; an empty map if there is none, nothing, with diagnostics, if it is not
/// valid.
std::optional<Value> read_profiles(Loader& loader);
/// Where profiles.yml is looked for.
fs::path profiles_folder(const LoadOptions& options);

/// The profile that the options and the project's `profile` name; nothing, with diagnostics, if it
/// cannot be had.
std::optional<Profile> load_profile(Loader& loader, const Value& profiles,
                                    const std::string& project_profile);

/// What templates of files with credentials can read: secret environment variables too.
jinja::ContextRef secret_context(Loader& loader);

/// The catalog that DuckDB names after a database path.
std::string database_of_path(std::string_view path);

/// The `target` variable of templates.
jinja::Value target_variable(const Profile& profile);

}  // namespace floe::dbt
