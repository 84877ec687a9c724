// SPDX-License-Identifier: Apache-2.0
#include "runtime/runner.h"

namespace floe::runtime {

bool is_microbatch(const RunState&, const dbt::Node& node) {
  const dbt::Value* strategy = node.config_value("incremental_strategy");
  return node.type == dbt::ResourceType::kModel && node.materialized() == "incremental" &&
         strategy != nullptr && strategy->is_string() && strategy->as_string() == "microbatch";
}

void run_microbatch(Worker&, dbt::Node&, NodeResult&) {
  throw dbt::DbtError("Runtime Error", "microbatch models are not supported yet");
}

}  // namespace floe::runtime
