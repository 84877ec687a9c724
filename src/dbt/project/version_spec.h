// SPDX-License-Identifier: Apache-2.0
// Version requirements of dbt packages: ">=1.0.0,<2.0.0".
#pragma once

#include "value/value.h"

#include <string>
#include <string_view>

namespace floe::dbt {

/// Whether `version` meets all of `requirements` (a list of texts, each with one or more
/// comma-separated comparisons). `problem` says what does not fit.
bool version_satisfies(std::string_view version, const value::Value& requirements,
                       std::string& problem);

/// Is the text a version as dbt_project.yml may have it: "1.0", "1.0.0", "1.0.0-rc.1+build"?
bool is_project_version(std::string_view text);

/// Is the text one comparison with a whole version: ">=1.0.0", "2.1.0-b1"?
bool is_version_comparison(std::string_view text);

/// -1, 0, 1: semantic version order (pre-releases before their release).
int compare_versions(std::string_view a, std::string_view b);

}  // namespace floe::dbt
