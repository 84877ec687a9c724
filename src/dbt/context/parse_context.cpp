// SPDX-License-Identifier: Apache-2.0
#include "dbt/context/parse_context.h"

#include "dbt/adapter/agate.h"
#include "dbt/adapter/column.h"
#include "dbt/adapter/relation.h"
#include "dbt/context/convert.h"
#include "dbt/project/config.h"
#include "dbt/project/node_object.h"

#include <algorithm>
#include <unordered_set>

namespace floe::dbt {

namespace {

using jinja::Args;
using jinja::CallContext;

class ParseAdapter : public jinja::Object {
 public:
  /// `package`: whose macros dispatch() sees; none in a generic test.
  ParseAdapter(std::shared_ptr<Session> session, std::optional<std::string> package)
      : session_(std::move(session)), package_(std::move(package)) {}
  std::string type_name() const override { return "ParseDatabaseWrapper"; }

  bool call_method(CallContext&, jinja::Name name, const Args& args,
                   jinja::Value& result) override {
    const std::string_view method = name.view();
    if (method == "dispatch") {
      result = dispatch(args);
    } else if (method == "type") {
      result = jinja::Value(session_->adapter_type);
    } else if (method == "quote") {
      result = jinja::Value("\"" + text(args, 0) + "\"");
    } else if (method == "quote_as_configured") {
      result = jinja::Value("\"" + text(args, 0) + "\"");
    } else if (method == "quote_seed_column") {
      result = jinja::Value("\"" + text(args, 0) + "\"");
    } else if (method == "get_columns_in_relation" || method == "get_missing_columns" ||
               method == "get_column_schema_from_query" || method == "list_relations" ||
               method == "render_raw_columns_constraints" ||
               method == "render_raw_model_constraints" ||
               method == "list_relations_without_caching" || method == "get_columns_in_table") {
      result = jinja::Value::list();
    } else if (method == "check_schema_exists" || method == "already_exists" ||
               method.starts_with("is_") || method.starts_with("disable_")) {
      result = jinja::Value(false);
    } else if (method == "execute") {
      result = jinja::Value::tuple({jinja::Value(""), agate_value(agate_empty())});
    } else if (method == "external_root") {
      const jinja::Value root = session_->target.get("external_root");
      result = root.is_none() ? jinja::Value(".") : root;
    } else if (method == "standardize_grants_dict") {
      result = jinja::Value::dict();
    } else if (method == "valid_incremental_strategies") {
      result = jinja::Value::list();
    } else if (method == "get_hard_deletes_behavior") {
      result = jinja::Value("ignore");
    } else {
      result = jinja::Value::none();
    }
    return true;
  }
  std::optional<jinja::Value> get_attr(jinja::Name name) override {
    if (name == "Relation") return relation_class(Value::map());
    if (name == "Column") return column_class();
    if (name == "behavior") return jinja::Value::dict();
    return std::nullopt;
  }

 private:
  static std::string text(const Args& args, std::size_t index) {
    return index < args.positional.size() ? args.positional[index].to_str() : std::string();
  }
  jinja::Value dispatch(const Args& args) {
    const DispatchCall call = read_dispatch_call(args);
    const MacroRegistry& macros = *session_->macros;
    return macro_access(package_ ? macros.dispatch(*package_, call.macro_name, call.macro_namespace)
                                 : macros.dispatch_in_test(call.macro_name, call.macro_namespace));
  }
  std::shared_ptr<Session> session_;
  std::optional<std::string> package_;
};

void need_text(const jinja::Value& value, const char* what, const char* function) {
  if (value.is_str()) return;
  raise_compilation_error("The " + std::string(what) + " argument to " + function +
                          "() must be a string, got <class '" + value.type_name() + "'>");
}

}  // namespace

jinja::Value parse_adapter(const std::shared_ptr<Session>& session, std::string package) {
  return jinja::make_object<ParseAdapter>(session, std::move(package));
}

jinja::Value parse_api(const Value& project_quoting) {
  return jinja::Value::dict(
      {{"Relation", relation_class(project_quoting)}, {"Column", column_class()}});
}

// --- config --------------------------------------------------------------------------------------

/// `config` while parsing: calls are recorded, reads give "".
class ParseContext::ConfigFunction : public jinja::Object {
 public:
  explicit ConfigFunction(ParseContext& context) : context_(context) {}
  std::string type_name() const override { return "ParseConfigObject"; }
  bool callable() const override { return true; }
  jinja::Value call(CallContext&, const Args& args) override {
    return context_.record_config(args);
  }
  bool call_method(CallContext&, jinja::Name name, const Args& args,
                   jinja::Value& result) override {
    const std::string_view method = name.view();
    if (method == "get" || method == "require" || method == "meta_get" ||
        method == "meta_require") {
      result = jinja::Value("");
      return true;
    }
    if (method == "persist_relation_docs" || method == "persist_column_docs") {
      result = jinja::Value(false);
      return true;
    }
    if (method == "set" && args.positional.size() == 2) {
      jinja::Value options = jinja::Value::dict();
      options.mutable_dict().set(args[0], args[1]);
      Args call;
      call.positional.push_back(std::move(options));
      result = context_.record_config(call);
      return true;
    }
    return false;
  }

 private:
  ParseContext& context_;
};

/// What metric() is while files are read: dbt's class has its arguments as they were given.
class MetricReference : public jinja::Object {
 public:
  MetricReference(std::string name, std::optional<std::string> package)
      : name_(std::move(name)), package_(std::move(package)) {}
  std::string type_name() const override { return "MetricReference"; }
  std::string str() override { return name_; }
  std::optional<jinja::Value> get_attr(jinja::Name name) override {
    if (name == "metric_name") return jinja::Value(name_);
    if (name != "package_name") return std::nullopt;
    return package_ ? jinja::Value(*package_) : jinja::Value::none();
  }

 private:
  std::string name_;
  std::optional<std::string> package_;
};

// --- The context ---------------------------------------------------------------------------------

ParseContext::ParseContext(std::shared_ptr<Session> session, std::string package,
                           jinja::ContextRef macros,
                           std::shared_ptr<const jinja::MapContext> session_names,
                           const Value& quoting)
    : session_(std::move(session)),
      package_(std::move(package)),
      macros_(std::move(macros)),
      session_names_(std::move(session_names)),
      quoting_(quoting) {
  add_names();
}

void ParseContext::add_names() {
  const auto put = [this](std::string_view name, jinja::Value value) {
    names_.emplace(jinja::Name(name), std::move(value));
  };
  const auto nothing = [&put](const char* name, jinja::Value result) {
    put(name, jinja::native(name, [result](CallContext&, const Args&) { return result; }));
  };
  const auto resolver = [this, &put](const char* name, const char* type,
                                     jinja::NativeFunction function) {
    put(name, make_resolver(
                  type, session_, [this] { return jinja::make_object<NodeObject>(*node_); },
                  std::move(function)));
  };
  resolver("ref", "ParseRefResolver",
           [this](CallContext&, const Args& a) { return record_ref(a); });
  resolver("source", "ParseSourceResolver",
           [this](CallContext&, const Args& a) { return record_source(a); });
  resolver("metric", "ParseMetricResolver",
           [this](CallContext&, const Args& a) { return record_metric(a); });
  resolver("function", "ParseFunctionResolver",
           [this](CallContext&, const Args& a) { return record_function(a); });
  put("config", jinja::make_object<ConfigFunction>(*this));
  put("adapter", parse_adapter(session_, package_));
  put("api", parse_api(quoting_));
  put("column", column_class());
  put("execute", jinja::Value(false));
  put("graph", jinja::Value::dict());
  put("selected_resources", jinja::Value::list());
  put("_sql_results", jinja::Value::dict());
  put("sql", jinja::Value::none());
  put("compiled_code", jinja::Value::none());
  put("defer_relation", jinja::Value::none());
  put("context_macro_stack", jinja::Value::none());
  put("sql_now", jinja::Value("now()"));
  put("var", make_var(session_, vars_for(*session_, package_), "", true));
  nothing("load_result", jinja::Value::none());
  nothing("store_result", jinja::Value(""));
  nothing("store_raw_result", jinja::Value(""));
  nothing("write", jinja::Value(""));
  nothing("load_agate_table", jinja::Value::none());
  nothing("submit_python_job", jinja::Value::none());
}

void ParseContext::begin(Node& node) {
  node_ = &node;
  depth = 0;
  config_call = Value::map();
  config_called = false;
  test_kwargs = jinja::Value::none();
  if (!defined_.empty()) defined_.clear();
}

void ParseContext::enter_test(jinja::ContextRef macros) {
  static const jinja::Name kAdapter(std::string_view("adapter"));
  macros_ = std::move(macros);
  names_[kAdapter] = jinja::make_object<ParseAdapter>(session_, std::nullopt);
}

void ParseContext::leave_test(jinja::ContextRef macros) {
  static const jinja::Name kAdapter(std::string_view("adapter"));
  macros_ = std::move(macros);
  names_[kAdapter] = parse_adapter(session_, package_);
}

jinja::Value ParseContext::relation() const {
  return relation_value(node_relation(*node_, quoting_));
}

jinja::Value ParseContext::hooks(std::string_view key) const {
  const Value* list = node_->config.find(key);
  return list == nullptr ? jinja::Value::list() : to_jinja(*list);
}

std::optional<jinja::Value> ParseContext::lookup(jinja::Name name) const {
  static const jinja::Name kContext(std::string_view("context"));
  if (name == kContext) {
    if (context_object_.is_none()) {
      context_object_ = context_object(const_cast<ParseContext&>(*this), false);
    }
    return context_object_;
  }
  if (macros_ != nullptr) {
    if (std::optional<jinja::Value> macro = macros_->lookup(name)) return macro;
  }
  return builtin(name);
}

std::optional<jinja::Value> ParseContext::builtin(jinja::Name name) const {
  static const jinja::Name kBuiltins(std::string_view("builtins"));
  static const jinja::Name kThis(std::string_view("this"));
  static const jinja::Name kModel(std::string_view("model"));
  static const jinja::Name kDatabase(std::string_view("database"));
  static const jinja::Name kSchema(std::string_view("schema"));
  static const jinja::Name kPreHooks(std::string_view("pre_hooks"));
  static const jinja::Name kPostHooks(std::string_view("post_hooks"));
  static const jinja::Name kKwargs(std::string_view("_dbt_generic_test_kwargs"));
  if (!defined_.empty()) {
    const auto it = defined_.find(name);
    if (it != defined_.end()) return it->second;
  }
  const auto it = names_.find(name);
  if (it != names_.end()) return it->second;
  if (name == kThis) {
    return node_->type == ResourceType::kOperation ? jinja::Value::none() : relation();
  }
  if (name == kModel) return jinja::make_object<NodeObject>(*node_);
  if (name == kDatabase) return jinja::Value(node_->database);
  if (name == kSchema) {
    return node_->has_schema ? jinja::Value(node_->schema) : jinja::Value::none();
  }
  if (name == kKwargs && !test_kwargs.is_none()) return test_kwargs;
  if (name == kPreHooks) return hooks("pre-hook");
  if (name == kPostHooks) return hooks("post-hook");
  if (name == kBuiltins) {
    if (builtins_object_.is_none()) {
      builtins_object_ = context_object(const_cast<ParseContext&>(*this), true);
    }
    return builtins_object_;
  }
  return session_names_->lookup(name);
}

std::vector<jinja::Name> ParseContext::builtin_names() const {
  std::vector<jinja::Name> all = session_names_->own_names();
  for (const auto& entry : names_) all.push_back(entry.first);
  for (const auto& entry : defined_) all.push_back(entry.first);
  for (const char* name : {"this", "model", "database", "schema", "pre_hooks", "post_hooks"}) {
    all.emplace_back(std::string_view(name));
  }
  sort_names(all);
  return all;
}

void ParseContext::define(jinja::Name name, jinja::Value value) {
  defined_[name] = std::move(value);
}

void ParseContext::macro_called(const Macro& macro) {
  if (depth != 0 || node_ == nullptr) return;
  std::vector<std::string>& all = node_->depends_on_macros;
  if (std::find(all.begin(), all.end(), macro.unique_id) == all.end()) {
    all.push_back(macro.unique_id);
  }
}

jinja::Value ParseContext::record_ref(const Args& args) {
  RefArgs ref;
  const jinja::Value* name = nullptr;
  const jinja::Value* package = nullptr;
  if (args.positional.size() == 1) {
    name = &args[0];
  } else if (args.positional.size() == 2) {
    package = &args[0];
    name = &args[1];
  } else {
    raise_compilation_error("ref() takes at most two arguments (" +
                            std::to_string(args.positional.size()) + " given)");
  }
  const jinja::Value* version = args.find("version");
  if (version == nullptr || !version->truthy()) version = args.find("v");
  need_text(*name, "name", "ref");
  if (package != nullptr && !package->is_none()) {
    if (!package->is_str()) {
      raise_compilation_error(
          "The package argument to ref() must be a string or None, got "
          "<class '" +
          package->type_name() + "'>");
    }
    ref.package = package->as_str();
  }
  ref.name = name->as_str();
  if (version != nullptr && version->truthy()) ref.version = from_jinja(*version);
  node_->refs.push_back(std::move(ref));
  return relation();
}

jinja::Value ParseContext::record_source(const Args& args) {
  if (args.positional.size() != 2) {
    raise_compilation_error("source() takes exactly two arguments (" +
                            std::to_string(args.positional.size()) + " given)");
  }
  need_text(args[0], "source name (first)", "source");
  need_text(args[1], "table name (second)", "source");
  node_->sources.push_back({args[0].as_str(), args[1].as_str(), {}});
  return relation();
}

jinja::Value ParseContext::record_metric(const Args& args) {
  if (args.positional.empty() || args.positional.size() > 2) {
    raise_compilation_error("metric() takes at most two arguments (" +
                            std::to_string(args.positional.size()) + " given)");
  }
  std::vector<std::string> metric;
  for (const jinja::Value& part : args.positional) {
    need_text(part, "name", "metric");
    metric.push_back(part.as_str());
  }
  std::string name = metric.back();
  std::optional<std::string> package;
  if (metric.size() == 2) package = metric.front();
  node_->metrics.push_back(std::move(metric));
  return jinja::make_object<MetricReference>(std::move(name), std::move(package));
}

jinja::Value ParseContext::record_function(const Args& args) {
  node_->functions.push_back(function_arguments(args));
  Relation own = node_relation(*node_, quoting_);
  own.type = "function";
  return relation_value(std::move(own));
}

jinja::Value ParseContext::record_config(const Args& args) {
  Value options = Value::map();
  if (args.positional.size() == 1 && args.keyword.empty() && args[0].is_dict()) {
    options = from_jinja(args[0]);
  } else if (args.positional.empty() && !args.keyword.empty()) {
    for (const auto& [name, value] : args.keyword) options.set(name.string(), from_jinja(value));
  } else {
    raise_compilation_error("Invalid inline model config");
  }
  for (const char* old_key : {"pre_hook", "post_hook"}) {
    const Value* given = options.find(old_key);
    if (given == nullptr) continue;
    std::string key = old_key;
    key[key.find('_')] = '-';
    if (options.find(key) != nullptr) {
      raise_compilation_error("Invalid config, has conflicting keys \"" + std::string(old_key) +
                              "\" and \"" + key + "\"");
    }
    Value moved = *given;
    options.erase(old_key);
    options.set(std::move(key), std::move(moved));
  }
  config_called = true;
  merge_config_calls(config_call, options);
  return jinja::Value("");
}

// --- Generic tests -------------------------------------------------------------------------------

namespace {

/// A package's share of a test's macros.
class TestPackage : public jinja::Object {
 public:
  std::unordered_map<jinja::Name, jinja::Value> macros;
  std::string type_name() const override { return "dict"; }
  std::optional<jinja::Value> get_attr(jinja::Name name) override {
    const auto it = macros.find(name);
    return it == macros.end() ? std::nullopt : std::optional(it->second);
  }
  std::optional<jinja::Value> get_item(const jinja::Value& key) override {
    return key.is_str() ? get_attr(jinja::Name(key.as_str())) : std::nullopt;
  }
  bool is_mapping() const override { return true; }
};

class TestNamespace : public jinja::Context {
 public:
  std::unordered_map<jinja::Name, jinja::Value> names;
  std::optional<jinja::Value> lookup(jinja::Name name) const override {
    const auto it = names.find(name);
    return it == names.end() ? std::nullopt : std::optional(it->second);
  }
};

}  // namespace

jinja::ContextRef test_namespace(const MacroRegistry& registry, const std::string& test_macro_id,
                                 bool own_refs) {
  auto result = std::make_shared<TestNamespace>();
  std::unordered_map<std::string, TestPackage*> packages;
  std::unordered_map<jinja::Name, jinja::Value> package_values;
  std::vector<std::string> todo = {test_macro_id};
  if (const ProjectMacro* where = registry.find_static("", "get_where_subquery")) {
    todo.push_back(where->macro().unique_id);
  }
  for (const char* name : {"ref", "source"}) {
    const ProjectMacro* own = own_refs ? registry.find_static("", name) : nullptr;
    if (own != nullptr && own->macro().package_name != "dbt") {
      todo.push_back(own->macro().unique_id);
    }
  }
  std::unordered_set<std::string> seen;
  while (!todo.empty()) {
    const std::string id = std::move(todo.back());
    todo.pop_back();
    if (!seen.insert(id).second) continue;
    const ProjectMacro* found = registry.by_id(id);
    if (found == nullptr) continue;
    const Macro& macro = found->macro();
    const jinja::Value value = registry.value_by_id(id);
    result->names[jinja::Name(std::string_view(macro.name))] = value;
    TestPackage*& package = packages[macro.package_name];
    if (package == nullptr) {
      package = new TestPackage();
      package_values[jinja::Name(std::string_view(macro.package_name))] =
          jinja::Value::object(package);
    }
    package->macros[jinja::Name(std::string_view(macro.name))] = value;
    for (const std::string& next : macro.depends_on_macros) todo.push_back(next);
  }
  for (auto& [name, value] : package_values) result->names[name] = std::move(value);
  return result;
}

}  // namespace floe::dbt
