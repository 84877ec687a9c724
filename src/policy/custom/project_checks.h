// SPDX-License-Identifier: Apache-2.0
// dbt v2's project checks, run on the same tables and in the same sandbox as a platform's rules.
#pragma once

#include "dbt/project/checks.h"
#include "policy/custom/sandbox.h"

#include <vector>

namespace floe::policy {

/// Runs checks on a project: every row that one returns, and every check that cannot be run, is a
/// finding (X000). DuckDB is started only if there are checks.
void run_project_checks(const Context& context, const std::vector<dbt::ProjectCheck>& checks,
                        diag::Sink& sink, const SandboxLimits& limits = {});

}  // namespace floe::policy
