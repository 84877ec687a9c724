// SPDX-License-Identifier: Apache-2.0
// Output ports keep their last good version: what others read is put back if a blocking test of the
// new version fails.
#pragma once

#include "base/result.h"
#include "core/config/data_product.h"
#include "dbt/project/load.h"
#include "runtime/execute.h"
#include "runtime/gates.h"

#include <set>
#include <string>
#include <vector>

namespace floe::cli {

/// A port's table during a run.
struct GuardedPort {
  std::string port;      // name in floe.yaml
  std::string node;      // unique id of its model
  std::string relation;  // quoted name of the table
  std::string copy;      // quoted name of the copy of the version before the run; "" if none
};

/// Copies the tables of the output ports that `selected` is going to build, if a failing test can
/// block them. Only tables are guarded: a view has no version of its own.
Result<std::vector<GuardedPort>> guard_ports(const config::DataProduct& product,
                                             const dbt::Loaded& loaded,
                                             const runtime::GatePlan& gates,
                                             const std::vector<std::string>& selected);

/// What became of the guarded ports.
struct PortOutcome {
  std::vector<std::string> restored;   // names of ports whose last good version was put back
  std::vector<std::string> first_bad;  // that have no earlier version
  std::set<std::string> withdrawn;     // unique ids of the models that were put back
};

/// After the run: puts back the ports with a failing test, removes the copies.
Result<PortOutcome> settle_ports(const std::vector<GuardedPort>& ports, const dbt::Loaded& loaded,
                                 const runtime::RunResult& result);

}  // namespace floe::cli
