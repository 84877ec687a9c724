// SPDX-License-Identifier: Apache-2.0
// One call of `floe dbt` under way: the loaded project, its graph, and the commands over them.
#pragma once

#include "cli/dbt/console.h"
#include "cli/dbt/options.h"
#include "dbt/graph/select.h"
#include "dbt/project/load.h"
#include "diag/diagnostic.h"
#include "runtime/execute.h"

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
  bool print_nodes = true;  // progress lines and summary
  std::int64_t invoked_at = 0;  // retry: when the run that is retried was started
  std::map<std::string, runtime::PreviousBatches> previous_batches;
};

class DbtTask {
 public:
  DbtTask(DbtCall call, Console& console);

  /// Reads the project and lets the platform judge it, if one governs it. An exit code if the call
  /// ends here.
  std::optional<int> load();

  /// The graph; prints what was found. Fails on a cycle.
  Result<const dbt::Graph*> link();

  Result<dbt::Selection> select(const std::vector<dbt::ResourceType>& types, bool keep_empty);

  /// Selects and runs; writes the artifacts; prints. The exit code.
  Result<int> run(const RunPlan& plan);
  Result<runtime::RunResult> execute(const RunPlan& plan, const std::vector<std::string>& ids);

  Status write_manifest() const;

  /// Prints an error as dbt does; returns the exit code for it.
  int report(const Error& error) const;

  const DbtCall& call() const { return call_; }
  Console& console() const { return console_; }
  dbt::Loaded& loaded() { return *loaded_; }
  const dbt::Graph& graph() const { return *graph_; }
  const std::string& started_at() const { return started_at_; }
  bool flag(std::string_view name) const;
  /// Resource types from --resource-type and --exclude-resource-type within `allowed`.
  std::vector<dbt::ResourceType> wanted_types(const std::vector<dbt::ResourceType>& allowed,
                                              const std::vector<dbt::ResourceType>& usual) const;

 private:
  void report_findings();
  Result<dbt::SelectSpec> selection_spec(dbt::IndirectSelection indirect);
  Status read_state();
  std::map<std::string, value::Value> deferred_relations() const;
  std::string found_line() const;

  DbtCall call_;
  Console& console_;
  std::string started_at_;
  diag::SourceMap sources_;
  diag::Sink sink_;
  std::optional<dbt::Loaded> loaded_;
  std::unique_ptr<dbt::Graph> graph_;
  std::optional<dbt::PreviousState> state_;
};

/// "Compilation Error\n  text" and the like from an Error.
std::string dbt_error_text(const Error& error);

}  // namespace floe::cli
