// SPDX-License-Identifier: Apache-2.0
// `floe run-operation` and `floe source freshness`: what dbt's users do besides running nodes.
#include "base/signals.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/dbt/artifacts.h"
#include "cli/run/display.h"
#include "cli/run/run_product.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::cli {

namespace {

using value::Value;

/// Runs something in each transform's project until one answers; kUsage answers pass to the next.
Result<runtime::RunResult> run_operation_in(ReadyProduct& ready, CompiledTransform& compiled,
                                            RunDisplay& display, runtime::Command command,
                                            std::vector<std::string> selected,
                                            const std::string& macro, Value macro_args) {
  Cancellation cancellation;
  const runtime::RunRequest request{.loaded = compiled.loaded,
                                    .selected = std::move(selected),
                                    .command = command,
                                    .threads = compiled.loaded.profile.threads,
                                    .target_path = compiled.loaded.target_path.string(),
                                    .invocation_id = ready.options.invocation_id,
                                    .event_time = {},
                                    .sample = {},
                                    .invoked_at = 0,
                                    .previous_batches = {},
                                    .macro = macro,
                                    .macro_args = std::move(macro_args),
                                    .inline_code = {},
                                    .deferred = {},
                                    .cancel = cancellation.flag(),
                                    .events = display,
                                    .gate = nullptr};
  runtime::RunResult result = FLOE_TRY(runtime::execute(request));
  if (result.cancelled) return fail(ErrorKind::kInterrupted, "floe was interrupted");
  return result;
}

bool any_node_failed(const runtime::RunResult& result) {
  return !result.success ||
         std::any_of(result.results.begin(), result.results.end(),
                     [](const runtime::NodeResult& entry) { return entry.failed(); });
}

int run_macro(const Args& args) {
  const Output output = output_of(args);
  const Result<Value> macro_args = read_yaml_option("--args", args.value_or("args", ""));
  if (!macro_args) return report_error(output, macro_args.error());
  int exit_code = 0;
  const auto ready = prepare_product(args, output, "run-operation", exit_code);
  if (!ready) return exit_code;
  RunDisplay display(output);
  const runtime::GatePlan no_gates;
  Error error{ErrorKind::kUsage, "floe.yaml has no transforms", "", nullptr};
  for (CompiledTransform& compiled : ready->compiled.transforms) {
    display.watch(compiled.loaded.project, no_gates);
    const auto result = run_operation_in(*ready, compiled, display, runtime::Command::kRunOperation,
                                         {}, args.positionals()[0], *macro_args);
    if (!result && result.error().kind == ErrorKind::kUsage) {
      error = result.error();
      continue;
    }
    display.stop();
    if (!result) return report_error(output, result.error());
    print_failures(output, *ready->opened.sources, compiled.loaded, no_gates, *result);
    return any_node_failed(*result) ? 1 : 0;
  }
  return report_error(output, error);
}

/// The selected sources that have a freshness to check.
Result<std::vector<std::string>> fresh_sources(const Args& args, const Output& output,
                                               const CompiledTransform& compiled) {
  const dbt::Graph graph(compiled.loaded.project);
  std::vector<std::string> ids =
      FLOE_TRY(select_in_transform(args, output, compiled, graph, {dbt::ResourceType::kSource}));
  std::erase_if(ids, [&](const std::string& id) {
    const dbt::SourceNode* source = graph.member(*graph.find(id)).source;
    return source == nullptr || !source->freshness.is_map();
  });
  return ids;
}

Result<int> check_sources(const Args& args, const Output& output, ReadyProduct& ready) {
  RunDisplay display(output);
  const runtime::GatePlan no_gates;
  bool failed = false;
  std::size_t checked = 0;
  const std::string started_at = utc_timestamp_now();
  for (CompiledTransform& compiled : ready.compiled.transforms) {
    std::vector<std::string> ids = FLOE_TRY(fresh_sources(args, output, compiled));
    if (ids.empty()) continue;
    checked += ids.size();
    display.watch(compiled.loaded.project, no_gates);
    const runtime::RunResult result = FLOE_TRY(run_operation_in(
        ready, compiled, display, runtime::Command::kFreshness, std::move(ids), "", Value::map()));
    dbt::ArtifactInfo info;
    info.started_at = started_at;
    info.invocation_id = ready.options.invocation_id;
    FLOE_CHECK(write_sources(compiled.loaded.target_path / "sources.json", info, result));
    print_failures(output, *ready.opened.sources, compiled.loaded, no_gates, result);
    failed = failed || any_node_failed(result);
  }
  display.stop();
  print_line(checked == 0 ? "no source has a freshness to check"
                          : fmt::format("{} checked: {}", counted(checked, "source"),
                                        failed ? "some are stale" : "all are fresh"));
  return failed ? 1 : 0;
}

int run_freshness(const Args& args) {
  const Output output = output_of(args);
  int exit_code = 0;
  const auto ready = prepare_product(args, output, "freshness", exit_code);
  if (!ready) return exit_code;
  const Result<int> done = check_sources(args, output, *ready);
  return done ? *done : report_error(output, done.error());
}

}  // namespace

const Command command_run_operation = {
    .path = "run-operation",
    .summary = "Call a macro of the dbt project",
    .details = "Example:\n\n  floe run-operation grant_select --args '{role: reporter}'",
    .options = {{.name = "args",
                 .takes = Takes::kValue,
                 .value_name = "YAML",
                 .help = "The macro's arguments: '{name: value}'"},
                environment_option(),
                vars_option()},
    .positionals = {{.name = "MACRO", .help = "A macro, or PACKAGE.MACRO", .required = true}},
    .run = run_macro,
};

const Command command_source_freshness = {
    .path = "source freshness",
    .summary = "Check that sources are as fresh as they should be",
    .details = "Exit code 1 if one is staler than its error_after. Writes target/sources.json.",
    .options = {select_option(), exclude_option(), environment_option(), threads_option(),
                vars_option()},
    .positionals = {},
    .run = run_freshness,
};

}  // namespace floe::cli
