// SPDX-License-Identifier: Apache-2.0
// `floe dbt retry`: what failed or was skipped, again, with the command and options of last time.
#include "base/text.h"
#include "cli/dbt/call_warnings.h"
#include "cli/dbt/commands.h"
#include "value/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::cli {

namespace {

std::string retry_text(const value::Value* value) {
  return value != nullptr && value->is_string() ? value->as_string() : std::string();
}

bool is_retryable(std::string_view status, bool warnings_too) {
  return status == "error" || status == "fail" || status == "skipped" ||
         status == "runtime error" || status == "partial success" ||
         (warnings_too && status == "warn");
}

/// The folder of the last run's results.
fs::path results_folder(const DbtCall& call) {
  for (const std::string_view name : {"state", "target-path"}) {
    if (const auto folder = call.args.value(name)) return call.project_dir / *folder;
  }
  return call.project_dir / "target";
}

/// The nodes of the last run to run again. Hooks are not nodes.
std::set<std::string> nodes_again(const value::Value& results, bool warnings_too) {
  std::set<std::string> again;
  const value::Value* list = results.find("results");
  if (list == nullptr || !list->is_list()) return again;
  for (const value::Value& entry : list->as_list()) {
    const std::string id = retry_text(entry.find("unique_id"));
    if (id.starts_with("operation.") && id.find("-on-run-") != std::string::npos) continue;
    if (is_retryable(retry_text(entry.find("status")), warnings_too)) again.insert(id);
  }
  return again;
}

std::vector<runtime::EventWindow> batches_of(const value::Value* list) {
  std::vector<runtime::EventWindow> batches;
  if (list == nullptr || !list->is_list()) return batches;
  for (const value::Value& pair : list->as_list()) {
    if (!pair.is_list() || pair.size() != 2) continue;
    const auto start = runtime::parse_instant(retry_text(&pair.as_list()[0]));
    const auto end = runtime::parse_instant(retry_text(&pair.as_list()[1]));
    if (start && end) batches.push_back({*start, *end});
  }
  return batches;
}

/// Microbatch models of which some batches are done: only the others are run again.
std::map<std::string, runtime::PreviousBatches> batches_left(const value::Value& results) {
  std::map<std::string, runtime::PreviousBatches> left;
  const value::Value* list = results.find("results");
  if (list == nullptr || !list->is_list()) return left;
  for (const value::Value& entry : list->as_list()) {
    runtime::PreviousBatches batches{batches_of(entry.find_path("batch_results.successful")),
                                     batches_of(entry.find_path("batch_results.failed"))};
    if (batches.successful.empty() || batches.failed.empty()) continue;
    left.emplace(retry_text(entry.find("unique_id")), std::move(batches));
  }
  return left;
}

/// Functions of which some overloads exist: only the others are made again.
std::map<std::string, std::set<std::string>> overloads_made(const value::Value& results) {
  std::map<std::string, std::set<std::string>> made;
  const value::Value* list = results.find("results");
  if (list == nullptr || !list->is_list()) return made;
  for (const value::Value& entry : list->as_list()) {
    const value::Value* failed = entry.find_path("overload_results.failed");
    const value::Value* successful = entry.find_path("overload_results.successful");
    if (failed == nullptr || !failed->is_list() || failed->empty()) continue;
    std::set<std::string>& names = made[retry_text(entry.find("unique_id"))];
    if (successful == nullptr || !successful->is_list()) continue;
    for (const value::Value& name : successful->as_list()) names.insert(retry_text(&name));
  }
  return made;
}

/// Whether warn_error_options are more than the default.
bool says_something(const value::Value& options) {
  if (!options.is_map()) return false;
  return std::any_of(options.as_map().begin(), options.as_map().end(),
                     [](const value::Member& member) { return !member.value.empty(); });
}

/// The call of last time, as far as it decides what runs; what was given now wins.
Result<DbtCall> call_of_last_time(const DbtCall& call, const value::Value& args) {
  DbtCall again = call;
  const std::string which = retry_text(args.find("which"));
  again.command = which == "generate" ? "docs generate" : which;
  if (which != "build" && which != "run" && which != "test" && which != "seed" &&
      which != "snapshot" && which != "compile" && which != "clone" && which != "generate" &&
      which != "run-operation") {
    return fail(ErrorKind::kUsage, fmt::format("the last command, '{}', cannot be retried", which));
  }
  for (const std::string_view name :
       {"full-refresh", "store-failures", "empty", "favor-state", "defer", "fail-fast"}) {
    const value::Value* on = args.find(replace_all(std::string(name), "-", "_"));
    if (!again.args.has(name) && on != nullptr && on->is_bool() && on->as_bool()) {
      again.args.set_flag(std::string(name), true);
    }
  }
  for (const std::string_view name : {"target", "profile", "threads", "event-time-start",
                                      "event-time-end", "sample", "args", "state"}) {
    const value::Value* given = args.find(replace_all(std::string(name), "-", "_"));
    const bool is_number = given != nullptr && given->is_int();
    const std::string text = is_number ? std::to_string(given->as_int()) : retry_text(given);
    if (!again.args.has(name) && !text.empty()) again.args.set(std::string(name), text);
  }
  if (which == "run-operation" && again.args.positionals().empty()) {
    again.args.add_positional(retry_text(args.find("macro")));
  }
  again.args.unset("warn-error-options");
  again.warn_error_options = value::Value();
  const value::Value* judged = args.find("warn_error_options");
  if (judged != nullptr && says_something(*judged)) {
    again.args.set("warn-error-options", value::write_json(*judged));
    again.warn_error_options = *judged;
  }
  const value::Value* vars = args.find("vars");
  if (!call.args.has("vars") && vars != nullptr && vars->is_map()) again.vars = *vars;
  return again;
}

Result<int> retry(const DbtCall& call, Console& console) {
  const fs::path file = results_folder(call) / "run_results.json";
  std::error_code code;
  if (!fs::exists(file, code)) {
    return fail(ErrorKind::kUsage,
                fmt::format("there is no earlier run to retry: {} is missing", file.string()));
  }
  const std::string text = FLOE_TRY(read_file(file, std::uintmax_t{1} << 30));
  const value::Value results = FLOE_TRY(value::read_json(text));
  const value::Value* args = results.find("args");
  if (args == nullptr || !args->is_map()) {
    return fail(ErrorKind::kUsage, fmt::format("{} does not say what was run", file.string()));
  }
  DbtCall again_call = FLOE_TRY(call_of_last_time(call, *args));
  // Warnings are judged as last time, except for --warn-error, which counts now.
  CallWarnings judged = FLOE_TRY(call_warnings(again_call));
  console.set_warnings(std::move(judged.warnings));
  DbtTask task(std::move(again_call), console);
  if (const std::optional<int> ended = task.load()) return *ended;
  if (task.call().command == "run-operation") return dbt_run_operation(task);
  const std::set<std::string> again = nodes_again(results, task.flag("warn_error"));
  if (task.call().command == "compile") return dbt_compile(task, again);
  if (task.call().command == "docs generate") return dbt_docs_generate(task);
  RunPlan plan = graph_plan(task);
  plan.fixed = again;
  plan.previous_batches = batches_left(results);
  plan.previous_overloads = overloads_made(results);
  const value::Value* started = results.find_path("metadata.invocation_started_at");
  if (started == nullptr || !started->is_string()) {
    started = results.find_path("metadata.generated_at");
  }
  if (started != nullptr) {
    plan.invoked_at = runtime::parse_instant(retry_text(started)).value_or(0);
  }
  return task.run(plan);
}

}  // namespace

int dbt_retry(const DbtCall& call, Console& console) {
  const Result<int> done = retry(call, console);
  return done ? *done : DbtTask(call, console).report(done.error());
}

}  // namespace floe::cli
