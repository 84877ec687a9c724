// SPDX-License-Identifier: Apache-2.0
// `floe run` through a dbt executable: what dbt knows is run by dbt, the tests of gates by floe.
#pragma once

#include "cli/foreign.h"
#include "runtime/execute.h"
#include "runtime/gates.h"

#include <atomic>
#include <functional>
#include <string>
#include <vector>

namespace floe::cli {

/// One transform's part of a run.
struct ForeignJob {
  const OpenProduct& opened;
  const CompiledTransform& compiled;
  const RuntimeChoice& choice;
  const runtime::GatePlan& gates;
  std::vector<std::string> ids;  // to run
  bool everything = true;        // `ids` is all there is: dbt needs no selection
  runtime::Command command = runtime::Command::kBuild;
  bool full_refresh = false;
  bool fail_fast = false;
  int threads = 1;
  runtime::EventSink& events;
  const std::atomic<bool>* cancel = nullptr;
  /// Runs nodes on floe's own engine.
  std::function<Result<runtime::RunResult>(const std::vector<std::string>&)> native;
};

/// Compares the two readings, then runs. kViolation if they disagree; nothing has run then.
Result<runtime::RunResult> run_through_dbt(const ForeignJob& job);

}  // namespace floe::cli
