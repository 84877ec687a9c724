// SPDX-License-Identifier: Apache-2.0
#include "runtime/execute.h"

#include "base/text.h"
#include "dbt/adapter/agate.h"
#include "dbt/context/convert.h"
#include "runtime/clock.h"
#include "runtime/compile.h"
#include "runtime/dispatcher.h"
#include "runtime/freshness.h"
#include "runtime/hooks.h"
#include "runtime/inline_node.h"
#include "runtime/operation.h"
#include "runtime/publisher.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::runtime {

namespace {

using dbt::ResourceType;
using JValue = jinja::Value;

bool creates_relation(const RunState& state, const dbt::Node& node) {
  if (node.type == ResourceType::kTest) return state.stores_failures(node);
  return node.is_refable() && node.materialized() != "ephemeral";
}

using SchemaPlace = std::pair<std::string, std::string>;

/// The schema as a relation, by (database, schema) without case.
std::map<SchemaPlace, dbt::Relation> schemas_of(const RunState& state, bool selected_only) {
  std::map<SchemaPlace, dbt::Relation> schemas;
  for (const auto& [id, node] : state.project.nodes) {
    if (selected_only && !state.selected.contains(id)) continue;
    if (!creates_relation(state, *node)) continue;
    const dbt::Relation relation = dbt::node_relation(*node, state.quoting).without_identifier();
    schemas.try_emplace({to_lower(node->database), to_lower(node->schema)}, relation);
  }
  return schemas;
}

std::set<SchemaPlace> existing_schemas(Worker& worker,
                                       const std::map<SchemaPlace, dbt::Relation>& wanted) {
  std::set<SchemaPlace> existing;
  std::set<std::string> databases;
  for (const auto& [place, relation] : wanted) {
    if (!databases.insert(place.first).second) continue;
    dbt::Relation database = relation;
    database.include = {true, false, false};
    // dbt hands the macro the quoted name without its quotes.
    const JValue listed = dbt::execute_macro(worker.host, "list_schemas",
                                             {{jinja::Name("database"), JValue(place.first)}});
    const auto* table = listed.as<dbt::AgateTable>();
    if (table == nullptr) continue;
    for (const auto& row : table->data()->rows) {
      if (!row.empty() && row[0].is_str()) existing.emplace(place.first, to_lower(row[0].as_str()));
    }
  }
  return existing;
}

void create_schemas(Worker& worker) {
  auto wanted = schemas_of(worker.state, true);
  if (worker.state.request.command == Command::kBuild) {
    for (const auto& [id, function] : worker.state.project.functions) {
      if (!worker.state.selected.contains(id)) continue;
      wanted.try_emplace({to_lower(function->database), to_lower(function->schema)},
                         dbt::node_relation(*function, worker.state.quoting).without_identifier());
    }
  }
  const auto existing = existing_schemas(worker, wanted);
  for (const auto& [place, relation] : wanted) {
    if (relation.schema && !relation.schema->empty() && !existing.contains(place)) {
      dbt::create_schema(worker.host, relation);
    }
  }
}

void populate_cache(Worker& worker) {
  for (const auto& [place, relation] : schemas_of(worker.state, false)) {
    if (relation.schema && !relation.schema->empty()) dbt::fill_cache(worker.host, relation);
  }
}

bool runs_hooks(Command command) {
  return command == Command::kBuild || command == Command::kRun || command == Command::kTest ||
         command == Command::kSeed || command == Command::kSnapshot ||
         command == Command::kFreshness;
}

/// Hooks of the project around `source freshness`, unless a flag switches them off: dbt warns of
/// that.
bool runs_hooks(RunState& state) {
  if (!runs_hooks(state.request.command)) return false;
  const dbt::Value* flag = state.loaded.flags.find("source_freshness_run_project_hooks");
  const bool off = flag != nullptr && flag->is_bool() && !flag->as_bool();
  if (state.request.command != Command::kFreshness || !off) return true;
  const auto is_hook = [](const auto& entry) {
    return entry.second->type == ResourceType::kOperation;
  };
  const auto& nodes = state.project.nodes;
  if (std::any_of(nodes.begin(), nodes.end(), is_hook)) {
    state.warn({"SourceFreshnessProjectHooksNotRun",
                "`source freshness` will run the project's on-run-start and on-run-end hooks: "
                "`source_freshness_run_project_hooks: false` is deprecated"});
  }
  return false;
}

bool skip_after_failed_start(const RunState& state) {
  const dbt::Value* flag = state.loaded.flags.find("skip_nodes_if_on_run_start_fails");
  return flag == nullptr || !flag->is_bool() || flag->as_bool();
}

bool all_succeeded(const RunState& state, const std::vector<NodeResult>& results) {
  return std::all_of(results.begin(), results.end(), [&](const NodeResult& result) {
    if (result.failed() || result.status == NodeStatus::kPartialSuccess) return false;
    return result.status != NodeStatus::kSkipped ||
           state.project.exposures.contains(result.unique_id);
  });
}

/// Whether no port that was built kept its old version.
bool all_published(const std::vector<PortOutcome>& ports) {
  return std::all_of(ports.begin(), ports.end(), [](const PortOutcome& port) {
    const bool as_wanted =
        port.kind == PortOutcome::Kind::kPublished || port.kind == PortOutcome::Kind::kHeld;
    return as_wanted && port.error.empty();
  });
}

void announce(RunState& state, std::size_t total) {
  Event event;
  event.kind = EventKind::kRunStart;
  event.total = total;
  event.threads = static_cast<std::size_t>(std::max(1, state.request.threads));
  event.message = fmt::format("Concurrency: {} threads (target='{}')", event.threads,
                              state.loaded.profile.target_name);
  state.emit(event);
}

/// What of the selection this command can do something with.
std::vector<std::string> runnable(const RunState& state) {
  std::vector<std::string> ids = state.request.selected;
  // A test of a disabled model stays in the project, switched off.
  std::erase_if(ids, [&](const std::string& id) {
    const dbt::Node* node = state.project.find_node(id);
    const dbt::Value* enabled = node == nullptr ? nullptr : node->config_value("enabled");
    return enabled != nullptr && enabled->is_bool() && !enabled->as_bool();
  });
  if (state.request.command != Command::kFreshness) return ids;
  std::erase_if(ids, [&](const std::string& id) {
    const auto source = state.project.sources.find(id);
    return source == state.project.sources.end() || !has_threshold(*source->second);
  });
  return ids;
}

/// Everything between opening the warehouse and the last hook.
void run_selected(RunState& state, const std::vector<std::string>& selected, RunResult& run) {
  Worker master(state, "main");
  const Command command = state.request.command;
  std::vector<std::string> audited;
  for (const AuditedPort& port : state.request.ports) audited.push_back(port.model);
  Schedule schedule(state.project, selected, command == Command::kBuild, command == Command::kBuild,
                    audited);
  std::size_t visible = 0;
  for (const std::string& id : schedule.remaining()) {
    const dbt::Node* node = state.project.find_node(id);
    if (node == nullptr || node->materialized() != "ephemeral") ++visible;
  }
  announce(state, visible);
  bool started = true;
  if (runs_hooks(command) || command == Command::kClone) create_schemas(master);
  populate_cache(master);
  std::optional<PortPublisher> ports;
  if (!audited.empty()) {
    ports.emplace(state, schedule);
    ports->prepare(master);
    state.ports = &*ports;
  }
  const bool hooks = runs_hooks(state);
  if (hooks) started = run_hooks(master, "on-run-start", {}, run.results);
  master.session.release();
  if (!started && skip_after_failed_start(state)) {
    std::size_t index = 0;
    for (const std::string& id : schedule.remaining()) {
      run.results.push_back(skip_node(master, id, {++index, visible}, std::nullopt));
    }
    if (ports) ports->close();
  } else {
    Dispatcher dispatcher(state, schedule);
    std::vector<NodeResult> results =
        dispatcher.run(static_cast<std::size_t>(std::max(1, state.request.threads)));
    run.cancelled = dispatcher.cancelled();
    for (NodeResult& result : results) run.results.push_back(std::move(result));
  }
  if (hooks && !run.cancelled) {
    run_hooks(master, "on-run-end", end_hook_names(state, run.results), run.results);
  }
  master.session.release();
  if (ports) run.ports = ports->outcomes();
  state.ports = nullptr;
}

}  // namespace

std::string_view command_name(Command command) {
  switch (command) {
    case Command::kBuild: return "build";
    case Command::kRun: return "run";
    case Command::kTest: return "test";
    case Command::kSeed: return "seed";
    case Command::kSnapshot: return "snapshot";
    case Command::kCompile: return "compile";
    case Command::kShow: return "show";
    case Command::kRunOperation: return "run-operation";
    case Command::kFreshness: return "freshness";
    case Command::kClone: return "clone";
    case Command::kDocsGenerate: return "generate";
  }
  return "build";
}

std::string_view status_name(NodeStatus status) {
  switch (status) {
    case NodeStatus::kSuccess: return "success";
    case NodeStatus::kPass: return "pass";
    case NodeStatus::kFail: return "fail";
    case NodeStatus::kWarn: return "warn";
    case NodeStatus::kError: return "error";
    case NodeStatus::kSkipped: return "skipped";
    case NodeStatus::kNoOp: return "no-op";
    case NodeStatus::kPartialSuccess: return "partial success";
    case NodeStatus::kRuntimeError: return "runtime error";
  }
  return "success";
}

Result<RunResult> execute(const RunRequest& request) {
  const auto start = std::chrono::steady_clock::now();
  dbt::WarehouseOptions options;
  options.credentials = request.loaded.profile.credentials;
  options.database = request.loaded.profile.database;
  options.project_root = request.loaded.project.root;
  RunState* running = nullptr;
  if (request.events.wants_queries()) {
    options.on_query = [&running](std::string_view sql) {
      if (running != nullptr) running->log(EventKind::kQuery, sql);
    };
  }
  RunState state(request, std::move(options));
  running = &state;
  RunResult run;
  try {
    if (request.command == Command::kRunOperation) {
      if (request.inline_code.empty()) {
        FLOE_CHECK(run_operation(state, run));
      } else {
        run_inline_statement(state, run);
      }
    } else if (!request.inline_code.empty()) {
      const InlineNode node(state);
      run_selected(state, {node.id()}, run);
    } else if (const auto selected = runnable(state); !selected.empty()) {
      run_selected(state, selected, run);
    }
  } catch (const dbt::WarehouseError& error) {
    return tl::unexpected(error.error());
  } catch (const jinja::TemplateError& error) {
    if (error.type == jinja::ErrorType::kCancelled) {
      return fail(ErrorKind::kInterrupted, "the run was stopped");
    }
    return fail(ErrorKind::kUsage, failure_text(error, state));
  }
  run.elapsed = seconds_since(start);
  run.success = !run.cancelled && all_succeeded(state, run.results) && all_published(run.ports);
  run.generated_at = utc_text(std::chrono::system_clock::now());
  Event event;
  event.kind = EventKind::kRunEnd;
  event.elapsed = run.elapsed;
  state.emit(event);
  return run;
}

}  // namespace floe::runtime
