// SPDX-License-Identifier: Apache-2.0
// The runtimes "dbt" and "spark": a dbt executable runs what floe has read and enforced.
#pragma once

#include "base/files.h"
#include "base/result.h"
#include "dbt/project/load.h"
#include "runtime/events.h"
#include "runtime/execute.h"

#include <atomic>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace floe::runtime {

/// The dbt executable to use: `configured` (a path, or a name on PATH), else FLOE_DBT_EXECUTABLE,
/// else `dbt` on PATH; never floe itself. kEnvironment says what to install.
Result<fs::path> find_dbt_executable(const std::string& configured,
                                     const std::map<std::string, std::string>& environment);

/// How dbt is told where project and profile are: the same for parse and run.
struct ForeignPlace {
  fs::path executable;
  fs::path folder;                     // to start it in
  std::vector<std::string> arguments;  // --project-dir …, as dbt takes them
  fs::path target_path;                // where it writes its artifacts
};

/// Lets dbt parse the project and compares its manifest with floe's reading. kViolation names the
/// nodes that they disagree about; kUsage if dbt cannot read the project.
Status check_dbt_agrees(const ForeignPlace& place, const dbt::Project& project,
                        const std::set<std::string>& ours_only, const std::atomic<bool>* cancel);

/// One run of dbt: its structured log becomes events, its run_results.json the results.
struct ForeignRun {
  std::vector<std::string> words;  // command and its options: {"build", "--full-refresh"}
  EventSink& events;
  const std::atomic<bool>* cancel = nullptr;
};

/// kEnvironment if dbt broke off without results; failed nodes are in the results.
Result<RunResult> run_foreign_dbt(const ForeignPlace& place, const ForeignRun& run);

/// dbt's results of a run_results.json.
Result<RunResult> read_run_results(const fs::path& file);

}  // namespace floe::runtime
