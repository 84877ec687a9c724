// SPDX-License-Identifier: Apache-2.0
#include "runtime/compile.h"

#include "base/files.h"
#include "base/text.h"
#include "dbt/context/builtins.h"
#include "dbt/context/convert.h"
#include "runtime/inject.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::runtime {

namespace {

using dbt::DbtError;
using JValue = jinja::Value;

/// "ref('x')", "var('y')", …: a test argument that is rendered although it has no braces.
bool looks_like_call(std::string_view text) {
  const std::string_view body = trim(text);
  for (const std::string_view name : {"env_var", "ref", "var", "source", "doc"}) {
    if (!body.starts_with(name)) continue;
    const std::string_view rest = trim_left(body.substr(name.size()));
    if (rest.size() > 2 && rest.front() == '(' && rest.back() == ')') return true;
  }
  return false;
}

JValue render_argument(Scope& scope, const JValue& value, bool is_column_name) {
  if (value.is_str()) {
    if (is_column_name) return value;
    std::string text = value.as_str();
    if (looks_like_call(text)) text = "{{ " + text + " }}";
    if (!jinja::has_jinja(text)) return value;
    return scope.worker().interp.render_native(jinja::parse_template(std::move(text)),
                                               scope.render_context());
  }
  if (value.is_list() || value.is_tuple()) {
    JValue list = JValue::list();
    for (const JValue& item : value.items()) list.append(render_argument(scope, item, false));
    return list;
  }
  if (value.is_dict()) {
    JValue dict = JValue::dict();
    for (const auto& entry : value.as_dict()) {
      dict.mutable_dict().set(entry.key, render_argument(scope, entry.value, false));
    }
    return dict;
  }
  return value;
}

void add_prepended(std::vector<dbt::InjectedCte>& all, const dbt::InjectedCte& cte) {
  if (cte.sql.empty()) return;
  for (dbt::InjectedCte& each : all) {
    if (each.id == cte.id) {
      each.sql = cte.sql;
      return;
    }
  }
  all.push_back(cte);
}

}  // namespace

void write_compiled(RunState& state, dbt::Node& node, const std::string& split_suffix) {
  if (node.type == dbt::ResourceType::kSeed || node.compiled_code.empty()) return;
  node.compiled_path = target_write_path(node, "target", "compiled", split_suffix);
  if (!state.request.write_files) return;
  const fs::path file =
      fs::path(state.request.target_path) / target_write_path(node, "", "compiled", split_suffix);
  if (const Status written = write_scratch(file, node.compiled_code); !written) {
    throw DbtError("Runtime Error", written.error().message);
  }
}

namespace {

/// What a foreign key's `to` means when it is a ref() or source(), else nothing.
std::optional<std::string> constraint_target(Scope& scope, const std::string& expression) {
  if (!looks_like_call(expression)) return std::nullopt;
  // Unlike code, a key defers by the selection alone, whatever relations are here.
  const RunState& state = scope.worker().state;
  auto substitute = std::move(scope.substitute);
  scope.substitute = [&state](const dbt::Node* node,
                              const dbt::SourceNode*) -> std::optional<JValue> {
    if (node == nullptr) return std::nullopt;
    dbt::Relation relation = dbt::node_relation(*node, state.quoting);
    const auto deferred = state.request.deferred.find(node->unique_id);
    if (deferred != state.request.deferred.end() && !state.selected.contains(node->unique_id)) {
      const auto part = [&](const char* key) -> std::optional<std::string> {
        const dbt::Value* value = deferred->second.find(key);
        if (value == nullptr || !value->is_string()) return std::nullopt;
        return value->as_string();
      };
      relation.database = part("database");
      relation.schema = part("schema");
      relation.identifier = part("alias");
    }
    return dbt::relation_value(std::move(relation));
  };
  const JValue target = scope.worker().interp.render_native(
      jinja::parse_template("{{ " + expression + " }}"), scope.render_context());
  scope.substitute = std::move(substitute);
  const dbt::Relation* relation = dbt::as_relation(target);
  return relation == nullptr ? target.to_str() : relation->render();
}

void compile_constraints(Scope& scope, dbt::Value& constraints) {
  if (!constraints.is_list() || constraints.empty()) return;
  for (dbt::Value& constraint : constraints.edit_list()) {
    const dbt::Value* type = constraint.find("type");
    const dbt::Value* to = constraint.find("to");
    if (type == nullptr || !type->is_string() || type->as_string() != "foreign_key" ||
        to == nullptr || !to->is_string()) {
      continue;
    }
    if (const auto target = constraint_target(scope, to->as_string())) {
      constraint.set("to", dbt::Value(*target));
    }
  }
}

/// Renders the bodies of a function's overloads in the context of the function.
void render_overloads(Scope& scope) {
  for (dbt::Value& overload : scope.node()->overloads.edit_list()) {
    const dbt::Value* body = overload.find("raw_body");
    if (body == nullptr || !body->is_string()) continue;
    overload.set("compiled_body",
                 dbt::Value(scope.worker().interp.render(
                     jinja::parse_template(body->as_string(), scope.node()->original_file_path),
                     scope.render_context())));
  }
}

void render_code(Scope& scope, jinja::RenderMap* origins = nullptr) {
  dbt::Node& node = *scope.node();
  const DependencyScope dependencies(scope.worker().dependencies, &node);
  if (node.type == dbt::ResourceType::kTest && node.test_metadata) add_test_arguments(scope);
  if (node.language == "python" && node.type == dbt::ResourceType::kModel) {
    const std::string postfix = scope.worker().interp.render(
        jinja::parse_template("{{ py_script_postfix(model) }}"), scope.render_context());
    node.compiled_code = node.raw_code + "\n\n" + postfix;
  } else if (!jinja::has_jinja(node.raw_code)) {
    node.compiled_code = node.raw_code;
    if (origins != nullptr) origins->pieces = {{0, 0, node.raw_code.size(), true}};
  } else {
    node.compiled_code =
        scope.worker().interp.render(jinja::parse_template(node.raw_code, node.original_file_path),
                                     scope.render_context(), origins);
  }
  if (node.type == dbt::ResourceType::kFunction) render_overloads(scope);
  node.compiled = true;
  if (node.type != dbt::ResourceType::kModel) return;
  compile_constraints(scope, node.constraints);
  for (auto& [key, column] : node.columns) compile_constraints(scope, column.constraints);
}

/// The CTEs of an ephemeral model's parents and its own text, compiled once a run.
void prepend_ctes(Scope& scope);

void compile_ephemeral(Worker& worker, dbt::Node& node) {
  const std::lock_guard lock(worker.state.ephemeral_mutex);
  if (worker.state.compiled_ephemerals.contains(node.unique_id)) return;
  node.extra_ctes.clear();
  Scope scope(worker, node);
  render_code(scope);
  prepend_ctes(scope);
  write_compiled(worker.state, node);
  worker.state.published.publish(node);
  worker.state.compiled_ephemerals.insert(node.unique_id);
}

void prepend_ctes(Scope& scope) {
  dbt::Node& node = *scope.node();
  RunState& state = scope.worker().state;
  if (node.extra_ctes.empty() || !state.request.inject_ctes) return;
  std::vector<dbt::InjectedCte> all;
  for (const dbt::InjectedCte& wanted : node.extra_ctes) {
    if (!wanted.sql.empty()) {
      // A stand-in of a unit test: its text is there already.
      add_prepended(all, wanted);
      continue;
    }
    const auto at = state.project.nodes.find(wanted.id);
    if (at == state.project.nodes.end()) {
      throw DbtError("Internal Error",
                     fmt::format("During compilation, found a cte reference that could not be "
                                 "resolved: {}",
                                 wanted.id));
    }
    dbt::Node& ephemeral = *at->second;
    compile_ephemeral(scope.worker(), ephemeral);
    const std::lock_guard lock(state.ephemeral_mutex);
    for (const dbt::InjectedCte& nested : ephemeral.extra_ctes) add_prepended(all, nested);
    const std::string name = dbt::add_ephemeral_prefix(ephemeral.identifier());
    add_prepended(all,
                  {wanted.id, fmt::format(" {} as (\n{}\n)", name, state.own_code(ephemeral))});
  }
  state.remember_own_code(node);
  node.compiled_code = inject_ctes(node.compiled_code, all, state.request.grouping);
  node.extra_ctes = std::move(all);
}

std::string indented(const std::string& head, const std::vector<std::string>& lines) {
  std::string text = head;
  for (const std::string& line : lines) text += "\n  " + line;
  return text;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (const std::string_view line : split(text, '\n')) lines.emplace_back(line);
  return lines;
}

std::string node_text(const dbt::Node& node) {
  return fmt::format("{} {} ({})", dbt::resource_type_name(node.type), node.name,
                     node.original_file_path);
}

/// "in macro a (macros/a.sql)": what a compilation error passed through.
void add_stack(const std::vector<std::string>& macros, const std::string& node,
               const RunState& state, std::vector<std::string>& lines) {
  if (macros.empty()) return;
  lines.emplace_back("");
  bool first = true;
  for (const std::string& name : macros) {
    const dbt::ProjectMacro* macro = state.loaded.macros->find(state.project.name, name);
    const std::string where =
        macro == nullptr ? std::string() : fmt::format(" ({})", macro->macro().original_file_path);
    lines.push_back(fmt::format("> {} macro {}{}", first ? "in" : "called by", name, where));
    first = false;
  }
  lines.push_back("> called by " + (node.empty() ? "<Unknown>" : node));
}

std::string text_of(const std::exception& error, const std::string& node, const RunState& state) {
  const std::string in = node.empty() ? "" : " in " + node;
  if (const auto* dbt_error = dynamic_cast<const DbtError*>(&error)) {
    std::vector<std::string> lines = lines_of(dbt_error->message);
    if (dbt_error->dbt_class == "Compilation Error") {
      add_stack(dbt_error->macros, node, state, lines);
    }
    return indented(dbt_error->dbt_class + in, lines);
  }
  if (const auto* failed = dynamic_cast<const jinja::TemplateError*>(&error)) {
    std::vector<std::string> lines = lines_of(failed->message);
    if (failed->type == jinja::ErrorType::kSyntax && failed->line > 0) {
      lines.push_back(fmt::format("  line {}", failed->line));
    }
    std::vector<std::string> macros = failed->macros;
    // dbt leaves out the macro in which Python's own errors come up.
    const bool of_python = failed->type == jinja::ErrorType::kTypeError ||
                           failed->type == jinja::ErrorType::kUndefined ||
                           failed->type == jinja::ErrorType::kRuntime;
    if (of_python && !macros.empty()) macros.erase(macros.begin());
    add_stack(macros, node, state, lines);
    return indented("Compilation Error" + in, lines);
  }
  if (const auto* world = dynamic_cast<const dbt::WarehouseError*>(&error)) {
    return indented("Runtime Error" + in, lines_of(describe(world->error())));
  }
  return error.what();
}

}  // namespace

void add_test_arguments(Scope& scope) {
  const dbt::Node& node = *scope.node();
  JValue arguments = JValue::dict();
  const JValue given = dbt::to_jinja(node.test_metadata->kwargs);
  for (const auto& entry : given.as_dict()) {
    const bool column_name = entry.key.str_or("") == "column_name";
    arguments.mutable_dict().set(entry.key, render_argument(scope, entry.value, column_name));
  }
  scope.names().set("_dbt_generic_test_kwargs", std::move(arguments));
}

void compile_node(Scope& scope, const std::string& split_suffix) {
  dbt::Node& node = *scope.node();
  if (node.type == dbt::ResourceType::kModel && node.materialized() == "ephemeral") {
    compile_ephemeral(scope.worker(), node);
    return;
  }
  node.extra_ctes.clear();
  RenderedCode rendered;
  const bool trace = scope.worker().state.request.sources != nullptr;
  render_code(scope, trace ? &rendered.origins : nullptr);
  if (trace) {
    rendered.node = &node;
    rendered.text = node.compiled_code;
  }
  prepend_ctes(scope);
  scope.worker().rendered = std::move(rendered);
  const bool stores = node.type == dbt::ResourceType::kTest && node.relation_name.empty() &&
                      scope.worker().state.stores_failures(node);
  if (stores) {
    node.relation_name = dbt::node_relation(node, scope.worker().state.quoting).render();
  }
  write_compiled(scope.worker().state, node, split_suffix);
}

std::string failure_text(const std::exception& error, const dbt::Node& node,
                         const RunState& state) {
  return text_of(error, node_text(node), state);
}

std::string failure_text(const std::exception& error, const RunState& state) {
  return text_of(error, "", state);
}

std::string failure_text(const std::exception& error, const dbt::Macro& macro,
                         const RunState& state) {
  if (dynamic_cast<const dbt::RaisedError*>(&error) == nullptr) return text_of(error, "", state);
  return text_of(error, fmt::format("macro {} ({})", macro.name, macro.original_file_path), state);
}

}  // namespace floe::runtime
