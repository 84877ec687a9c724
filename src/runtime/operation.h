// SPDX-License-Identifier: Apache-2.0
// `dbt run-operation`: calling one macro, or running one statement.
#pragma once

#include "runtime/state.h"

namespace floe::runtime {

/// Calls the request's macro with its arguments and adds one result. kUsage if there is no such
/// macro.
Status run_operation(RunState& state, RunResult& run);

/// Renders and runs the request's inline code and adds one result. As with dbt, nothing commits it:
/// a statement that is to last commits by itself.
void run_inline_statement(RunState& state, RunResult& run);

}  // namespace floe::runtime
