// SPDX-License-Identifier: Apache-2.0
// Loads a dbt project: from a folder (and a profile) to a fully linked Project, as `dbt parse`
// would see it.
#pragma once

#include "base/files.h"
#include "dbt/context/base_context.h"
#include "dbt/context/macros.h"
#include "dbt/project/model.h"
#include "dbt/warnings/warnings.h"
#include "diag/diagnostic.h"
#include "diag/source.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace floe::dbt {

/// A connection as profiles.yml (or the caller) gives it, rendered.
struct Profile {
  std::string profile_name;
  std::string target_name;
  std::string adapter_type = "duckdb";
  std::string database;  // the catalog's name: of a DuckDB file its stem, "memory" without a file
  std::string schema;
  int threads = 1;
  Value credentials = Value::map();  // the whole target entry, rendered natively
};

/// What dbt_project.yml says of one package, rendered; absent paths have dbt's defaults.
struct PackageConfig {
  std::string name;
  fs::path root;          // absolute
  bool internal = false;  // dbt, dbt_duckdb
  std::string version;
  std::string profile;
  std::vector<std::string> model_paths, macro_paths, seed_paths, test_paths, analysis_paths,
      docs_paths, asset_paths, snapshot_paths, function_paths, clean_targets, all_source_paths;
  std::string target_path, packages_install_path, log_path;
  std::vector<std::string> on_run_start, on_run_end;  // unrendered
  Value quoting = Value::map();                       // {database, schema, identifier}
  Value vars = Value::map();
  Value dispatch = Value::list();
  Value flags = Value::map();
  Value query_comment;
  bool restrict_access = false;
  Value rendered = Value::map();    // the file, rendered as dbt renders it
  Value unrendered = Value::map();  // the file as written
};

/// A project without dbt_project.yml and profiles.yml: the caller says what they would.
struct VirtualProject {
  Value dbt_project = Value::map();  // as dbt_project.yml: at least `name`; paths have defaults
  Profile profile;
};

struct LoadOptions {
  fs::path project_dir = ".";
  std::optional<fs::path> profiles_dir;           // --profiles-dir
  std::string profile;                            // --profile
  std::string target;                             // --target
  Value cli_vars = Value::map();                  // --vars
  std::optional<fs::path> target_path;            // --target-path, relative to the project
  std::optional<fs::path> packages_install_path;  // --packages-install-path
  unsigned parse_threads = 0;                     // 0: as many as there are processors
  std::optional<int> threads;                     // --threads
  bool full_refresh = false;
  Value flags = Value::map();              // flags given on the command line, by lower-case name
  Value user_flags = Value::map();         // a user's own defaults: `flags` of user_settings.yml
  Value invocation_args = Value::map();    // invocation_args_dict
  std::string command = "parse";           // flags.WHICH
  std::string invocation_id;               // made if empty
  std::map<std::string, std::string> env;  // the process environment
  std::optional<VirtualProject> virtual_project;
  std::shared_ptr<Warnings> warnings;  // of the call; made from the flags if null
};

/// A loaded project with all that running it needs.
struct Loaded {
  Project project;
  GraphMaps graph;
  Profile profile;
  std::vector<PackageConfig> packages;  // the root first, then dependencies, then internal ones
  std::shared_ptr<const Session> session;
  std::shared_ptr<MacroRegistry> macros;
  Value flags = Value::map();  // all of dbt's flags with their defaults, lower-case names
  fs::path target_path;        // absolute
  std::shared_ptr<Warnings> warnings = std::make_shared<Warnings>();  // never null
  /// The deprecations that loading met, whether they are shown or not.
  std::vector<Warnings::Count> deprecations;
  /// When what was warned of is no longer right, in seconds since 1970: a date that will be past.
  std::optional<double> warnings_end;

  const PackageConfig& root() const { return packages.front(); }
  const PackageConfig* package(std::string_view name) const;
};

/// Loads and links a project. What is wrong in its files becomes diagnostics (codes.def); the
/// result is empty if the errors leave nothing usable (dbt would stop). With errors but a result,
/// the project holds everything that could be read: good for editors, not for running.
std::optional<Loaded> load_project(const LoadOptions& options, diag::SourceMap& sources,
                                   diag::Sink& sink);

/// Of a project's dbt_project.yml alone, without its profile: the findings that are warnings of
/// dbt (those with an `event`), as commands have them that load no project. `dbt debug` reads the
/// file without looking at doubled keys.
void check_project_file(const LoadOptions& options, bool doubled_keys, diag::SourceMap& sources,
                        diag::Sink& sink);

/// The time as `created_at` of nodes has it.
double seconds_now();

/// dbt's class of a loader error ("Compilation Error", "Parsing Error", …), by diagnostic code.
std::string_view dbt_error_class(std::string_view code);

struct LoadCode {
  std::string_view code;         // "T001"
  std::string_view slug;         // "unknown-ref"
  std::string_view error_class;  // "Compilation Error"
  std::string_view explanation;
};
/// All codes the loader can report.
const std::vector<LoadCode>& load_codes();

}  // namespace floe::dbt
