// SPDX-License-Identifier: Apache-2.0
// dbt v2's project checks: SQL files below checks/ that ask the Information Schema.
#pragma once

#include "base/result.h"
#include "dbt/project/load.h"

#include <string>
#include <vector>

namespace floe::dbt {

/// One enabled check, rendered.
struct ProjectCheck {
  std::string name;
  std::string package;
  std::string path;  // as shown to users
  std::string sql;
  std::string description;
  bool warns = false;  // severity: warn
  diag::Span span;     // its file
};

/// The checks of all packages of a project whose dbt_project.yml says `info_schema:`, by path; none
/// otherwise. What cannot be read or rendered becomes X000.
std::vector<ProjectCheck> load_project_checks(const Loaded& loaded, diag::SourceMap& sources,
                                              diag::Sink& sink);

/// Renders SQL in which `{{ info_schema('models') }}` names a table. kViolation with the template's
/// error. What it says by config() goes to `config`, if there is one.
Result<std::string> render_check_sql(const Loaded& loaded, const std::string& package,
                                     const std::string& text, Value* config = nullptr);

}  // namespace floe::dbt
