// SPDX-License-Identifier: Apache-2.0
#include "runtime/publisher.h"

#include "base/text.h"
#include "dbt/context/convert.h"
#include "runtime/runner.h"
#include "value/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::runtime {

namespace {

using dbt::ResourceType;
using JValue = jinja::Value;

/// Whether a materialization makes its relation from nothing each time. What is not known may add
/// to what is there.
bool starts_afresh(const RunState& state, const dbt::Node& node) {
  const std::string materialized = node.materialized();
  if (materialized == "table" || materialized == "view") return true;
  const dbt::Value* full = node.config_value("full_refresh");
  const bool refreshes =
      full != nullptr && full->is_bool() ? full->as_bool() : state.request.full_refresh;
  return materialized == "incremental" && refreshes;
}

bool names_this(std::string_view code) {
  constexpr std::string_view kWord = "this";
  const auto in_word = [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  for (std::size_t at = code.find(kWord); at != code.npos; at = code.find(kWord, at + 1)) {
    const std::size_t end = at + kWord.size();
    const bool begins = at == 0 || !in_word(code[at - 1]);
    if (begins && (end == code.size() || !in_word(code[end]))) return true;
  }
  return false;
}

/// Whether a model looks at its own relation: in its code, its hooks, or macros other than dbt's.
bool looks_at_itself(const RunState& state, const dbt::Node& node) {
  // A full refresh is to forget what was there.
  if (node.materialized() == "incremental") return false;
  if (names_this(node.raw_code) || names_this(value::write_json(node.config))) return true;
  std::set<std::string> seen;
  std::vector<std::string> todo = node.depends_on_macros;
  while (!todo.empty()) {
    const std::string id = std::move(todo.back());
    todo.pop_back();
    const auto at = state.project.macros.find(id);
    if (at == state.project.macros.end() || !seen.insert(id).second) continue;
    const dbt::Macro& macro = *at->second;
    const std::string& package = macro.package_name;
    if (package == "dbt" || package == "dbt_" + state.project.adapter_type) continue;
    if (names_this(macro.macro_sql)) return true;
    todo.insert(todo.end(), macro.depends_on_macros.begin(), macro.depends_on_macros.end());
  }
  return false;
}

dbt::Relation relation_at(const RunState& state, const dbt::Node& node, const Place& place,
                          std::string type) {
  dbt::Relation relation = dbt::node_relation(node, state.quoting);
  relation.identifier = place.name;
  relation.type = std::move(type);
  return relation;
}

std::string drop_statement(const std::string& kind, const Place& place) {
  return fmt::format("drop {} {}", kind, place.quoted());
}

/// Calls a macro of dbt-duckdb as the model would.
JValue call_for(Scope& scope, const char* name, JValue argument) {
  const auto macro = scope.context()->lookup(jinja::Name(name));
  if (!macro) return JValue::list();
  jinja::Args args;
  args.positional = {std::move(argument)};
  return scope.worker().interp.call(*macro, args, scope.context());
}

std::string failure_words(const std::exception& error) {
  const auto* world = dynamic_cast<const dbt::WarehouseError*>(&error);
  return world != nullptr ? describe(world->error()) : error.what();
}

}  // namespace

PortPublisher::PortPublisher(RunState& state, const Schedule& schedule) : state_(state) {
  for (const AuditedPort& asked : state.request.ports) {
    dbt::Node* node = state.project.find_node(asked.model);
    if (node == nullptr) continue;
    Port& port = ports_[asked.model];
    port.outcome.port = asked.port;
    port.outcome.model = asked.model;
    port.node = node;
    const std::string name = node->identifier();
    port.live = {node->database, node->schema, name};
    port.staged = {node->database, node->schema, staged_name(name)};
    port.outcome.relation = port.live.quoted();
    const auto audit = schedule.audits().find(asked.model);
    port.selected = audit != schedule.audits().end();
    if (!port.selected) {
      port.over = true;
      continue;
    }
    port.audit = audit->second;
    port.behind = schedule.behind_audit(asked.model);
    port.pending = port.audit;
    port.pending.insert(asked.model);
    port.outcome.checks = port.audit.size();
  }
}

PortPublisher::Port* PortPublisher::port_of(const std::string& model) {
  const auto at = ports_.find(model);
  return at == ports_.end() ? nullptr : &at->second;
}

const PortPublisher::Port* PortPublisher::port_of(const std::string& model) const {
  const auto at = ports_.find(model);
  return at == ports_.end() ? nullptr : &at->second;
}

void PortPublisher::prepare(Worker& master) {
  for (auto& [model, port] : ports_) {
    const bool view = port.node->materialized() == "view";
    if (!port.selected && !view) continue;
    if (port.selected) clear_place(master.session, port.staged);
    const std::string kind = kind_at(master.session, port.live);
    port.outcome.readable = !kind.empty();
    if (!kind.empty()) {
      port.outcome.published_at = publication_time(master.session, port.live).value_or("");
    }
    const bool stands_in = view && kind == "table";  // for the view, since an earlier run
    if (kind != "view" && !stands_in) continue;
    const bool affected = port.selected ? builds_others(port) : shows_what_is_built(*port.node);
    if (affected && !stands_in && !freeze(master, port)) continue;
    port.outcome.held = affected || stands_in;
    if (affected && !port.selected) port.outcome.kind = PortOutcome::Kind::kHeld;
  }
  master.session.release();
}

/// A view has no rows of its own: what it shows changes when the tables below it are built, before
/// anything is tested. Until the view is published again a table with its rows stands in for it.
bool PortPublisher::freeze(Worker& master, Port& port) {
  try {
    freeze_view(master.session, port.live);
  } catch (const dbt::DbtError& error) {
    // Readers get the same error: there is no good version to keep.
    state_.log(EventKind::kWarning,
               fmt::format("output port '{}' cannot be read, so that its rows are not kept: {}",
                           port.outcome.port, error.what()));
    port.outcome.readable = false;
    return false;
  }
  state_.warehouse.cache().drop(relation_at(state_, *port.node, port.live, "view"));
  state_.warehouse.cache().add(relation_at(state_, *port.node, port.live, "table"));
  return true;
}

/// Whether this run builds anything that the view of before could show. What that view reads may be
/// something else than what its model reads now.
bool PortPublisher::builds_others(const Port& port) const {
  return std::any_of(state_.selected.begin(), state_.selected.end(), [&](const std::string& id) {
    const dbt::Node* node = state_.project.find_node(id);
    return node != nullptr && node->is_refable() && node->materialized() != "ephemeral" &&
           id != port.outcome.model && !port.behind.contains(id);
  });
}

/// Whether this run builds something that the view shows: up to the next tables that stay as they
/// are.
bool PortPublisher::shows_what_is_built(const dbt::Node& view) const {
  std::set<std::string> seen;
  std::vector<std::string> todo = view.depends_on_nodes;
  while (!todo.empty()) {
    const std::string id = std::move(todo.back());
    todo.pop_back();
    const dbt::Node* node = state_.project.find_node(id);
    if (node == nullptr || !seen.insert(id).second) continue;
    const bool passes_on = node->materialized() == "view" || node->materialized() == "ephemeral";
    if (state_.selected.contains(id) && node->materialized() != "ephemeral") return true;
    if (!passes_on) continue;
    todo.insert(todo.end(), node->depends_on_nodes.begin(), node->depends_on_nodes.end());
  }
  return false;
}

bool PortPublisher::stages(const std::string& model) const {
  const Port* port = port_of(model);
  return port != nullptr && port->is_staged;
}

void PortPublisher::stage(Worker& worker, dbt::Node& node) {
  Port* port = port_of(node.unique_id);
  if (port == nullptr || !port->selected) return;
  dbt::RelationsCache& cache = state_.warehouse.cache();
  cache.drop(relation_at(state_, node, port->staged, ""));
  const bool needs_rows = !starts_afresh(state_, node) || looks_at_itself(state_, node);
  if (needs_rows && kind_at(worker.session, port->live) == "table") {
    copy_for_staging(worker.session, port->live, port->staged);
    cache.add(relation_at(state_, node, port->staged, "table"));
  }
  node.alias = port->staged.name;
  port->is_staged = true;
}

std::vector<std::string> PortPublisher::finished(Worker& worker, const std::string& id,
                                                 NodeStatus status) {
  std::vector<Port*> ended;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [model, port] : ports_) {
      if (port.pending.erase(id) == 0) continue;
      if (id == model) {
        port.built = status == NodeStatus::kSuccess;
      } else if (status == NodeStatus::kFail || status == NodeStatus::kError) {
        port.outcome.failed.push_back(id);
      } else if (status != NodeStatus::kPass && status != NodeStatus::kWarn) {
        port.outcome.missing.push_back(id);
      }
      if (port.pending.empty()) ended.push_back(&port);
    }
  }
  std::vector<std::string> unpublished;
  for (Port* port : ended) {
    conclude(worker, *port);
    if (port->outcome.kind != PortOutcome::Kind::kPublished) {
      unpublished.push_back(port->outcome.model);
    }
  }
  return unpublished;
}

void PortPublisher::conclude(Worker& worker, Port& port) {
  PortOutcome& outcome = port.outcome;
  port.over = true;
  try {
    if (!port.built) {
      outcome.kind = PortOutcome::Kind::kUnbuilt;
      if (port.is_staged) clear_place(worker.session, port.staged);
    } else if (!outcome.failed.empty() || !outcome.missing.empty()) {
      outcome.kind = PortOutcome::Kind::kRefused;
      keep_refused(worker, port);
    } else {
      publish(worker, port);
    }
    worker.session.release();
  } catch (const std::exception& error) {
    worker.session.release();
    // A run that is stopped leaves its tables to the next one, which removes them.
    outcome.error = failure_words(error);
  }
  leave_stage(port);
}

/// Leaves the refused rows where people can look at them.
void PortPublisher::keep_refused(Worker& worker, Port& port) {
  const std::string kind = kind_at(worker.session, port.staged);
  if (kind.empty()) return;
  port.outcome.staged = port.staged.quoted();
  port.outcome.drop_staged = drop_statement(kind, port.staged);
  if (kind == "table" && has_foreign_keys(worker.session, port.staged)) {
    loosen_staged(worker.session, port.staged);
  }
}

void PortPublisher::publish(Worker& worker, Port& port) {
  port.outcome.kind = PortOutcome::Kind::kFailed;
  port.outcome.staged = port.staged.quoted();
  port.outcome.drop_staged =
      drop_statement(port.node->materialized() == "view" ? "view" : "table", port.staged);
  const std::lock_guard lock(publishing_);
  swap(worker, port);
  port.outcome.kind = PortOutcome::Kind::kPublished;
  port.outcome.readable = true;
  port.outcome.held = false;
  port.outcome.staged.clear();
  port.outcome.drop_staged.clear();
  leave_stage(port);
  rename_compiled(port);
  if (has_version_pointer(state_, *port.node)) {
    Scope scope(worker, *port.node);
    make_version_pointer(scope, relation_at(state_, *port.node, port.live, "table"));
  }
}

void PortPublisher::swap(Worker& worker, Port& port) {
  dbt::WarehouseSession& session = worker.session;
  dbt::RelationsCache& cache = state_.warehouse.cache();
  const std::string live_kind = kind_at(session, port.live);
  const std::string kind = kind_at(session, port.staged);
  const dbt::Relation live = relation_at(state_, *port.node, port.live, kind);
  const std::lock_guard keys(state_.warehouse.foreign_key_lock());
  session.commit_if_open();
  session.begin();
  // Tables whose foreign keys point here make way, as they do when dbt replaces a table.
  JValue aside;
  const bool referenced = live_kind == "table" && state_.foreign_keys.is_target(session, live);
  if (referenced) {
    Scope scope(worker, *port.node);
    aside = call_for(scope, "drop_foreign_key_dependents",
                     dbt::relation_value(relation_at(state_, *port.node, port.live, "table")));
  }
  swap_places(session, port.staged, port.live);
  if (referenced) {
    Scope scope(worker, *port.node);
    call_for(scope, "restore_foreign_key_dependents", aside);
  }
  note_publication(session, port.live, state_.request.invocation_id);
  session.commit();
  cache.drop(relation_at(state_, *port.node, port.staged, kind));
  cache.drop(live);
  cache.add(live);
}

/// From here on the model has its own name.
void PortPublisher::leave_stage(Port& port) {
  if (!port.is_staged) return;
  port.node->alias = port.live.name;
  port.is_staged = false;
  state_.published.publish(*port.node);
}

void PortPublisher::rename_compiled(Port& port) {
  std::set<std::string> ids = port.audit;
  ids.insert(port.outcome.model);
  for (const std::string& id : ids) {
    dbt::Node* node = state_.project.find_node(id);
    if (node == nullptr || !contains(node->compiled_code, port.staged.name)) continue;
    node->compiled_code = replace_all(node->compiled_code, port.staged.name, port.live.name);
    write_compiled(state_, *node);
    state_.published.publish(*node);
  }
}

void PortPublisher::close() {
  for (auto& [model, port] : ports_) {
    if (port.over) continue;
    port.over = true;
    port.outcome.kind = port.built ? PortOutcome::Kind::kRefused : PortOutcome::Kind::kUnbuilt;
    for (const std::string& id : port.pending) {
      if (id != model) port.outcome.missing.push_back(id);
    }
    if (port.built) {
      port.outcome.staged = port.staged.quoted();
      port.outcome.drop_staged =
          drop_statement(port.node->materialized() == "view" ? "view" : "table", port.staged);
    }
    leave_stage(port);
  }
}

void PortPublisher::rename_in(std::vector<NodeResult>& results) const {
  for (const auto& [model, port] : ports_) {
    if (port.outcome.kind != PortOutcome::Kind::kPublished) continue;
    for (NodeResult& result : results) {
      if (!result.compiled_code) continue;
      if (result.unique_id != model && !port.audit.contains(result.unique_id)) continue;
      result.compiled_code = replace_all(*result.compiled_code, port.staged.name, port.live.name);
    }
  }
}

std::vector<PortOutcome> PortPublisher::outcomes() const {
  std::vector<PortOutcome> all;
  for (const auto& [model, port] : ports_) {
    const bool happened = port.selected || port.outcome.kind == PortOutcome::Kind::kHeld;
    if (happened) all.push_back(port.outcome);
  }
  return all;
}

}  // namespace floe::runtime
