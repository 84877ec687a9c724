// SPDX-License-Identifier: Apache-2.0
// What a call of `floe dbt` makes of warnings, and what there is to warn of before the project is
// read.
#pragma once

#include "cli/dbt/console.h"
#include "cli/dbt/options.h"
#include "dbt/project/flags.h"
#include "dbt/warnings/warnings.h"

#include <memory>
#include <string>
#include <vector>

namespace floe::cli {

struct CallWarnings {
  std::shared_ptr<dbt::Warnings> warnings;
  std::vector<dbt::Warning> early;   // of options, flags and environment variables
  std::vector<std::string> ignored;  // names that only dbt's second engine knows
};

/// From the options of the call, its environment and the project's flags. Fails (kUsage) on flags
/// of the project that dbt does not take.
Result<CallWarnings> call_warnings(const DbtCall& call);

/// Warns of what dbt_project.yml alone gives reason for, as commands do that load no project. Fails
/// where the policy makes one of it an error.
Status warn_of_project_file(const DbtCall& call, Console& console, bool doubled_keys = true);

}  // namespace floe::cli
