// SPDX-License-Identifier: Apache-2.0
// The shapes of a project's own files: dbt_project.yml, profiles.yml, packages.yml, selectors.yml.
#pragma once

#include "dbt/project/shape.h"

namespace floe::dbt {

/// dbt_project.yml, rendered.
extern const Shape kProjectShape;
/// Its `flags`; dbt ignores all of them if they do not fit.
extern const Shape kFlagsShape;
/// A target of profiles.yml for DuckDB.
extern const Shape kDuckDbCredentialsShape;
/// selectors.yml.
extern const Shape kSelectorsShape;

/// What is wrong with dbt_project.yml, also beyond its shape; empty if nothing is.
std::vector<ShapeProblem> project_file_problems(const Value& project);

/// The same for what packages.yml or dependencies.yml say: a map with `packages`.
std::vector<ShapeProblem> package_list_problems(const Value& packages);

}  // namespace floe::dbt
