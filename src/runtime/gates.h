// SPDX-License-Identifier: Apache-2.0
// Quality gates: what a failing test does (block, warn, notify), and the checks of floe.yaml's
// quality.gates as tests of the dbt project, so that they run in the order of the graph.
#pragma once

#include "core/config/data_product.h"
#include "core/platform/platform.h"
#include "dbt/project/model.h"
#include "diag/diagnostic.h"

#include <map>
#include <string>
#include <vector>

namespace floe::runtime {

/// What happens when a test fails. Without `block` the run goes on and ends well.
struct GateEffect {
  bool block = true;
  bool notify = false;
};

/// The effects of all tests of a project.
struct GatePlan {
  std::map<std::string, GateEffect> effects;      // by unique id of the test
  std::map<std::string, std::string> gate_tests;  // unique id of a gate's test → "volume: …"
};

/// The effect of a failing test where no gate of the product says more: block_on_failure and
/// on_failure of the platform, tightened by floe.yaml. A platform that sets neither leaves it to
/// the test's own severity, as dbt does.
GateEffect platform_effect(const core::Platform& platform, const config::DataProduct& product);

/// Puts the gates into the project: adds a test for each check and model in scope, and turns the
/// severity of tests that must not block to "warn". Mistakes in quality.gates go to `sink` (C041).
/// The caller makes the graph anew.
GatePlan plan_gates(const core::Platform& platform, const config::DataProduct& product,
                    dbt::Project& project, diag::Sink& sink);

/// Only looks for mistakes in quality.gates.
void check_gates(const config::DataProduct& product, diag::Sink& sink);

}  // namespace floe::runtime
