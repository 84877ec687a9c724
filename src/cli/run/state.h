// SPDX-License-Identifier: Apache-2.0
// target/run_state.json: what of the last run succeeded, so that --resume can go on from there.
#pragma once

#include "base/files.h"
#include "base/result.h"
#include "dbt/graph/graph.h"
#include "dbt/project/load.h"
#include "runtime/execute.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace floe::cli {

/// What must be the same for an earlier result to count.
struct RunIdentity {
  std::string platform_digest;
  std::string environment;
  std::string command;  // "build", "test", …
};

struct RunState {
  std::string identity;                          // digest of RunIdentity and the project's globals
  std::vector<std::string> selected;             // what the run was to do
  std::map<std::string, std::string> succeeded;  // unique id → fingerprint of the node
};

/// The identity of a run of a project: also its macros and variables, which any node may use.
std::string run_identity(const RunIdentity& identity, const dbt::Loaded& loaded);

/// Of a node's own inputs: code, configuration, data of a seed.
std::string node_fingerprint(const dbt::Node& node);

/// The state file of a project; nothing if there is none or it cannot be understood.
std::optional<RunState> read_run_state(const fs::path& target);

/// Writes the state after a run: of the nodes in `result`, and of those that a resumed run left
/// out.
Status write_run_state(const fs::path& target, const RunState& before, const dbt::Loaded& loaded,
                       const runtime::RunResult& result, const std::set<std::string>& withdrawn);

/// The nodes of `selected` that have to run: those without an unchanged success, and everything
/// behind them.
std::vector<std::string> nodes_to_resume(const RunState& state, const dbt::Graph& graph,
                                         const std::vector<std::string>& selected);

}  // namespace floe::cli
