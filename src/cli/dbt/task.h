// SPDX-License-Identifier: Apache-2.0
// One call of `floe dbt` under way: the loaded project, its graph, and the commands over them.
#pragma once

#include "cli/dbt/artifacts.h"
#include "cli/dbt/console.h"
#include "cli/dbt/options.h"
#include "cli/foreign.h"
#include "dbt/graph/select.h"
#include "dbt/project/load.h"
#include "diag/diagnostic.h"
#include "runtime/execute.h"

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace floe::cli {

/// Exit codes as dbt has them.
inline constexpr int kDbtFine = 0;
inline constexpr int kDbtFailed = 1;  // nodes failed, or the platform refuses the product
inline constexpr int kDbtBroken = 2;  // wrong usage, a project that cannot be read, no database

/// What a run is about, beyond what the command line says.
struct RunPlan {
  runtime::Command command = runtime::Command::kBuild;
  std::vector<dbt::ResourceType> types;        // that a selector may give
  std::optional<std::set<std::string>> fixed;  // these nodes, whatever the options say (retry)
  std::string inline_code;
  int show_limit = 5;
  std::string macro;
  value::Value macro_args = value::Value::map();
  bool ephemeral_results = false;  // of those that were asked for
  bool print_nodes = true;         // progress lines and summary
  std::int64_t invoked_at = 0;     // retry: when the run that is retried was started
  std::map<std::string, runtime::PreviousBatches> previous_batches;
  std::map<std::string, std::set<std::string>> previous_overloads;
};

/// How a call wants its project loaded.
Result<dbt::LoadOptions> load_options(const DbtCall& call);
/// What dbt says once a project is loaded, and once it is linked.
void say_registered(const DbtCall& call, Console& console);
void say_found(Console& console, const std::string& found);

class DbtTask {
 public:
  DbtTask(DbtCall call, Console& console);

  /// Reads the project and lets the platform judge it, if one governs it. An exit code if the call
  /// ends here.
  std::optional<int> load();
  /// The same for a command that is not about the project's resources: warnings are not told.
  std::optional<int> load_without_warnings();

  /// The graph; prints what was found. Fails on a cycle.
  Result<const dbt::Graph*> link();

  Result<dbt::Selection> select(const std::vector<dbt::ResourceType>& types, bool keep_empty);

  /// Selects and runs; writes the artifacts; prints. The exit code.
  Result<int> run(const RunPlan& plan);
  Result<runtime::RunResult> execute(const RunPlan& plan, const std::vector<std::string>& ids);

  /// Writes dbt's manifest files, unless --no-write-json; says what in `written`.
  Status write_manifest(WrittenManifest* written = nullptr) const;
  bool writes_json() const;
  /// What loading had to say, and the texts that it points into.
  const std::vector<diag::Diagnostic>& findings() const { return findings_; }
  const diag::SourceMap& sources() const { return sources_; }
  /// What the project holds, in words.
  std::string found_line() const;

  /// Prints an error as dbt does; returns the exit code for it.
  int report(const Error& error) const;

  const DbtCall& call() const { return call_; }
  Console& console() const { return console_; }
  dbt::Loaded& loaded() { return *loaded_; }
  const dbt::Graph& graph() const { return *graph_; }
  const std::string& started_at() const { return started_at_; }
  /// How long the call has been going on.
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  /// What runs the project: floe itself, or the runtime of the platform that governs it.
  const RuntimeChoice& runtime() const { return runtime_; }
  /// Has dbt do the whole call, with the same options: its output goes where floe's goes, and its
  /// exit code is the result. `python` are the models that floe itself cannot run.
  Result<int> pass_on(const std::vector<std::string>& python);
  bool flag(std::string_view name) const;
  /// What run_results.json and templates are told of the call, once the project is loaded.
  value::Value arguments() const;
  /// Resource types from --resource-type and --exclude-resource-type within `allowed`.
  std::vector<dbt::ResourceType> wanted_types(const std::vector<dbt::ResourceType>& allowed,
                                              const std::vector<dbt::ResourceType>& usual) const;

 private:
  std::optional<int> load_with(const std::shared_ptr<dbt::Warnings>& warnings);
  void report_findings();
  Result<dbt::SelectSpec> selection_spec(dbt::IndirectSelection indirect);
  Status check_selectors() const;  // also those that nobody asked for
  Status read_state();
  Result<dbt::Selection> evaluate_selection(const std::vector<dbt::ResourceType>& types,
                                            bool keep_empty);
  Result<const value::Value*> deferred_manifest(const RunPlan& plan) const;
  std::map<std::string, value::Value> deferred_relations(const value::Value& manifest) const;
  /// Adds the functions that only an earlier run's manifest has: what defers to it may call them.
  Status adopt_functions(const value::Value& manifest);

  std::vector<diag::Diagnostic> findings_;
  DbtCall call_;
  Console& console_;
  std::string started_at_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  diag::SourceMap sources_;
  diag::Sink sink_;
  std::optional<dbt::Loaded> loaded_;
  std::unique_ptr<dbt::Graph> graph_;
  std::optional<dbt::PreviousState> state_;        // of --state
  std::optional<dbt::PreviousState> defer_state_;  // of --defer-state
  RuntimeChoice runtime_;
  bool governed_ = false;
  bool quiet_warnings_ = false;
};

/// "Compilation Error\n  text" and the like from an Error.
std::string dbt_error_text(const Error& error);

}  // namespace floe::cli
