// SPDX-License-Identifier: Apache-2.0
#include "runtime/state.h"

#include "base/text.h"
#include "dbt/context/convert.h"
#include "dbt/manifest/write_manifest.h"
#include "runtime/scope.h"

#include <algorithm>

namespace floe::runtime {

namespace {

using JValue = jinja::Value;

bool flag(const dbt::Value& flags, std::string_view name) {
  const dbt::Value* value = flags.find(name);
  return value != nullptr && value->is_bool() && value->as_bool();
}

/// Takes nulls out of a dict, one level deep.
JValue without_nulls(const JValue& dict) {
  JValue out = JValue::dict();
  for (const auto& entry : dict.as_dict()) {
    if (!entry.value.is_none()) out.mutable_dict().set(entry.key, entry.value);
  }
  return out;
}

/// The same at every level.
JValue deep_without_nulls(const JValue& value) {
  if (value.is_list()) {
    JValue list = JValue::list();
    for (const JValue& item : value.items()) list.append(deep_without_nulls(item));
    return list;
  }
  if (!value.is_dict()) return value;
  JValue out = JValue::dict();
  for (const auto& entry : value.as_dict()) {
    if (!entry.value.is_none()) out.mutable_dict().set(entry.key, deep_without_nulls(entry.value));
  }
  return out;
}

/// In the order of the files that they are in.
template <class Map>
std::vector<std::string> ids_of(const Map& resources) {
  std::vector<std::pair<std::uint32_t, std::string>> places;
  for (const auto& [id, resource] : resources) places.emplace_back(resource->span.begin, id);
  std::sort(places.begin(), places.end());
  std::vector<std::string> ids;
  for (auto& [begin, id] : places) ids.push_back(std::move(id));
  return ids;
}

/// Of resources that do not change while nodes run: each is made once, and copied at each access.
template <class Map, class Make>
JValue still_mapping(const Map& resources, dbt::ResourceType type, Make make) {
  auto made = std::make_shared<std::map<std::string, JValue>>();
  return graph_mapping(ids_of(resources), [&resources, type, make, made](const std::string& id) {
    auto at = made->find(id);
    if (at == made->end()) at = made->emplace(id, make(id, *resources.at(id))).first;
    return graph_copy(at->second, type);
  });
}

JValue resource_mapping(const std::map<std::string, std::unique_ptr<dbt::Resource>>& resources,
                        dbt::ResourceType type) {
  return still_mapping(resources, type, [](const std::string& id, const dbt::Resource& resource) {
    JValue data = dbt::to_jinja(resource.data);
    if (data.is_dict() && !data.has("unique_id")) data.set("unique_id", JValue(id));
    return data;
  });
}

/// Does a template of the project or its packages read `graph`?
bool reads_graph(const dbt::Loaded& loaded) {
  for (const auto& [id, macro] : loaded.project.macros) {
    const dbt::PackageConfig* package = loaded.package(macro->package_name);
    if ((package == nullptr || !package->internal) && contains(macro->macro_sql, "graph")) {
      return true;
    }
  }
  const auto reads = [](const auto& nodes) {
    return std::any_of(nodes.begin(), nodes.end(),
                       [](const auto& entry) { return contains(entry.second->raw_code, "graph"); });
  };
  return reads(loaded.project.nodes) || reads(loaded.project.functions);
}

}  // namespace

RunState::RunState(const RunRequest& request_in, dbt::WarehouseOptions options)
    : request(request_in),
      loaded(request_in.loaded),
      project(request_in.loaded.project),
      warehouse(std::move(options)),
      session(make_session()),
      session_names(dbt::session_names(session)),
      refs(project, flag(request_in.loaded.flags, "require_ref_searches_node_package_before_root")),
      selected(request_in.selected.begin(), request_in.selected.end()),
      quoting(request_in.loaded.root().quoting) {
  if (reads_graph(loaded)) published.open(project);
}

std::shared_ptr<const dbt::Session> RunState::make_session() {
  auto copy = std::make_shared<dbt::Session>(*loaded.session);
  copy->on_log = [this](std::string_view text, bool info) {
    log(info ? EventKind::kLog : EventKind::kDebug, text);
  };
  copy->on_print = [this](std::string_view text) { log(EventKind::kPrint, text); };
  copy->on_warn = [this](const dbt::Warning& warning) { warn(warning); };
  if (!request.invocation_id.empty()) copy->invocation_id = request.invocation_id;
  if (!request.invocation_args.empty()) {
    copy->invocation_args = dbt::to_jinja(request.invocation_args);
  }
  return copy;
}

std::string RunState::own_code(const dbt::Node& node) const {
  const auto at = own_codes_.find(node.unique_id);
  return at == own_codes_.end() ? node.compiled_code : at->second;
}

void RunState::remember_own_code(const dbt::Node& node) {
  if (node.materialized() != "ephemeral") return;
  const std::lock_guard lock(ephemeral_mutex);
  own_codes_[node.unique_id] = node.compiled_code;
}

bool RunState::stores_failures(const dbt::Node& test) const {
  const dbt::Value* stored = test.config_value("store_failures");
  const bool configured = stored != nullptr && stored->is_bool() && stored->as_bool();
  return configured || request.store_failures;
}

void RunState::emit(Event event) {
  const std::lock_guard lock(events_mutex_);
  const auto place = places_.find(std::this_thread::get_id());
  if (place != places_.end()) {
    event.thread = place->second.thread;
    if (event.node_id.empty()) event.node_id = place->second.node_id;
  }
  request.events.on_event(event);
}

void RunState::at_thread(const std::string& thread) {
  const std::lock_guard lock(events_mutex_);
  places_[std::this_thread::get_id()].thread = thread;
}

void RunState::at_node(const std::string& node_id) {
  const std::lock_guard lock(events_mutex_);
  places_[std::this_thread::get_id()].node_id = node_id;
}

void RunState::log(EventKind kind, std::string_view text) {
  Event event;
  event.kind = kind;
  event.message = std::string(text);
  emit(std::move(event));
}

void RunState::warn(const dbt::Warning& warning) {
  const dbt::Verdict verdict = loaded.warnings->meet(warning);
  if (verdict == dbt::Verdict::kError) throw dbt::DbtError("Compilation Error", warning.text);
  if (verdict == dbt::Verdict::kSilence) return;
  Event event;
  event.kind = EventKind::kWarning;
  event.message = warning.text;
  event.name = warning.event;
  event.data = warning.data;
  emit(std::move(event));
}

void MacroDependencies::macro_called(const dbt::Macro& macro) {
  if (node == nullptr || depth != level) return;
  auto& known = node->depends_on_macros;
  if (std::find(known.begin(), known.end(), macro.unique_id) == known.end()) {
    known.push_back(macro.unique_id);
  }
}

Worker::Worker(RunState& state_in, std::string thread_id_in)
    : state(state_in),
      thread_id(std::move(thread_id_in)),
      session(state.warehouse),
      host{session, state.foreign_keys, state.session, interp, state.quoting, nullptr, {}} {
  interp.host = static_cast<dbt::RenderHost*>(&dependencies);
  interp.set_cancel_flag(&state.request.cancel);
  // What is there already is looked up all the same, before any node.
  if (!state.request.introspect && thread_id != "main") {
    session.refuse("connection never acquired for thread " + thread_id);
  }
  host.warn = [this](const dbt::Warning& warning) { state.warn(warning); };
  host.project_flags = state.loaded.root().flags;
  operations_ = std::make_unique<Scope>(*this, state.project.name);
  host.operations = operations_->context();
}

Worker::~Worker() = default;

jinja::Value Worker::graph_node(const std::string& unique_id) {
  const auto from = [&](const dbt::Node& node) { return jinja::from_json(node_json(node)); };
  if (running != nullptr && running->unique_id == unique_id) return from(*running);
  const dbt::Node& node = *state.project.find_node(unique_id);
  const PublishedNodes::Text text = state.published.find(unique_id);
  if (text == nullptr) return from(node);
  ReadNode& read = read_nodes_[unique_id];
  if (read.text != text) read = {text, jinja::from_json(*text)};
  return graph_copy(read.value, node.type);
}

jinja::Value Worker::graph() {
  if (!graph_.is_none()) return graph_;
  using Type = dbt::ResourceType;
  const dbt::Project& project = state.project;
  std::vector<std::string> packages;
  for (const dbt::PackageConfig& package : state.loaded.packages) packages.push_back(package.name);
  const auto nodes = [&](const auto& all) {
    return graph_mapping(ids_as_read(all, packages),
                         [this](const std::string& id) { return graph_node(id); });
  };
  const auto source_value = [](const std::string&, const auto& source) {
    dbt::JsonWriter json;
    dbt::write_source(json, source);
    return jinja::from_json(json.text());
  };
  const auto group_value = [](const std::string&, const auto& group) {
    return JValue::dict({{"name", JValue(group.name)},
                         {"resource_type", JValue("group")},
                         {"package_name", JValue(group.package_name)},
                         {"path", JValue(group.path)},
                         {"original_file_path", JValue(group.original_file_path)},
                         {"unique_id", JValue(group.unique_id)},
                         {"owner", dbt::to_jinja(group.owner)}});
  };
  graph_ = JValue::dict(
      {{"exposures", resource_mapping(project.exposures, Type::kExposure)},
       {"functions", nodes(project.functions)},
       {"groups", still_mapping(project.groups, Type::kGroup, group_value)},
       {"metrics", resource_mapping(project.metrics, Type::kMetric)},
       {"nodes", nodes(project.nodes)},
       {"sources", still_mapping(project.sources, Type::kSource, source_value)},
       {"semantic_models", resource_mapping(project.semantic_models, Type::kSemanticModel)},
       {"saved_queries", resource_mapping(project.saved_queries, Type::kSavedQuery)},
       {"unit_tests", resource_mapping(project.unit_tests, Type::kUnitTest)}});
  return graph_;
}

const jinja::Value& Worker::vars(const std::string& package) {
  auto at = vars_.find(package);
  if (at == vars_.end()) {
    at = vars_.emplace(package, dbt::vars_for(*state.session, package)).first;
  }
  return at->second;
}

jinja::Value node_dict(const dbt::Node& node) {
  JValue dict = without_nulls(jinja::from_json(node_json(node)));
  const JValue columns = dict.get("columns");
  const JValue contract = dict.get("contract");
  const bool alias_types = contract.is_dict() && contract.get("alias_types").truthy();
  if (columns.is_dict()) {
    JValue clean = JValue::dict();
    for (const auto& entry : columns.as_dict()) {
      JValue column = without_nulls(entry.value);
      // dbt's only type label of DuckDB.
      if (alias_types && to_upper(column.get("data_type").str_or("")) == "STRING") {
        column.set("data_type", JValue("TEXT"));
      }
      clean.mutable_dict().set(entry.key, std::move(column));
    }
    dict.set("columns", std::move(clean));
  }
  const JValue config = dict.get("config");
  if (config.is_dict()) {
    JValue clean = without_nulls(config);
    for (const auto& member : node.config.as_map()) {
      if (member.value.kind() != value::Kind::kTimestamp) continue;
      clean.set(member.key, dbt::to_jinja(member.value));  // a date, which JSON cannot hold
    }
    // Templates know the hooks by their Python names as well.
    if (clean.has("pre-hook")) clean.set("pre_hook", clean.get("pre-hook"));
    if (clean.has("post-hook")) clean.set("post_hook", clean.get("post-hook"));
    dict.set("config", std::move(clean));
  }
  for (const char* key : {"arguments", "returns", "overloads"}) {
    if (dict.has(key)) dict.set(key, deep_without_nulls(dict.get(key)));
  }
  if (dict.has("compiled_code")) dict.set("compiled_sql", dict.get("compiled_code"));
  return dict;
}

}  // namespace floe::runtime
