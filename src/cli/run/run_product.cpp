// SPDX-License-Identifier: Apache-2.0
#include "cli/run/run_product.h"

#include "base/signals.h"
#include "base/term.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/dbt/artifacts.h"
#include "cli/run/display.h"
#include "cli/run/foreign_run.h"
#include "cli/run/port_report.h"
#include "cli/run/ports.h"
#include "cli/run/state.h"
#include "runtime/notify.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>

namespace floe::cli {

namespace {

using runtime::NodeResult;
using value::Value;

/// One run over all transforms of a product.
class ProductRun {
 public:
  ProductRun(const Args& args, const RunVerb& verb, const Output& output, ReadyProduct& ready)
      : args_(args),
        verb_(verb),
        output_(output),
        ready_(ready),
        display_(output),
        runtime_(runtime_choice(ready.compiled.platform)) {}

  Result<int> run() {
    for (CompiledTransform& compiled : ready_.compiled.transforms) {
      plans_.push_back(std::make_unique<runtime::GatePlan>());
      FLOE_CHECK(run_transform(compiled, *plans_.back()));
      if (cancelled_) break;
      if (failed_ && args_.flag("fail-fast")) break;
    }
    display_.stop();
    notify();
    return conclude();
  }

 private:
  Status run_transform(CompiledTransform& compiled, runtime::GatePlan& plan) {
    dbt::Loaded& loaded = compiled.loaded;
    plan = runtime::plan_gates(ready_.compiled.platform, ready_.opened.product, loaded.project,
                               *ready_.opened.sink);
    loaded.graph = dbt::make_graph_maps(loaded.project);
    const dbt::Graph graph(loaded.project);
    FLOE_CHECK(check_cycle(graph));
    std::vector<std::string> ids =
        FLOE_TRY(select_in_transform(args_, output_, compiled, graph, verb_.types));
    const PortPlan ports =
        verb_.command == runtime::Command::kBuild
            ? plan_ports(ready_.opened.product, loaded, plan, ids, runs_through_dbt(loaded, ids))
            : PortPlan{};
    add_audits(ports, ids);
    RunState state;
    state.identity = run_identity(
        {ready_.compiled.platform.digest, ready_.options.environment, std::string(verb_.name)},
        loaded);
    ids = resumed(loaded, graph, std::move(ids), state);
    if (ids.empty()) return {};
    display_.watch(loaded.project, plan);
    const bool through_dbt = runs_through_dbt(loaded, ids);
    const std::vector<GuardedPort> copies = FLOE_TRY(copy_ports(ports.copied, loaded));
    runtime::RunResult result = through_dbt ? FLOE_TRY(execute_foreign(compiled, plan, ids))
                                            : FLOE_TRY(execute(loaded, ids, ports.audited));
    const PortsPutBack settled = FLOE_TRY(settle_ports(copies, loaded, result));
    for (const std::string& sentence : port_sentences(settled, loaded.project, plan, result)) {
      display_.note(sentence);
    }
    FLOE_CHECK(write_run_state(loaded.target_path, state, loaded, result,
                               withdrawn_models(settled, result)));
    if (!through_dbt) FLOE_CHECK(write_artifacts(loaded, result));
    take(loaded, plan, std::move(result));
    return {};
  }

  bool runs_through_dbt(const dbt::Loaded& loaded, const std::vector<std::string>& ids) const {
    return runtime_.is_foreign() || !python_models(loaded.project, ids).empty();
  }

  /// What is published was tested, whatever was asked for.
  void add_audits(const PortPlan& ports, std::vector<std::string>& ids) {
    for (const std::string& sentence : ports.unguarded) warn(output_, sentence);
    if (ports.tests.empty()) return;
    note(output_, fmt::format("{} of output ports run although they were not selected",
                              counted(ports.tests.size(), "test")));
    ids.insert(ids.end(), ports.tests.begin(), ports.tests.end());
  }

  static Status check_cycle(const dbt::Graph& graph) {
    const std::vector<std::uint32_t> cycle = graph.find_cycle();
    if (cycle.empty()) return {};
    std::vector<std::string> names;
    for (const std::uint32_t i : cycle) names.push_back(graph.member(i).unique_id());
    names.push_back(names.front());
    return fail(ErrorKind::kViolation,
                "nodes depend on each other in a circle: " + join(names, " → "),
                "take one of these refs out");
  }

  /// With --resume: the nodes of the earlier run that still have to run.
  std::vector<std::string> resumed(const dbt::Loaded& loaded, const dbt::Graph& graph,
                                   std::vector<std::string> ids, RunState& state) {
    const bool asked = args_.flag("resume") || verb_.resume;
    if (!asked) {
      state.selected = ids;
      return ids;
    }
    const std::optional<RunState> before = read_run_state(loaded.target_path);
    if (!before || before->identity != state.identity || !database_exists(loaded)) {
      note(output_, before ? "the last run was another one (platform, environment, variables or "
                             "macros changed): starting from the beginning"
                           : "there is no earlier run to resume: starting from the beginning");
      state.selected = ids;
      return ids;
    }
    if (!args_.has("select") && !args_.has("exclude")) {
      std::erase_if(ids, [&](const std::string& id) {
        return std::find(before->selected.begin(), before->selected.end(), id) ==
               before->selected.end();
      });
    }
    state.selected = ids;
    state.succeeded = before->succeeded;
    const std::size_t all = ids.size();
    ids = nodes_to_resume(*before, graph, ids);
    resumed_over_ += all - ids.size();
    if (all > 0) {
      note(output_, fmt::format("resuming: {} of {} done before, unchanged", all - ids.size(),
                                counted(all, "node")));
    }
    return ids;
  }

  /// Whether the database file of a profile is there; others (in memory, remote) cannot be told.
  static bool database_exists(const dbt::Loaded& loaded) {
    const Value* path = loaded.profile.credentials.find("path");
    if (path == nullptr || !path->is_string()) return false;
    if (contains(path->as_string(), ":")) return true;
    std::error_code error;
    return fs::exists(loaded.root().root / path->as_string(), error);
  }

  Result<runtime::RunResult> execute_foreign(CompiledTransform& compiled,
                                             const runtime::GatePlan& plan,
                                             const std::vector<std::string>& ids) {
    const config::Transform& transform = *compiled.transform.transform;
    const bool everything = !args_.has("select") && !args_.has("exclude") &&
                            transform.select.empty() && transform.exclude.empty() &&
                            !args_.flag("resume") && !verb_.resume;
    return run_through_dbt({.opened = ready_.opened,
                            .compiled = compiled,
                            .choice = runtime_,
                            .gates = plan,
                            .ids = ids,
                            .everything = everything,
                            .command = verb_.command,
                            .full_refresh = ready_.options.full_refresh,
                            .fail_fast = args_.flag("fail-fast"),
                            .threads = compiled.loaded.profile.threads,
                            .events = display_,
                            .cancel = &cancellation_.flag(),
                            .native = [&](const std::vector<std::string>& nodes) {
                              return execute(compiled.loaded, nodes, {});
                            }});
  }

  Result<runtime::RunResult> execute(dbt::Loaded& loaded, const std::vector<std::string>& ids,
                                     const std::vector<runtime::AuditedPort>& ports) {
    const auto flag = [&](const char* name) {
      const Value* value = loaded.flags.find(name);
      return value != nullptr && value->is_bool() && value->as_bool();
    };
    Value arguments = Value::map();
    arguments.set("which", runtime::command_name(verb_.command));
    arguments.set("threads", loaded.profile.threads);
    arguments.set("full_refresh", ready_.options.full_refresh);
    const runtime::RunRequest request{.loaded = loaded,
                                      .sources = ready_.opened.sources.get(),
                                      .selected = ids,
                                      .command = verb_.command,
                                      .threads = loaded.profile.threads,
                                      .full_refresh = ready_.options.full_refresh,
                                      .fail_fast = args_.flag("fail-fast"),
                                      .store_failures = flag("store_failures"),
                                      .target_path = loaded.target_path.string(),
                                      .invocation_id = ready_.options.invocation_id,
                                      .event_time = {},
                                      .sample = {},
                                      .invoked_at = 0,
                                      .previous_batches = {},
                                      .invocation_args = std::move(arguments),
                                      .macro = {},
                                      .inline_code = {},
                                      .deferred = {},
                                      .ports = ports,
                                      .cancel = cancellation_.flag(),
                                      .events = display_,
                                      .gate = nullptr};
    return runtime::execute(request);
  }

  Status write_artifacts(const dbt::Loaded& loaded, const runtime::RunResult& result) const {
    dbt::ArtifactInfo info;
    info.started_at = started_at_;
    info.invocation_id = ready_.options.invocation_id;
    FLOE_CHECK(write_manifest_files(loaded, dbt::Graph(loaded.project), info));
    const std::string command(runtime::command_name(verb_.command));
    Value args = Value::map();
    args.set("which", command);
    args.set("invocation_command", "floe " + std::string(verb_.name));
    return write_run_results(loaded, info, result, settled_args(loaded, args, command));
  }

  /// Takes note of how a transform went.
  void take(const dbt::Loaded& loaded, const runtime::GatePlan& plan, runtime::RunResult result) {
    cancelled_ = cancelled_ || result.cancelled;
    failed_ = failed_ || !result.success ||
              std::any_of(result.results.begin(), result.results.end(),
                          [](const NodeResult& entry) { return entry.failed(); });
    collect_notices(loaded, plan, result);
    done_.push_back({&loaded, &plan, std::move(result)});
  }

  void collect_notices(const dbt::Loaded& loaded, const runtime::GatePlan& plan,
                       const runtime::RunResult& result) {
    for (const NodeResult& entry : result.results) {
      const auto effect = plan.effects.find(entry.unique_id);
      if (effect == plan.effects.end() || !effect->second.notify) continue;
      if (!entry.failed() && entry.status != runtime::NodeStatus::kWarn) continue;
      const auto gate = plan.gate_tests.find(entry.unique_id);
      const dbt::Node* node = loaded.project.find_node(entry.unique_id);
      notices_.push_back({entry.unique_id, node == nullptr ? "" : node->name,
                          gate == plan.gate_tests.end() ? "" : gate->second,
                          std::string(runtime::status_name(entry.status)),
                          entry.message.value_or(""), entry.failures.value_or(0)});
    }
  }

  void notify() {
    if (notices_.empty() || cancelled_) return;
    const core::Platform& platform = ready_.compiled.platform;
    if (platform.quality_gates.notify.empty()) {
      warn(output_, "gates failed that are to be notified, but the platform names no channel",
           "the platform team adds governance.quality_gates.notify");
      return;
    }
    runtime::NotifiedRun run{ready_.opened.product.name,
                             ready_.opened.product.version,
                             ready_.options.environment,
                             ready_.options.invocation_id,
                             utc_timestamp_now(),
                             Value::list(),
                             {}};
    for (const Done& done : done_) {
      for (const runtime::PortOutcome& port : done.result.ports) {
        if (port.kind == runtime::PortOutcome::Kind::kPublished) continue;
        run.ports.push(outcome_value(port));
        run.unpublished.push_back(describe_outcome(port, done.loaded->project, *done.plan));
      }
    }
    const std::vector<std::string> problems =
        runtime::notify_channels(platform, run, notices_, &cancellation_.flag());
    for (const std::string& problem : problems) {
      warn(output_, "a notification could not be delivered: " + problem);
    }
    const std::size_t told = platform.quality_gates.notify.size() - problems.size();
    if (told > 0)
      note(output_, fmt::format("told {} about {}", counted(told, "channel"),
                                counted(notices_.size(), "failed gate")));
  }

  Result<int> conclude() {
    if (done_.empty() && !cancelled_) {
      if (resumed_over_ == 0) {
        warn(output_, "nothing to do: no node is selected");
      }
      print_summary_line("PASSED", ": nothing had to run");
      return 0;
    }
    for (const Done& done : done_) {
      print_failures(output_, *ready_.opened.sources, *done.loaded, *done.plan, done.result);
    }
    if (cancelled_) {
      return fail(
          ErrorKind::kInterrupted, fmt::format("floe {} was interrupted", verb_.name),
          fmt::format("floe {} --resume goes on from here", verb_.resume ? "run" : verb_.name));
    }
    if (json_result()) {
      print_json();
    } else {
      print_text();
    }
    if (failed_ && !output_.json_log) {
      note(output_, fmt::format("After mending, floe {} --resume goes on from here.",
                                verb_.resume ? "run" : verb_.name));
    }
    return failed_ ? 1 : 0;
  }

  bool json_result() const { return args_.value_or("format", "text") == "json"; }

  void print_summary_line(const std::string& verdict, const std::string& rest) {
    if (json_result()) {
      print_json();
      return;
    }
    const Style style = verdict == "PASSED" ? Style::kGreen : Style::kRed;
    std::string name(verb_.name);
    name[0] = static_cast<char>(name[0] - 'a' + 'A');
    print_line(fmt::format("{} {}{}", name, styled(verdict, style, output_.color_out), rest));
  }

  void print_text() {
    runtime::RunResult all;
    std::vector<std::string> kinds;
    for (const Done& done : done_) {
      all.results.insert(all.results.end(), done.result.results.begin(), done.result.results.end());
      all.elapsed += done.result.elapsed;
      kinds.push_back(counted_kinds(done.loaded->project, *done.plan, done.result));
    }
    print_summary_line(failed_ ? "FAILED" : "PASSED",
                       fmt::format(" in {}: {} ({})", duration_text(all.elapsed), join(kinds, "; "),
                                   counted_outcomes(all)));
  }

  void print_json() {
    Value result = Value::map();
    result.set("schemaVersion", 1);
    result.set("command", verb_.name);
    result.set("product", ready_.opened.product.name);
    result.set("environment", ready_.options.environment);
    result.set("invocation_id", ready_.options.invocation_id);
    result.set("success", !failed_);
    Value nodes = Value::list();
    for (const Done& done : done_) {
      for (const NodeResult& entry : done.result.results) {
        Value node = Value::map();
        node.set("node", entry.unique_id);
        node.set("kind", node_kind(done.loaded->project, *done.plan, entry.unique_id));
        node.set("status", runtime::status_name(entry.status));
        node.set("seconds", entry.execution_time);
        if (entry.failures) node.set("failures", *entry.failures);
        if (entry.message) node.set("message", *entry.message);
        nodes.push(std::move(node));
      }
    }
    result.set("nodes", std::move(nodes));
    Value ports = Value::list();
    for (const Done& done : done_) {
      for (const runtime::PortOutcome& port : done.result.ports) ports.push(outcome_value(port));
    }
    if (!ports.empty()) result.set("ports", std::move(ports));
    print_line(value::write_json(result, 2));
  }

  struct Done {
    const dbt::Loaded* loaded;
    const runtime::GatePlan* plan;
    runtime::RunResult result;
  };

  const Args& args_;
  const RunVerb& verb_;
  const Output& output_;
  ReadyProduct& ready_;
  Cancellation cancellation_;
  RunDisplay display_;
  RuntimeChoice runtime_;
  const std::string started_at_ = utc_timestamp_now();
  std::vector<std::unique_ptr<runtime::GatePlan>> plans_;
  std::vector<Done> done_;
  std::vector<runtime::GateFailure> notices_;
  std::size_t resumed_over_ = 0;
  bool cancelled_ = false;
  bool failed_ = false;
};

}  // namespace

std::vector<Option> run_options() {
  return {select_option(),
          exclude_option(),
          environment_option(),
          full_refresh_option(),
          threads_option(),
          vars_option(),
          locked_option(),
          {.name = "fail-fast", .letter = 'x', .help = "Stop at the first failure"},
          {.name = "resume",
           .help = "Go on after a failed or interrupted run: what succeeded and has not changed "
                   "is left out"},
          format_option()};
}

int run_product(const Args& args, const RunVerb& verb) {
  const Output output = output_of(args);
  int exit_code = 0;
  const std::unique_ptr<ReadyProduct> ready =
      prepare_product(args, output, runtime::command_name(verb.command), exit_code);
  if (!ready) return exit_code;
  const Result<int> done = ProductRun(args, verb, output, *ready).run();
  return done ? *done : report_error(output, done.error());
}

}  // namespace floe::cli
