// SPDX-License-Identifier: Apache-2.0
// dbt's command line: which command, which options, and what the environment adds.
#pragma once

#include "base/files.h"
#include "base/result.h"
#include "cli/command.h"
#include "dbt/graph/spec.h"
#include "value/value.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace floe::cli {

/// The dbt-duckdb whose behaviour floe has.
inline constexpr std::string_view kDbtDuckdbVersion = "1.11.1";

/// A DBT_* variable that was given under the name it had before.
struct RenamedVariable {
  std::string old_name;
  std::string new_name;
};

/// One call of `floe dbt`, read but not yet done.
struct DbtCall {
  std::string command;  // "build", "source freshness", "list"; "" with --version or --help only
  Args args;            // by long name; environment variables count as given
  std::vector<std::string> words;  // as typed, for artifacts
  std::map<std::string, std::string> env;

  fs::path working_folder;               // where the call was made
  fs::path project_dir;                  // absolute
  std::optional<fs::path> profiles_dir;  // absolute
  std::optional<fs::path> log_path;      // absolute
  std::string invocation_id;
  value::Value vars = value::Value::map();
  value::Value warn_error_options;  // null: not given
  std::vector<RenamedVariable> renamed;

  std::vector<std::string> exclude() const { return args.values("exclude"); }
  std::optional<std::vector<std::string>> select() const;
};

/// Reads the arguments behind `floe dbt`. kUsage says what is wrong with them.
Result<DbtCall> read_dbt_call(const std::vector<std::string>& words,
                              const std::map<std::string, std::string>& env,
                              const fs::path& working_folder);

/// The names of dbt's commands that floe has, for help and suggestions.
std::vector<std::string> dbt_command_names();

/// The options of a command, in the form the help printer takes. `name` must be a known command.
const Command& dbt_command(std::string_view name);

/// A YAML mapping given as an option's value (--vars, --args). Empty text is an empty mapping.
Result<value::Value> read_yaml_option(std::string_view option, const std::string& text);

/// A random UUID, version 4.
std::string make_invocation_id();

}  // namespace floe::cli
