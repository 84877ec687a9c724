// SPDX-License-Identifier: Apache-2.0
// The commands of `floe dbt` that are more than a run of nodes. Each takes a call and returns the
// exit code.
#pragma once

#include "cli/dbt/parse_memory.h"
#include "cli/dbt/task.h"

namespace floe::cli {

int dbt_list(DbtTask& task);
/// `memory` is of the same call, made before the project was loaded.
int dbt_parse(DbtTask& task, ParseMemory& memory);
/// `fixed`: these nodes, whatever the options say.
int dbt_compile(DbtTask& task, const std::optional<std::set<std::string>>& fixed = std::nullopt);
int dbt_show(DbtTask& task);
int dbt_run_operation(DbtTask& task);
int dbt_freshness(DbtTask& task);
int dbt_docs_generate(DbtTask& task);
/// `call` is `retry`: runs the failed and skipped nodes of the last run again, as its command.
int dbt_retry(const DbtCall& call, Console& console);

int dbt_deps(const DbtCall& call, Console& console);
int dbt_clean(const DbtCall& call, Console& console);
int dbt_debug(const DbtCall& call, Console& console);

/// build, run, test, seed, snapshot, clone: the plan of each.
RunPlan graph_plan(const DbtTask& task);

}  // namespace floe::cli
