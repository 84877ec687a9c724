// SPDX-License-Identifier: Apache-2.0
#include "runtime/runner.h"

#include "base/text.h"
#include "dbt/adapter/agate.h"
#include "dbt/adapter/decimal.h"
#include "dbt/context/convert.h"
#include "dbt/manifest/contract.h"
#include "runtime/config_object.h"
#include "runtime/failure_place.h"
#include "runtime/freshness.h"
#include "runtime/publisher.h"
#include "runtime/query_comment.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::runtime {

namespace {

using dbt::DbtError;
using dbt::ResourceType;
using JValue = jinja::Value;

void add_key_types(const dbt::Value& constraints, std::set<std::string>& types) {
  if (!constraints.is_list()) return;
  for (const dbt::Value& constraint : constraints.as_list()) {
    const dbt::Value* type = constraint.find("type");
    if (type == nullptr || !type->is_string()) continue;
    const std::string& name = type->as_string();
    if (name == "primary_key" || name == "unique" || name == "foreign_key") types.insert(name);
  }
}

/// Holds the foreign-key lock while a model that shares foreign keys is built.
class ForeignKeyGuard {
 public:
  ForeignKeyGuard(Worker& worker, const dbt::Node& node) {
    if (node.type == ResourceType::kTest || node.type == ResourceType::kUnitTest) return;
    const dbt::Relation relation = dbt::node_relation(node, worker.state.quoting);
    if (!relation.database || relation.database->empty()) return;
    dbt::ForeignKeys& keys = worker.state.foreign_keys;
    if (!keys.catalog_supports(worker.session, *relation.database)) return;
    std::set<std::string> types;
    if (dbt::contract_enforced(node)) {
      add_key_types(node.constraints, types);
      for (const auto& [key, column] : node.columns) add_key_types(column.constraints, types);
    }
    const std::set<std::string> existing = keys.existing_types(worker.session, relation);
    if (types.empty() && existing.empty()) return;
    lock_ = std::unique_lock(worker.state.warehouse.foreign_key_lock());
    const bool needed = types.contains("foreign_key") || existing.contains("foreign_key") ||
                        dbt::ForeignKeys::is_target(worker.session, relation);
    if (!needed) lock_.unlock();
  }

 private:
  std::unique_lock<std::mutex> lock_;
};

/// The name of the materialization that runs a node.
std::string materialization_of(const RunState& state, const dbt::Node& node) {
  if (state.request.command == Command::kClone) return "clone";
  return node.type == ResourceType::kUnitTest ? "unit" : node.materialized();
}

/// Whether dbt's own packages have a materialization of the name.
bool is_builtin(const dbt::MacroRegistry& macros, const std::string& name,
                const std::string& adapter) {
  for (const std::string& package : macros.internal_packages()) {
    for (const std::string& type : {adapter, std::string("default")}) {
      if (macros.find_in(package, fmt::format("materialization_{}_{}", name, type)) != nullptr) {
        return true;
      }
    }
  }
  return false;
}

bool is_dbts_own(const RunState& state, const dbt::ProjectMacro& macro) {
  const dbt::PackageConfig* package = state.loaded.package(macro.macro().package_name);
  return package != nullptr && package->internal;
}

/// An installed package that replaces a materialization of dbt.
void warn_of_override(RunState& state, const dbt::Macro& macro, const std::string& name) {
  const dbt::PackageConfig* package = state.loaded.package(macro.package_name);
  if (package == nullptr || package->internal || macro.package_name == state.project.name) return;
  if (!is_builtin(*state.loaded.macros, name, state.session->adapter_type)) return;
  state.warn(
      {"PackageMaterializationOverrideDeprecation",
       fmt::format("the installed package '{}' replaces dbt's materialization '{}': "
                   "deprecated",
                   macro.package_name, name),
       dbt::warning_data({{"materialization_name", name}, {"package_name", macro.package_name}})});
}

/// Whether installed packages may replace dbt's materializations unasked.
bool packages_may_override(const RunState& state) {
  const dbt::Value* explicit_only =
      state.loaded.flags.find("require_explicit_package_overrides_for_builtin_materializations");
  return explicit_only != nullptr && explicit_only->is_bool() && !explicit_only->as_bool();
}

dbt::Materialization find_materialization(RunState& state, const dbt::Node& node) {
  const bool may_override = packages_may_override(state);
  const std::string name = materialization_of(state, node);
  const std::string& adapter = state.session->adapter_type;
  dbt::Materialization found =
      state.loaded.macros->find_materialization(state.project.name, name, adapter, may_override);
  if (found.macro == nullptr) {
    throw DbtError("Compilation Error",
                   fmt::format("No materialization '{}' was found for adapter {}! (searched types "
                               "'default' and '{}')",
                               name, adapter, adapter));
  }
  if (may_override) warn_of_override(state, found.macro->macro(), name);
  const auto& languages = found.macro->macro().supported_languages;
  // Seeds have no language.
  if (!languages.empty() && !node.language.empty() &&
      std::find(languages.begin(), languages.end(), node.language) == languages.end()) {
    throw DbtError("Runtime Error",
                   fmt::format("Materialization \"{}\" only supports languages ['{}']; got \"{}\"",
                               found.macro->macro().name, join(languages, "', '"), node.language));
  }
  return found;
}

/// Puts the relations that a materialization returned into the cache; returns them.
std::vector<dbt::Relation> remember_relations(const JValue& returned, const dbt::Node& node,
                                              dbt::RelationsCache& cache) {
  if (returned.is_str()) {
    throw DbtError("Compilation Error",
                   fmt::format("The materialization (\"{}\") did not explicitly return a list of "
                               "relations to add to the cache.",
                               node.materialized()));
  }
  if (!returned.is_dict()) {
    throw DbtError("Compilation Error",
                   fmt::format("Invalid return value from materialization, expected a dict with "
                               "key \"relations\", got: {}",
                               returned.to_str()));
  }
  const JValue relations = returned.get("relations");
  if (!relations.is_list()) {
    throw DbtError("Compilation Error",
                   fmt::format("Invalid return value from materialization, \"relations\" not a "
                               "list, got: {}",
                               relations.to_str()));
  }
  std::vector<dbt::Relation> made;
  for (const JValue& value : relations.items()) {
    const dbt::Relation* relation = dbt::as_relation(value);
    if (relation == nullptr) {
      throw DbtError(
          "Compilation Error",
          fmt::format("Invalid return value from materialization, \"relations\" contains "
                      "non-Relation: {}",
                      value.to_str()));
    }
    dbt::Relation created = *relation;
    created.dbt_created = true;
    cache.add(created);
    made.push_back(std::move(created));
  }
  return made;
}

void run_model(Worker& worker, dbt::Node& node, const Batch* batch, NodeResult& result) {
  Scope scope(worker, node, batch);
  const ForeignKeyGuard guard(worker, node);
  materialize(scope);
  const JValue main = scope.load_result("main");
  if (!main.is_dict()) {
    throw DbtError("Runtime Error", "main is not being called during running model");
  }
  const JValue response = main.get("response");
  result.status = NodeStatus::kSuccess;
  result.message = response.to_str();
  result.adapter_response = dbt::adapter_response_data(response);
}

/// Makes a node of another state available under its name here.
void run_clone(Worker& worker, dbt::Node& node, NodeResult& result) {
  Scope scope(worker, node);
  materialize(scope);
  const JValue main = scope.load_result("main");
  result.status = NodeStatus::kSuccess;
  result.message = "No-op";
  if (!main.is_dict()) return;
  result.message = main.get("response").to_str();
  result.adapter_response = dbt::adapter_response_data(main.get("response"));
}

bool truth_of(const JValue& value) {
  if (!value.is_str()) return value.truthy();
  const std::string text = to_lower(value.as_str());
  for (const char* yes : {"y", "yes", "t", "true", "on", "1"}) {
    if (text == yes) return true;
  }
  for (const char* no : {"n", "no", "f", "false", "off", "0"}) {
    if (text == no) return false;
  }
  throw DbtError("Compilation Error",
                 fmt::format("The macro 'get_test_sql' returns '{}'. It is not type 'bool' and "
                             "cannot not be converted reliably to a bool.",
                             value.as_str()));
}

std::int64_t count_of(const JValue& value) {
  if (const auto* decimal = value.as<dbt::DecimalObject>()) {
    return static_cast<std::int64_t>(decimal->number().to_double());
  }
  if (value.is_int()) return value.as_int();
  if (value.is_bool()) return value.as_bool() ? 1 : 0;
  throw DbtError("Validation Error",
                 fmt::format("{} is not of type 'integer'\n\nOn instance['failures']:\n    {}",
                             value.repr(), value.repr()));
}

std::string config_text(const dbt::Node& node, std::string_view key, std::string_view fallback) {
  const dbt::Value* value = node.config_value(key);
  return value == nullptr || value->is_null() ? std::string(fallback) : dbt::python_str(*value);
}

/// dbt fails a test instead of warning where the policy makes the line of its result an error.
bool is_test_warning_error(const RunState& state) {
  return state.loaded.warnings->policy().verdict("LogTestResult") == dbt::Verdict::kError;
}

void run_data_test(Worker& worker, dbt::Node& node, NodeResult& result) {
  Scope scope(worker, node);
  call_materialization(scope);
  const JValue main = scope.load_result("main");
  const auto* table = main.is_dict() ? main.get("table").as<dbt::AgateTable>() : nullptr;
  const std::size_t rows = table == nullptr ? 0 : table->data()->rows.size();
  const std::size_t columns = table == nullptr ? 0 : table->data()->column_names.size();
  if (rows != 1 || columns != 3) {
    throw DbtError("Internal Error",
                   fmt::format("dbt internally failed to execute {}: Returned {} rows and {} "
                               "columns, but expected 1 row and 3 columns",
                               node.unique_id, rows, columns));
  }
  std::map<std::string, JValue> values;
  for (std::size_t i = 0; i < columns; ++i) {
    values[to_lower(table->data()->column_names[i])] = table->data()->rows[0][i];
  }
  const std::int64_t failures = count_of(values["failures"]);
  const bool error = truth_of(values["should_error"]);
  const bool warn = truth_of(values["should_warn"]);
  const std::string counted_results = counted(static_cast<std::size_t>(failures), "result");
  result.adapter_response = dbt::adapter_response_data(main.get("response"));
  result.failures = 0;
  result.status = NodeStatus::kPass;
  if (to_upper(config_text(node, "severity", "ERROR")) == "ERROR" && error) {
    result.status = NodeStatus::kFail;
    result.message = fmt::format("Got {}, configured to fail if {}", counted_results,
                                 config_text(node, "error_if", "!= 0"));
    result.failures = failures;
  } else if (warn) {
    const bool strict = is_test_warning_error(worker.state);
    result.status = strict ? NodeStatus::kFail : NodeStatus::kWarn;
    result.message = fmt::format("Got {}, configured to {} if {}", counted_results,
                                 strict ? "fail" : "warn", config_text(node, "warn_if", "!= 0"));
    result.failures = failures;
  }
}

/// The rows that `show` displays: the compiled query with a limit.
void run_show(Worker& worker, dbt::Node& node, NodeResult& result) {
  Scope scope(worker, node);
  // dbt counts what get_show_sql calls as called by the node itself.
  const DependencyScope dependencies(worker.dependencies, &node, 1);
  const int limit = worker.state.request.show_limit;
  const auto macro = scope.context()->lookup(jinja::Name("get_show_sql"));
  std::string sql = node.compiled_code;
  if (macro) {
    jinja::Args args;
    const dbt::Value* header = node.config_value("sql_header");
    args.positional = {JValue(node.compiled_code),
                       header == nullptr ? JValue::none() : dbt::to_jinja(*header),
                       limit < 0 ? JValue::none() : JValue(limit)};
    sql = worker.interp.call(*macro, args, scope.context()).to_str();
  }
  node.compiled_code = sql;
  result.preview = worker.session.run(sql, false);
  result.adapter_response = dbt::adapter_response_data(dbt::adapter_response("OK"));
  result.status = NodeStatus::kSuccess;
}

/// `show` of a seed loads it, as in dbt, and then displays rows of it.
void show_seed(Worker& worker, dbt::Node& node, NodeResult& result) {
  run_model(worker, node, nullptr, result);
  const int limit = worker.state.request.show_limit;
  result.preview = worker.session.run(
      fmt::format("select * from {}{}", dbt::node_relation(node, worker.state.quoting).render(),
                  limit < 0 ? "" : fmt::format(" limit {}", limit)),
      false);
}

void execute_node(Worker& worker, dbt::Node& node, NodeResult& result) {
  const Command command = worker.state.request.command;
  if (command == Command::kShow && node.type == ResourceType::kSeed) {
    show_seed(worker, node, result);
    return;
  }
  if (command == Command::kCompile || command == Command::kDocsGenerate) return;
  if (command == Command::kShow) {
    run_show(worker, node, result);
    return;
  }
  if (command == Command::kClone) {
    run_clone(worker, node, result);
    return;
  }
  switch (node.type) {
    case ResourceType::kTest: run_data_test(worker, node, result); break;
    case ResourceType::kModel:
    case ResourceType::kSeed:
    case ResourceType::kSnapshot: run_model(worker, node, nullptr, result); break;
    case ResourceType::kFunction: run_function(worker, node, result); break;
    default: break;
  }
}

Event event_of(EventKind kind, const NodeResult& result, const Turn& turn, std::string message) {
  Event event;
  event.kind = kind;
  event.node_id = result.unique_id;
  event.message = std::move(message);
  event.index = turn.index;
  event.total = turn.total;
  return event;
}

void finish_result(const dbt::Node& node, NodeResult& result) {
  const bool compilable = node.type != ResourceType::kSeed;
  result.compiled = compilable && node.compiled;
  if (result.compiled) result.compiled_code = node.compiled_code;
  if (compilable && !node.relation_name.empty()) result.relation_name = node.relation_name;
}

/// Runs `work` so that everything it throws becomes an error of the result.
template <class Work>
void guarded(Worker& worker, const dbt::Node* node, NodeResult& result, Work work) {
  std::optional<std::string> failure;
  try {
    work();
  } catch (const jinja::TemplateError& error) {
    const bool cancelled = error.type == jinja::ErrorType::kCancelled;
    if (cancelled) result.cancelled = true;
    failure = node == nullptr ? failure_text(error, worker.state)
                              : failure_text(error, *node, worker.state);
    if (node != nullptr && !cancelled) result.place = failure_place(error, *node, worker);
  } catch (const dbt::WarehouseError& error) {
    failure = describe(error.error());
  } catch (const std::exception& error) {
    failure = error.what();
  }
  try {
    worker.session.release();
  } catch (const std::exception& error) {
    if (!failure) failure = error.what();
  }
  if (!failure) return;
  result.status = NodeStatus::kError;
  result.message = *failure;
  result.failures.reset();
  result.adapter_response = dbt::Value::map();
}

/// A stale source whose line would be a warning, where the policy makes that an error: dbt's thread
/// fails at it, and the source has no result.
void judge_freshness(RunState& state, const dbt::SourceNode& source, NodeResult& result) {
  if (result.status != NodeStatus::kWarn) return;
  const std::string text = fmt::format("WARN freshness of {}.{}", source.source_name, source.name);
  if (state.loaded.warnings->meet({"LogFreshnessResult", text}) != dbt::Verdict::kError) return;
  result.status = NodeStatus::kError;
  result.message = "Exception on worker thread. Compilation Error\n  " + text;
  result.lost = true;
}

/// The freshness of a source.
NodeResult run_source(Worker& worker, const dbt::SourceNode& source, const Turn& turn) {
  NodeResult result;
  result.unique_id = source.unique_id;
  result.thread_id = worker.thread_id;
  result.node_path = source.original_file_path;
  const std::string described = fmt::format("freshness of {}.{}", source.source_name, source.name);
  worker.state.emit(event_of(EventKind::kNodeStart, result, turn, described));
  const auto start = std::chrono::steady_clock::now();
  timed(result, "compile", [] {});
  guarded(worker, nullptr, result,
          [&] { timed(result, "execute", [&] { check_freshness(worker, source, result); }); });
  result.execution_time = seconds_since(start);
  judge_freshness(worker.state, source, result);
  finish_freshness(source, result);
  Event finished = event_of(EventKind::kNodeFinished, result, turn, described);
  finished.result = &result;
  worker.state.emit(finished);
  return result;
}

NodeResult run_resource(Worker& worker, const dbt::Resource& resource, const Turn& turn) {
  NodeResult result;
  result.unique_id = resource.unique_id;
  result.thread_id = worker.thread_id;
  result.node_path = resource.original_file_path;
  if (resource.type != ResourceType::kUnitTest) {
    result.status = NodeStatus::kNoOp;
    result.message = "NO-OP";
    result.failures = 0;
    for (const char* part : {"compile", "execute"}) timed(result, part, [] {});
    Event finished = event_of(EventKind::kNodeFinished, result, turn, resource.unique_id);
    finished.result = &result;
    worker.state.emit(finished);
    return result;
  }
  const std::string described = fmt::format("unit_test {}", resource.name);
  worker.state.emit(event_of(EventKind::kNodeStart, result, turn, described));
  const auto start = std::chrono::steady_clock::now();
  guarded(worker, nullptr, result, [&] { run_unit_test(worker, resource, result); });
  result.execution_time = seconds_since(start);
  Event finished = event_of(EventKind::kNodeFinished, result, turn, described);
  finished.result = &result;
  worker.state.emit(finished);
  return result;
}

const dbt::Resource* find_resource(const dbt::Project& project, const std::string& id) {
  for (const auto* all : {&project.unit_tests, &project.exposures, &project.saved_queries,
                          &project.metrics, &project.semantic_models}) {
    const auto at = all->find(id);
    if (at != all->end()) return at->second.get();
  }
  return nullptr;
}

bool is_ephemeral(const dbt::Node& node) {
  return node.type == ResourceType::kModel && node.materialized() == "ephemeral";
}

}  // namespace

bool has_dbts_materialization(const RunState& state, const dbt::Node& node) {
  const dbt::Materialization found = state.loaded.macros->find_materialization(
      state.project.name, node.materialized(), state.session->adapter_type,
      packages_may_override(state));
  return found.macro != nullptr && is_dbts_own(state, *found.macro);
}

JValue call_materialization(Scope& scope) {
  Worker& worker = scope.worker();
  const dbt::Materialization found = find_materialization(worker.state, *scope.node());
  // dbt does not see a test's materialization: what it calls counts as called by the test. The same
  // holds for functions and for the one that clones.
  const bool unseen = scope.node()->type == ResourceType::kTest ||
                      scope.node()->type == ResourceType::kFunction ||
                      worker.state.request.command == Command::kClone;
  const DependencyScope dependencies(worker.dependencies, unseen ? scope.node() : nullptr, 1);
  if (scope.node()->type == ResourceType::kTest && is_dbts_own(worker.state, *found.macro)) {
    worker.session.read_once();
  }
  return worker.interp.call(found.callable, {}, scope.render_context());
}

std::vector<dbt::Relation> materialize_alone(Scope& scope) {
  const JValue config = scope.context()->lookup(jinja::Name("config")).value_or(JValue::none());
  const JValue returned = call_materialization(scope);
  keep_config_changes(config, scope.node()->config);
  return remember_relations(returned, *scope.node(), scope.worker().state.warehouse.cache());
}

void materialize(Scope& scope) {
  const std::vector<dbt::Relation> made = materialize_alone(scope);
  const bool batch = is_microbatch(scope.worker().state, *scope.node());
  if (!made.empty() && !batch && has_version_pointer(scope.worker().state, *scope.node())) {
    make_version_pointer(scope, made.front());
  }
}

NodeResult result_of(const dbt::Node& node, const std::string& thread_id) {
  NodeResult result;
  result.unique_id = node.unique_id;
  result.thread_id = thread_id;
  result.node_path = node.original_file_path;
  return result;
}

std::string describe_node(const RunState& state, const dbt::Node& node) {
  std::string name = node.schema + "." + (node.identifier());
  if (node.database != state.loaded.profile.database) name = node.database + "." + name;
  switch (node.type) {
    case ResourceType::kTest: return fmt::format("test {}", node.name);
    case ResourceType::kSeed: return fmt::format("seed file {}", name);
    case ResourceType::kSnapshot: return fmt::format("snapshot {}", name);
    case ResourceType::kModel:
      return fmt::format("{} {} model {}", node.language,
                         is_microbatch(state, node) ? "microbatch" : node.materialized(), name);
    case ResourceType::kFunction: return fmt::format("function {}", name);
    default: return fmt::format("{} {}", dbt::resource_type_name(node.type), node.name);
  }
}

NodeResult run_node(Worker& worker, const std::string& unique_id, const Turn& turn) {
  RunState& state = worker.state;
  state.at_node(unique_id);
  dbt::Node* const found = state.project.find_node(unique_id);
  if (found == nullptr) {
    const auto source = state.project.sources.find(unique_id);
    if (source != state.project.sources.end()) return run_source(worker, *source->second, turn);
    const dbt::Resource* resource = find_resource(state.project, unique_id);
    if (resource != nullptr) return run_resource(worker, *resource, turn);
    NodeResult missing;
    missing.unique_id = unique_id;
    missing.status = NodeStatus::kError;
    missing.message = "there is no such node: " + unique_id;
    return missing;
  }
  dbt::Node& node = *found;
  NodeResult result = result_of(node, worker.thread_id);
  const bool visible = !is_ephemeral(node);
  const std::string described = describe_node(state, node);
  if (visible) state.emit(event_of(EventKind::kNodeStart, result, turn, described));
  const auto start = std::chrono::steady_clock::now();
  worker.running = &node;
  guarded(worker, &node, result, [&] {
    const CommentScope comment(worker, &node);
    const bool clones = state.request.command == Command::kClone;
    const bool batches = is_microbatch(state, node) && state.request.command != Command::kCompile &&
                         state.request.command != Command::kShow && !clones;
    if (state.ports != nullptr) state.ports->stage(worker, node);
    if (visible) state.emit(event_of(EventKind::kNodeCompiling, result, turn, ""));
    timed(result, "compile", [&] {
      if (node.type == ResourceType::kSeed || batches || clones) return;
      Scope scope(worker, node);
      compile_node(scope);
    });
    if (!visible && state.request.command != Command::kShow) return;
    if (visible) state.emit(event_of(EventKind::kNodeExecuting, result, turn, ""));
    timed(result, "execute", [&] {
      if (batches) {
        run_microbatch(worker, node, result);
      } else {
        execute_node(worker, node, result);
      }
    });
  });
  worker.running = nullptr;
  state.published.publish(node);
  result.execution_time = seconds_since(start);
  finish_result(node, result);
  if (visible) {
    Event finished = event_of(EventKind::kNodeFinished, result, turn, described);
    finished.result = &result;
    state.emit(finished);
  }
  return result;
}

NodeResult skip_node(Worker& worker, const std::string& unique_id, const Turn& turn,
                     std::optional<std::string> message) {
  RunState& state = worker.state;
  NodeResult result;
  const dbt::Node* const node = state.project.find_node(unique_id);
  std::string described = unique_id;
  if (node != nullptr) {
    result = result_of(*node, worker.thread_id);
    finish_result(*node, result);
    described = describe_node(state, *node);
  }
  result.unique_id = unique_id;
  result.thread_id = worker.thread_id;
  result.status = NodeStatus::kSkipped;
  result.message = std::move(message);
  Event finished = event_of(EventKind::kNodeFinished, result, turn, described);
  finished.result = &result;
  if (node == nullptr || !is_ephemeral(*node)) state.emit(finished);
  return result;
}

}  // namespace floe::runtime
