// SPDX-License-Identifier: Apache-2.0
// Output ports keep their last good version. floe's own engine publishes them by write, audit,
// publish (runtime/publisher); of ports that others build a copy is put back if a blocking test of
// the new version fails.
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

/// The ports of a run that a failing test can block.
struct PortPlan {
  std::vector<runtime::AuditedPort> audited;  // published by write, audit, publish
  std::vector<runtime::AuditedPort> copied;   // whose tables are put back
  std::vector<std::string> unguarded;         // sentences on ports that nothing guards
  std::vector<std::string> tests;             // blocking tests of theirs that were not selected
};

/// Sorts the output ports whose models `selected` is going to build, and the views that floe's own
/// engine has to look after because `selected` builds what they show. `foreign`: a dbt executable
/// builds the models.
PortPlan plan_ports(const config::DataProduct& product, const dbt::Loaded& loaded,
                    const runtime::GatePlan& gates, const std::vector<std::string>& selected,
                    bool foreign);

/// A port's table during a run through dbt.
struct GuardedPort {
  std::string port;      // name in floe.yaml
  std::string node;      // unique id of its model
  std::string relation;  // quoted name of the table
  std::string copy;      // quoted name of the copy of the version before the run; "" if none
};

/// Copies the tables of these ports. What a killed run has left is the last good version, and
/// stays.
Result<std::vector<GuardedPort>> copy_ports(const std::vector<runtime::AuditedPort>& ports,
                                            const dbt::Loaded& loaded);

/// What became of the copied ports.
struct PortsPutBack {
  std::vector<std::string> restored;   // names of ports whose last good version was put back
  std::vector<std::string> first_bad;  // that have no earlier version
  std::set<std::string> withdrawn;     // unique ids of the models that were put back
};

/// After the run: puts back the ports with a failing test, removes the copies.
Result<PortsPutBack> settle_ports(const std::vector<GuardedPort>& ports, const dbt::Loaded& loaded,
                                  const runtime::RunResult& result);

}  // namespace floe::cli
