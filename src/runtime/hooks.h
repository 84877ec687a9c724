// SPDX-License-Identifier: Apache-2.0
// on-run-start and on-run-end hooks.
#pragma once

#include "runtime/state.h"

#include <string>
#include <vector>

namespace floe::runtime {

/// Runs the hooks of one kind ("on-run-start", "on-run-end") in dbt's order; `extra` are names that
/// they see (results, schemas, …). Appends a result for each; false if one failed. Throws what
/// compiling a hook throws.
bool run_hooks(Worker& worker, const std::string& kind,
               const std::vector<std::pair<std::string, jinja::Value>>& extra,
               std::vector<NodeResult>& results);

/// The names on-run-end hooks see: results, schemas, database_schemas.
std::vector<std::pair<std::string, jinja::Value>> end_hook_names(
    const RunState& state, const std::vector<NodeResult>& results);

}  // namespace floe::runtime
