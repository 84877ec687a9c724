// SPDX-License-Identifier: Apache-2.0
// `dbt run-operation`: calling one macro.
#pragma once

#include "runtime/state.h"

namespace floe::runtime {

/// Calls the request's macro with its arguments and adds one result. kUsage if there is no such
/// macro.
Status run_operation(RunState& state, RunResult& run);

}  // namespace floe::runtime
