// SPDX-License-Identifier: Apache-2.0
#include "cli/run/foreign_run.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace floe::cli {

namespace {

using runtime::NodeResult;
using runtime::NodeStatus;

/// "fqn:shop.marts.orders": exactly this node for dbt's --select.
std::string fqn_selector(const dbt::Project& project, const std::string& id) {
  if (const dbt::Node* node = project.find_node(id)) return "fqn:" + join(node->fqn, ".");
  const auto test = project.unit_tests.find(id);
  return test == project.unit_tests.end() ? "" : "fqn:" + join(test->second->fqn, ".");
}

std::vector<std::string> dbt_words(const ForeignJob& job, const std::vector<std::string>& ids) {
  std::vector<std::string> words = {std::string(runtime::command_name(job.command)), "--threads",
                                    std::to_string(job.threads)};
  const bool rebuilds =
      job.command != runtime::Command::kTest && job.command != runtime::Command::kSnapshot;
  if (job.full_refresh && rebuilds) words.emplace_back("--full-refresh");
  if (job.fail_fast) words.emplace_back("--fail-fast");
  if (job.everything) return words;
  words.emplace_back("--indirect-selection");
  words.emplace_back("empty");
  words.emplace_back("--select");
  for (const std::string& id : ids) {
    std::string selector = fqn_selector(job.compiled.loaded.project, id);
    if (!selector.empty()) words.push_back(std::move(selector));
  }
  return words;
}

/// The gates' tests of what dbt built.
std::vector<std::string> gate_tests_to_run(const ForeignJob& job,
                                           const runtime::RunResult& result) {
  std::set<std::string> broken;
  for (const NodeResult& entry : result.results) {
    if (entry.failed() || entry.status == NodeStatus::kSkipped) broken.insert(entry.unique_id);
  }
  std::vector<std::string> ids;
  for (const std::string& id : job.ids) {
    if (!job.gates.gate_tests.contains(id)) continue;
    const dbt::Node* node = job.compiled.loaded.project.find_node(id);
    const bool stands_on_sand =
        node == nullptr || std::any_of(node->depends_on_nodes.begin(), node->depends_on_nodes.end(),
                                       [&](const std::string& on) { return broken.contains(on); });
    if (!stands_on_sand) ids.push_back(id);
  }
  return ids;
}

/// A test whose gate does not block fails for dbt, and warns for the product.
void soften_results(const ForeignJob& job, runtime::RunResult& result) {
  for (NodeResult& entry : result.results) {
    const auto effect = job.gates.effects.find(entry.unique_id);
    const bool blocks = effect == job.gates.effects.end() || effect->second.block;
    if (entry.status == NodeStatus::kFail && !blocks) entry.status = NodeStatus::kWarn;
  }
}

}  // namespace

Result<runtime::RunResult> run_through_dbt(const ForeignJob& job) {
  const dbt::Project& project = job.compiled.loaded.project;
  const runtime::ForeignPlace place = FLOE_TRY(
      foreign_place(job.opened, job.compiled, job.choice, python_models(project, job.ids)));
  std::set<std::string> of_gates;
  for (const auto& [id, name] : job.gates.gate_tests) of_gates.insert(id);
  FLOE_CHECK(runtime::check_dbt_agrees(place, project, of_gates, job.cancel));
  std::vector<std::string> ids;
  for (const std::string& id : job.ids) {
    if (!of_gates.contains(id)) ids.push_back(id);
  }
  runtime::RunResult result;
  if (!ids.empty()) {
    result = FLOE_TRY(runtime::run_foreign_dbt(
        place, {.words = dbt_words(job, ids), .events = job.events, .cancel = job.cancel}));
  }
  soften_results(job, result);
  const std::vector<std::string> gates = gate_tests_to_run(job, result);
  if (gates.empty() || (job.cancel != nullptr && *job.cancel)) return result;
  if (project.adapter_type != "duckdb") {
    return fail(ErrorKind::kEnvironment,
                fmt::format("{} cannot be checked on {}: {}", counted(gates.size(), "gate"),
                            project.adapter_type, join(gates, ", ")),
                "write them as dbt tests of the project, which the adapter runs");
  }
  runtime::RunResult checked = FLOE_TRY(job.native(gates));
  result.results.insert(result.results.end(), checked.results.begin(), checked.results.end());
  result.elapsed += checked.elapsed;
  result.success = result.success && checked.success;
  result.cancelled = checked.cancelled;
  return result;
}

}  // namespace floe::cli
