// SPDX-License-Identifier: Apache-2.0
#include "runtime/runner.h"

namespace floe::runtime {

void run_unit_test(Worker&, const dbt::Resource&, NodeResult&) {
  throw dbt::DbtError("Runtime Error", "unit tests are not supported yet");
}

}  // namespace floe::runtime
