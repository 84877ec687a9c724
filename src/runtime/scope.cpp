// SPDX-License-Identifier: Apache-2.0
#include "runtime/scope.h"

#include "base/files.h"
#include "base/text.h"
#include "dbt/adapter/agate.h"
#include "dbt/adapter/call_args.h"
#include "dbt/adapter/column.h"
#include "dbt/context/convert.h"
#include "dbt/jinja/modules/modules.h"
#include "runtime/config_object.h"
#include "runtime/metric_object.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace floe::runtime {

namespace {

/// "Model", "Unit_Test": a node's type as dbt's messages begin with it.
std::string type_title(const dbt::Node& node) {
  std::string title = node.unique_id.starts_with(kInlinePrefix)
                          ? "sql_operation"
                          : std::string(dbt::resource_type_name(node.type));
  bool first = true;
  for (char& c : title) {
    if (first) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    first = c == '_';
  }
  return title;
}

using dbt::argument;
using dbt::DbtError;
using jinja::Args;
using jinja::CallContext;
using JValue = jinja::Value;

/// Names of a context whose values are made when they are first asked for.
class LazyNames : public jinja::MapContext {
 public:
  void set_lazy(std::string_view name, std::function<JValue()> make) {
    makers_[jinja::Name(name)] = std::move(make);
  }
  std::vector<jinja::Name> own_names() const override {
    std::vector<jinja::Name> all = MapContext::own_names();
    for (const auto& entry : makers_) all.push_back(entry.first);
    return all;
  }
  std::optional<JValue> lookup(jinja::Name name) const override {
    if (auto found = MapContext::lookup(name)) return found;
    const auto at = makers_.find(name);
    if (at == makers_.end()) return std::nullopt;
    const auto known = made_.find(name);
    if (known != made_.end()) return known->second;
    return made_.emplace(name, at->second()).first->second;
  }

 private:
  std::unordered_map<jinja::Name, std::function<JValue()>> makers_;
  mutable std::unordered_map<jinja::Name, JValue> made_;
};

std::string ref_arguments_text(const Args& args) {
  std::vector<std::string> parts;
  for (const JValue& value : args.positional) parts.push_back("'" + value.to_str() + "'");
  std::string text = join(parts, ", ");
  for (const auto& [name, value] : args.keyword) {
    text += fmt::format(",{}='{}'", name.view(), value.to_str());
  }
  return text;
}

/// validation.any[...]: a function that accepts everything it was given.
JValue validation_object() {
  JValue any = jinja::native("validate_any", [](CallContext&, const Args& outer) {
    const std::vector<JValue> allowed = outer.positional;
    return jinja::native("inner", [allowed](CallContext& context, const Args& args) {
      const JValue value = argument(args, 0, "value");
      for (const JValue& each : allowed) {
        if (each.equals(value)) return JValue::none();
      }
      static_cast<void>(context);
      std::vector<std::string> texts;
      for (const JValue& each : allowed) texts.push_back(each.to_str());
      throw DbtError("Validation Error", fmt::format("Expected value \"{}\" to be one of {}",
                                                     value.to_str(), join(texts, ",")));
    });
  });
  return JValue::dict({{"any", std::move(any)}});
}

JValue hook_list(const dbt::Node& node, std::string_view key) {
  JValue list = JValue::list();
  if (node.type == dbt::ResourceType::kTest || node.type == dbt::ResourceType::kUnitTest)
    return list;
  const dbt::Value* hooks = node.config_value(key);
  if (hooks == nullptr || !hooks->is_list()) return list;
  for (const dbt::Value& hook : hooks->as_list()) {
    JValue entry = JValue::dict();
    if (hook.is_map()) {
      for (const auto& member : hook.as_map()) {
        if (!member.value.is_null()) entry.set(member.key, dbt::to_jinja(member.value));
      }
    } else {
      entry.set("sql", dbt::to_jinja(hook));
      entry.set("transaction", JValue(true));
    }
    list.append(std::move(entry));
  }
  return list;
}

/// A relation with the name that the node has in another state.
dbt::Relation deferred_relation(dbt::Relation relation, const dbt::Value& names) {
  const auto part = [&](const char* key) -> std::optional<std::string> {
    const dbt::Value* value = names.find(key);
    if (value == nullptr || !value->is_string()) return std::nullopt;
    return value->as_string();
  };
  relation.database = part("database");
  relation.schema = part("schema");
  relation.identifier = part("alias");
  return relation;
}

std::string seed_path(const dbt::Node& node) {
  return (fs::path(node.root_path) / node.original_file_path).string();
}

}  // namespace

Scope::Scope(Worker& worker, std::string package) : worker_(worker), package_(std::move(package)) {
  context_ = std::make_shared<dbt::NodeContext>(
      worker.state.session, package_, worker.state.session_names, std::make_shared<LazyNames>());
  add_names();
}

Scope::Scope(Worker& worker, dbt::Node& node, const Batch* batch)
    : worker_(worker), node_(&node), batch_(batch), package_(node.package_name) {
  context_ = std::make_shared<dbt::NodeContext>(
      worker.state.session, package_, worker.state.session_names, std::make_shared<LazyNames>());
  add_names();
  add_node_names();
}

Scope::~Scope() = default;

void Scope::add_names() {
  jinja::MapContext& all = names();
  auto& lazy = static_cast<LazyNames&>(all);
  RunState& state = worker_.state;
  all.set("execute", JValue(true));
  all.set("adapter", dbt::make_adapter(worker_.host, package_));
  all.set("thread_id", JValue(worker_.thread_id));
  all.set("column", dbt::column_class());
  lazy.set_lazy("api", [&state] {
    return JValue::dict(
        {{"Relation", dbt::relation_class(state.quoting)}, {"Column", dbt::column_class()}});
  });
  lazy.set_lazy("graph", [this] { return worker_.graph(); });
  lazy.set_lazy("validation", validation_object);
  lazy.set_lazy("selected_resources", [&state] {
    JValue list = JValue::list();
    if (state.request.command == Command::kRunOperation) return list;
    for (const std::string& id : state.selected) list.append(JValue(id));
    return list;
  });
  const auto resolver = [this, &all](const char* name, const char* type,
                                     jinja::NativeFunction function) {
    all.set(name, dbt::make_resolver(
                      type, worker_.state.session,
                      [this] { return node_ == nullptr ? JValue::none() : node_dict(*node_); },
                      std::move(function)));
  };
  resolver("ref", "RuntimeRefResolver",
           [this](CallContext&, const Args& args) { return ref(args); });
  resolver("source", "RuntimeSourceResolver",
           [this](CallContext&, const Args& args) { return source(args); });
  resolver("function", "RuntimeFunctionResolver",
           [this](CallContext&, const Args& args) { return function(args); });
  all.set("_sql_results", JValue::dict());
  all.set("context_macro_stack", JValue::none());
  all.set("sql_now", JValue("now()"));
  resolver("metric", "RuntimeMetricResolver",
           [this](CallContext&, const Args& args) { return metric(args); });
  const std::string name = node_ == nullptr ? package_ : node_->name;
  lazy.set_lazy("var", [this, name] {
    return dbt::make_var(worker_.state.session, worker_.vars(package_), name, false);
  });
  add_result_functions();
  if (node_ == nullptr) {
    all.set("database", JValue(state.loaded.profile.database));
    all.set("schema", JValue(state.loaded.profile.schema));
    all.set("config", runtime_config(dbt::Value::map(), "", nullptr));
    all.set("pre_hooks", JValue::none());
    all.set("post_hooks", JValue::none());
    all.set("sql", JValue::none());
    all.set("model", JValue::dict());
  }
}

void Scope::add_node_names() {
  jinja::MapContext& all = names();
  auto& lazy = static_cast<LazyNames&>(all);
  dbt::Node& node = *node_;
  all.set("config", runtime_config(node.config, node.unique_id,
                                   [&state = worker_.state](const dbt::Warning& warning) {
                                     state.warn(warning);
                                   }));
  lazy.set_lazy("model", [this] {
    JValue dict = node_dict(*node_);
    if (batch_ != nullptr) {
      dict.set("batch", JValue::dict({{"id", JValue(batch_->id)},
                                      {"event_time_start", batch_->start},
                                      {"event_time_end", batch_->end}}));
    }
    return dict;
  });
  all.set("database", JValue(node.database));
  all.set("schema", node.has_schema ? JValue(node.schema) : JValue::none());
  all.set("this", node.type == dbt::ResourceType::kOperation
                      ? JValue::none()
                      : dbt::relation_value(dbt::node_relation(node, worker_.state.quoting)));
  lazy.set_lazy("pre_hooks", [this] { return hook_list(*node_, "pre-hook"); });
  lazy.set_lazy("post_hooks", [this] { return hook_list(*node_, "post-hook"); });
  JValue compiled = node.compiled ? JValue(node.compiled_code) : JValue::none();
  all.set("defer_relation", JValue::none());
  const RunRequest& request = worker_.state.request;
  if (const auto deferred = request.deferred.find(node.unique_id);
      deferred != request.deferred.end()) {
    const dbt::Relation relation =
        deferred_relation(dbt::node_relation(node, worker_.state.quoting), deferred->second);
    all.set("defer_relation", dbt::relation_value(relation));
    if (request.command == Command::kClone) {
      const dbt::Value* name = deferred->second.find("relation_name");
      compiled =
          JValue("select * from " +
                 (name != nullptr && name->is_string() ? name->as_string() : relation.render()));
    }
  }
  all.set("compiled_code", compiled);
  all.set("sql", node.language == "python" ? JValue::none() : compiled);
}

void Scope::add_result_functions() {
  jinja::MapContext& all = names();
  all.set("store_result",
          jinja::native("store_result", {{"name"}, {"response"}, {"agate_table", JValue::none()}},
                        [this](CallContext&, std::vector<JValue>& args) {
                          return store_result(args[0].to_str(), args[1], args[2]);
                        }));
  all.set("store_raw_result",
          jinja::native("store_raw_result",
                        {{"name"},
                         {"message", JValue::none()},
                         {"code", JValue::none()},
                         {"rows_affected", JValue::none()},
                         {"agate_table", JValue::none()}},
                        [this](CallContext&, std::vector<JValue>& args) {
                          return store_result(
                              args[0].to_str(),
                              dbt::adapter_response(args[1].to_str(), args[2], args[3]), args[4]);
                        }));
  all.set("load_result", jinja::native("load_result", [this](CallContext&, const Args& args) {
            return load_result(argument(args, 0, "name").to_str());
          }));
  all.set("load_agate_table", jinja::native("load_agate_table", [this](CallContext&, const Args&) {
            return load_agate_table();
          }));
  all.set("write", jinja::native("write", [this](CallContext&, const Args& args) {
            return write(argument(args, 0, "payload").to_str());
          }));
  all.set("render", jinja::native("render", [this](CallContext& context, const Args& args) {
            JValue text = argument(args, 0, "string");
            if (!text.is_str() || !jinja::has_jinja(text.as_str())) return text;
            return JValue(
                context.interp.render(jinja::parse_template(text.as_str()), render_context()));
          }));
  all.set("submit_python_job",
          jinja::native("submit_python_job", [](CallContext&, const Args&) -> JValue {
            throw DbtError("Runtime Error",
                           "Python models need a Python interpreter with dbt-duckdb; run this "
                           "project with the runtime \"dbt\"");
          }));
}

JValue Scope::store_result(const std::string& name, JValue response, JValue table) {
  if (table.is_nothing()) table = dbt::agate_value(dbt::agate_empty());
  JValue data = JValue::list();
  if (const auto* agate = table.as<dbt::AgateTable>()) {
    for (const auto& row : agate->data()->rows) data.append(JValue::tuple(row));
  }
  results_[name] = JValue::dict(
      {{"response", std::move(response)}, {"data", std::move(data)}, {"table", std::move(table)}});
  return JValue("");
}

JValue Scope::load_result(const std::string& name) {
  const auto at = results_.find(name);
  if (at == results_.end()) return JValue::none();
  if (name == "main") return at->second;
  if (at->second.is_none()) {
    throw DbtError("Compilation Error",
                   fmt::format("The 'statement' result named '{}' has already been loaded into a "
                               "variable",
                               name));
  }
  JValue result = std::move(at->second);
  at->second = JValue::none();
  return result;
}

std::optional<int> Scope::limit() const {
  if (!worker_.state.request.empty) return std::nullopt;
  return 0;
}

std::optional<dbt::EventTimeFilter> Scope::event_time_filter(
    const dbt::Value& config, const std::vector<std::pair<std::string, dbt::Column>>& columns,
    bool quoted) const {
  const dbt::Value* event_time = config.find("event_time");
  const auto& sample = worker_.state.request.sample;
  const bool filtered = node_ != nullptr && (node_->type == dbt::ResourceType::kModel ||
                                             node_->type == dbt::ResourceType::kSnapshot);
  if (!filtered || (batch_ == nullptr && !sample) || event_time == nullptr ||
      !event_time->is_string() || event_time->as_string().empty()) {
    return std::nullopt;
  }
  dbt::EventTimeFilter filter;
  filter.field_name = event_time->as_string();
  for (const auto& [key, column] : columns) {
    if (column.name != filter.field_name) continue;
    quoted = column.quote.value_or(quoted);
    break;
  }
  if (quoted) filter.field_name = "\"" + filter.field_name + "\"";
  EventWindow window = sample.value_or(EventWindow{});
  if (batch_ != nullptr) {
    window.start = sample ? std::max(sample->start, batch_->window.start) : batch_->window.start;
    window.end = sample ? std::min(sample->end, batch_->window.end) : batch_->window.end;
  }
  filter.start = jinja::datetime_from_micros(window.start, true).to_str();
  filter.end = jinja::datetime_from_micros(window.end, true).to_str();
  return filter;
}

JValue Scope::ref_relation(dbt::Node& target) {
  if (substitute) {
    if (auto replaced = substitute(&target, nullptr)) return *replaced;
  }
  if (target.type == dbt::ResourceType::kModel && target.materialized() == "ephemeral") {
    if (node_ == nullptr || as_operation || node_->type == dbt::ResourceType::kOperation) {
      throw DbtError("Compilation Error",
                     fmt::format("Operations can not ref() ephemeral nodes, but {} is ephemeral",
                                 target.name));
    }
    add_extra_cte(*node_, target.unique_id);
    dbt::Relation relation = dbt::ephemeral_relation(target.identifier());
    relation.limit = limit();
    relation.event_time_filter = event_time_filter(target.config, target.columns, false);
    return dbt::relation_value(std::move(relation));
  }
  const RunRequest& request = worker_.state.request;
  const auto deferred = request.deferred.find(target.unique_id);
  dbt::Relation relation = dbt::node_relation(target, worker_.state.quoting);
  if (deferred != request.deferred.end()) {
    const bool favoured = request.favor_state && !worker_.state.selected.contains(target.unique_id);
    if (favoured ||
        !dbt::get_relation(worker_.host, target.database, target.schema, *relation.identifier)) {
      relation = deferred_relation(relation, deferred->second);
    }
  }
  relation.limit = limit();
  relation.event_time_filter = event_time_filter(target.config, target.columns, false);
  return dbt::relation_value(std::move(relation));
}

JValue Scope::ref(const Args& args) {
  if (args.positional.empty() || args.positional.size() > 2) {
    throw DbtError("Compilation Error",
                   fmt::format("ref() takes at most two arguments ({} given)", args.size()));
  }
  const bool qualified = args.positional.size() == 2;
  const std::string name = args[qualified ? 1 : 0].to_str();
  std::optional<std::string> package;
  if (qualified) package = args[0].to_str();
  std::string version;
  for (const char* key : {"version", "v"}) {
    const JValue* given = args.find(key);
    if (given != nullptr && given->truthy()) {
      version = given->to_str();
      break;
    }
  }
  dbt::Node* target = worker_.state.refs.find_node(package_, name, package, version);
  if (target == nullptr) {
    const std::string who = node_ == nullptr
                                ? fmt::format("Operation '{}'", package_)
                                : fmt::format("{} '{}' ({})", type_title(*node_), node_->unique_id,
                                              node_->original_file_path);
    throw DbtError(
        "Compilation Error",
        fmt::format("{} depends on a node named '{}' {}{}which was not found", who, name,
                    version.empty() ? "" : fmt::format("with version '{}' ", version),
                    package ? fmt::format("in package or project '{}' ", *package) : ""));
  }
  const bool checked = node_ != nullptr && !as_operation &&
                       node_->type != dbt::ResourceType::kUnitTest &&
                       !node_->unique_id.starts_with(kInlinePrefix);
  if (checked && std::find(node_->depends_on_nodes.begin(), node_->depends_on_nodes.end(),
                           target->unique_id) == node_->depends_on_nodes.end()) {
    throw DbtError(
        "Compilation Error",
        fmt::format(
            "dbt was unable to infer all dependencies for the model \"{}\".\nThis typically "
            "happens when ref() is placed within a conditional block.\n\nTo fix this, add "
            "the following hint to the top of the model \"{}\":\n\n-- depends_on: {{{{ "
            "ref({}) }}}}",
            node_->name, node_->name, ref_arguments_text(args)));
  }
  return ref_relation(*target);
}

JValue Scope::source(const Args& args) {
  if (args.size() != 2) {
    throw DbtError("Compilation Error",
                   fmt::format("source() takes exactly two arguments ({} given)", args.size()));
  }
  const std::string source_name = args[0].to_str();
  const std::string table_name = args[1].to_str();
  const dbt::SourceNode* found = worker_.state.refs.find_source(package_, source_name, table_name);
  if (found == nullptr) {
    throw DbtError(
        "Compilation Error",
        fmt::format("{} '{}' ({}) depends on a source named '{}.{}' which was not found",
                    node_ == nullptr ? "Operation" : "Model",
                    node_ == nullptr ? package_ : node_->unique_id,
                    node_ == nullptr ? "" : node_->original_file_path, source_name, table_name));
  }
  if (substitute) {
    if (auto replaced = substitute(nullptr, found)) return *replaced;
  }
  // Sources do not take the project's quoting.
  dbt::Relation relation = dbt::source_relation(*found, dbt::Value::map());
  relation.limit = limit();
  const dbt::Value* quoted = found->quoting.find("column");
  relation.event_time_filter = event_time_filter(
      found->config, found->columns, quoted != nullptr && quoted->is_bool() && quoted->as_bool());
  return dbt::relation_value(std::move(relation));
}

void Scope::refuse_reference(std::string_view kind, const std::string& name) const {
  throw DbtError("Compilation Error",
                 fmt::format("{} '{}' ({}) depends on a {} named '{}' which was not found",
                             node_ == nullptr ? "Operation" : dbt::resource_type_name(node_->type),
                             node_ == nullptr ? package_ : node_->unique_id,
                             node_ == nullptr ? "" : node_->original_file_path, kind, name));
}

JValue Scope::metric(const Args& args) {
  if (args.positional.empty() || args.positional.size() > 2) {
    throw DbtError(
        "Compilation Error",
        fmt::format("metric() takes at most two arguments ({} given)", args.positional.size()));
  }
  std::vector<std::string> called;
  for (const JValue& part : args.positional) called.push_back(part.to_str());
  const dbt::Resource* found = worker_.state.refs.find_metric(package_, called);
  if (found == nullptr) refuse_reference("metric", called.back());
  return metric_object(worker_.state.project, *found);
}

JValue Scope::function(const Args& args) {
  const std::vector<std::string> called = dbt::function_arguments(args);
  const dbt::Node* found = worker_.state.refs.find_function(package_, called);
  if (found == nullptr) refuse_reference("function", called.back());
  // Like sources, functions do not take the project's quoting.
  dbt::Relation relation = dbt::node_relation(*found, dbt::Value::map());
  const RunRequest& request = worker_.state.request;
  const auto deferred = request.deferred.find(found->unique_id);
  if (deferred != request.deferred.end()) {
    const bool favoured = request.favor_state && !worker_.state.selected.contains(found->unique_id);
    if (favoured ||
        !dbt::get_relation(worker_.host, found->database, found->schema, *relation.identifier)) {
      relation = deferred_relation(relation, deferred->second);
    }
  }
  relation.type = "function";
  relation.limit = limit();
  return dbt::relation_value(std::move(relation));
}

JValue Scope::load_agate_table() {
  if (node_ == nullptr || node_->type != dbt::ResourceType::kSeed) {
    throw DbtError("Compilation Error",
                   fmt::format("can only load_agate_table for seeds (got a {})",
                               node_ == nullptr ? "macro" : dbt::resource_type_name(node_->type)));
  }
  std::set<std::string> text_columns;
  const dbt::Value* types = node_->config_value("column_types");
  if (types != nullptr && types->is_map()) {
    for (const auto& member : types->as_map()) text_columns.insert(member.key);
  }
  const dbt::Value* delimiter = node_->config_value("delimiter");
  const std::string separator =
      delimiter != nullptr && delimiter->is_string() ? delimiter->as_string() : ",";
  auto loaded = dbt::agate_from_csv(seed_path(*node_), text_columns, separator);
  if (!loaded) throw DbtError("Compilation Error", loaded.error().message);
  std::string unknown;
  for (const std::string& column : text_columns) {
    const auto& header = (*loaded)->column_names;
    if (std::find(header.begin(), header.end(), column) == header.end()) {
      unknown += (unknown.empty() ? "" : ", ") + column;
    }
  }
  if (!unknown.empty()) {
    dbt::Warning warning;
    warning.event = "JinjaLogWarning";
    warning.text = fmt::format(
        "Column types specified for non-existent columns in seed '{}' (file: {}): {}. These column "
        "type overrides will be ignored.",
        node_->name, node_->original_file_path, unknown);
    warning.data.set("msg", warning.text);
    warning.merely_logged = true;
    worker_.state.warn(warning);
  }
  if (worker_.state.request.empty) {
    auto none = std::make_shared<dbt::AgateData>(**loaded);
    none->rows.clear();
    return dbt::agate_value(std::move(none));
  }
  return dbt::agate_value(*loaded);
}

JValue Scope::write(const std::string& payload) {
  if (node_ == nullptr) throw DbtError("Compilation Error", "cannot \"write\" macros or sources");
  const RunRequest& request = worker_.state.request;
  const std::string path = target_write_path(*node_, "target", "run",
                                             batch_ == nullptr ? std::string() : batch_->suffix);
  node_->build_path = path;
  if (!request.write_files) return JValue("");
  const fs::path file =
      fs::path(request.target_path) /
      target_write_path(*node_, "", "run", batch_ == nullptr ? "" : batch_->suffix);
  if (const Status written = write_scratch(file, payload); !written) {
    throw DbtError("Runtime Error", written.error().message);
  }
  return JValue("");
}

std::string target_write_path(const dbt::Node& node, const std::string& target_path,
                              std::string_view subdirectory, const std::string& split_suffix) {
  const fs::path original(node.original_file_path);
  fs::path path = original;
  if (node.type == dbt::ResourceType::kSnapshot) {
    path = original / (node.name + ".sql");
  } else if (fs::path(node.path).filename() != original.filename()) {
    path = original / node.path;
  }
  if (!split_suffix.empty()) {
    path = path.parent_path() / path.stem() /
           (path.stem().string() + "_" + split_suffix + path.extension().string());
  }
  return (fs::path(target_path) / subdirectory / node.package_name / path).string();
}

void add_extra_cte(dbt::Node& node, const std::string& id) {
  for (const dbt::InjectedCte& cte : node.extra_ctes) {
    if (cte.id == id) return;
  }
  node.extra_ctes.push_back({id, ""});
}

}  // namespace floe::runtime
