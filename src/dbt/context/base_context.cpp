// SPDX-License-Identifier: Apache-2.0
#include "dbt/context/base_context.h"

#include "base/hash.h"
#include "base/text.h"
#include "dbt/context/builtins.h"
#include "dbt/context/convert.h"

#include <algorithm>

namespace floe::dbt {

void raise_compilation_error(std::string message) {
  throw DbtError("Compilation Error", std::move(message));
}

void raise_parsing_error(std::string message) {
  throw DbtError("Parsing Error", std::move(message));
}

// --- Variables -----------------------------------------------------------------------------------

namespace {

/// One level of vars: the general ones, then those under the package's name.
void add_var_level(const Value& vars, std::string_view package, jinja::Dict& merged) {
  if (!vars.is_map()) return;
  for (const value::Member& member : vars.as_map()) {
    merged.set(std::string_view(member.key), to_jinja(member.value));
  }
  const Value* scoped = vars.find(package);
  if (scoped == nullptr || !scoped->is_map()) return;
  for (const value::Member& member : scoped->as_map()) {
    merged.set(std::string_view(member.key), to_jinja(member.value));
  }
}

class VarFunction : public jinja::Object {
 public:
  VarFunction(std::shared_ptr<const Session> session, jinja::Value merged, std::string node_name,
              bool lenient)
      : session_(std::move(session)),
        merged_(std::move(merged)),
        node_name_(std::move(node_name)),
        lenient_(lenient) {}
  std::string type_name() const override { return lenient_ ? "ParseVar" : "RuntimeVar"; }
  bool callable() const override { return true; }

  jinja::Value call(jinja::CallContext& context, const jinja::Args& args) override {
    const jinja::Value* name = argument(args, 0, "var_name");
    if (name == nullptr) {
      jinja::raise_type_error("Var.__call__() missing 1 required positional argument: 'var_name'");
    }
    const jinja::Value* found = merged_.as_dict().find(*name);
    if (found != nullptr) {
      // Text is rendered once more, as dbt does.
      if (found->is_str() && jinja::has_jinja(found->as_str())) {
        return jinja::Value(context.interp.render(jinja::parse_template(found->as_str()),
                                                  context.interp.context()));
      }
      return *found;
    }
    if (const jinja::Value* fallback = argument(args, 1, "default")) return *fallback;
    if (lenient_) return jinja::Value::none();
    raise_missing(name->to_str());
  }

  bool call_method(jinja::CallContext&, jinja::Name name, const jinja::Args& args,
                   jinja::Value& result) override {
    if (name != "has_var") return false;
    const jinja::Value* var = argument(args, 0, "var_name");
    result = jinja::Value(var != nullptr && merged_.as_dict().contains(*var));
    return true;
  }

  std::span<const std::string_view> method_names() const override {
    static constexpr std::string_view kNames[] = {"has_var"};
    return kNames;
  }

 private:
  static const jinja::Value* argument(const jinja::Args& args, std::size_t index,
                                      std::string_view name) {
    if (index < args.positional.size()) return &args.positional[index];
    return args.find(name);
  }
  [[noreturn]] void raise_missing(const std::string& name) const {
    jinja::JsonStyle style;
    style.sort_keys = true;
    style.indent = 4;
    raise_compilation_error("Required var '" + name + "' not found in config:\nVars supplied to " +
                            node_name_ + " = " + jinja::to_json(merged_, style));
  }

  std::shared_ptr<const Session> session_;
  jinja::Value merged_;
  std::string node_name_;
  bool lenient_;
};

}  // namespace

jinja::Value vars_for(const Session& session, std::string_view package) {
  jinja::Value merged = jinja::Value::dict();
  jinja::Dict& dict = merged.mutable_dict();
  if (package != session.project_name) {
    const auto own = session.package_vars.find(std::string(package));
    if (own != session.package_vars.end()) add_var_level(own->second, package, dict);
  }
  const auto root = session.package_vars.find(session.project_name);
  if (root != session.package_vars.end()) add_var_level(root->second, package, dict);
  if (session.cli_vars.is_map()) {
    for (const value::Member& member : session.cli_vars.as_map()) {
      dict.set(std::string_view(member.key), to_jinja(member.value));
    }
  }
  return merged;
}

jinja::Value make_var(std::shared_ptr<const Session> session, jinja::Value merged_vars,
                      std::string node_name, bool lenient) {
  return jinja::make_object<VarFunction>(std::move(session), std::move(merged_vars),
                                         std::move(node_name), lenient);
}

// --- Contexts ------------------------------------------------------------------------------------

namespace {

/// `context` and `builtins` as templates see them: a mapping over a NodeContext. It does not own
/// the context (the context owns it).
class ContextObject : public jinja::Object {
 public:
  ContextObject(TemplateContext& context, bool builtins_only)
      : context_(context), builtins_only_(builtins_only) {}
  std::string type_name() const override { return builtins_only_ ? "dict" : "ChainMap"; }
  std::optional<jinja::Value> get_item(const jinja::Value& key) override {
    if (!key.is_str()) return std::nullopt;
    const jinja::Name name(key.as_str());
    return builtins_only_ ? context_.builtin(name) : context_.lookup(name);
  }
  bool call_method(jinja::CallContext& context, jinja::Name name, const jinja::Args& args,
                   jinja::Value& result) override {
    if (name == "get") {
      if (args.positional.empty()) return false;
      if (std::optional<jinja::Value> found = get_item(args[0])) {
        result = *found;
      } else {
        result = args.positional.size() > 1 ? args[1] : jinja::Value::none();
      }
      return true;
    }
    if (name == "keys" || name == "values" || name == "items" || name == "copy") {
      result = context.interp.call_method(as_dict(), name, args);
      return true;
    }
    if (name == "update" && args.positional.size() == 1 && args[0].is_dict()) {
      for (const auto& entry : args[0].as_dict()) {
        if (entry.key.is_str()) {
          context_.define(jinja::Name(entry.key.as_str()), entry.value);
        }
      }
      result = jinja::Value::none();
      return true;
    }
    return false;
  }
  std::optional<bool> contains(const jinja::Value& item) override {
    return get_item(item).has_value();
  }
  bool is_mapping() const override { return true; }
  jinja::IteratorPtr iterate() override { return jinja::iterate(as_dict()); }
  std::optional<std::size_t> length() override { return context_.builtin_names().size(); }

 private:
  /// The builtins as they are now. Macros are not listed.
  jinja::Value as_dict() const {
    jinja::Value dict = jinja::Value::dict();
    for (const jinja::Name name : context_.builtin_names()) {
      if (std::optional<jinja::Value> value = context_.builtin(name)) {
        dict.mutable_dict().set(name.value(), *value);
      }
    }
    return dict;
  }

  TemplateContext& context_;
  bool builtins_only_;
};

}  // namespace

jinja::Value context_object(TemplateContext& context, bool builtins_only) {
  return jinja::make_object<ContextObject>(context, builtins_only);
}

void sort_names(std::vector<jinja::Name>& names) {
  std::sort(names.begin(), names.end(),
            [](jinja::Name a, jinja::Name b) { return a.view() < b.view(); });
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

namespace {

class Resolver : public jinja::Object {
 public:
  Resolver(std::string type_name, std::shared_ptr<const Session> session,
           std::function<jinja::Value()> model, jinja::NativeFunction function)
      : type_name_(std::move(type_name)),
        session_(std::move(session)),
        model_(std::move(model)),
        function_(std::move(function)) {}
  std::string type_name() const override { return type_name_; }
  bool callable() const override { return true; }
  jinja::Value call(jinja::CallContext& context, const jinja::Args& args) override {
    return function_(context, args);
  }
  std::optional<jinja::Value> get_attr(jinja::Name name) override {
    if (name == "config") return session_->project_config;
    if (name == "model") return model_();
    if (name == "current_project") return jinja::Value(session_->project_name);
    return std::nullopt;
  }

 private:
  std::string type_name_;
  std::shared_ptr<const Session> session_;
  std::function<jinja::Value()> model_;
  jinja::NativeFunction function_;
};

}  // namespace

jinja::Value make_resolver(std::string type_name, std::shared_ptr<const Session> session,
                           std::function<jinja::Value()> model, jinja::NativeFunction function) {
  return jinja::make_object<Resolver>(std::move(type_name), std::move(session), std::move(model),
                                      std::move(function));
}

std::vector<std::string> function_arguments(const jinja::Args& args) {
  if (!args.keyword.empty()) {
    jinja::raise_type_error("BaseFunctionResolver.__call__() got an unexpected keyword argument '" +
                            args.keyword.front().first.string() + "'");
  }
  if (args.positional.empty() || args.positional.size() > 2) {
    raise_compilation_error("ref() takes at most two arguments (" +
                            std::to_string(args.positional.size()) + " given)");
  }
  const jinja::Value& name = args.positional.back();
  if (!name.is_str()) {
    raise_compilation_error("The name argument to function() must be a string, got <class '" +
                            name.type_name() + "'>");
  }
  std::vector<std::string> parts;
  if (args.positional.size() == 2 && !args[0].is_none()) {
    if (!args[0].is_str()) {
      raise_compilation_error(
          "The package argument to function() must be a string or None, got <class '" +
          args[0].type_name() + "'>");
    }
    parts.push_back(args[0].as_str());
  }
  parts.push_back(name.as_str());
  return parts;
}

NodeContext::NodeContext(std::shared_ptr<const Session> session, std::string_view package,
                         std::shared_ptr<const jinja::MapContext> session_names,
                         std::shared_ptr<jinja::MapContext> names)
    : session_(std::move(session)),
      macros_(session_->macros ? session_->macros->namespace_of(package) : nullptr),
      session_names_(std::move(session_names)),
      names_(std::move(names)) {}

NodeContext::~NodeContext() = default;

std::optional<jinja::Value> NodeContext::lookup(jinja::Name name) const {
  static const jinja::Name kContext(std::string_view("context"));
  static const jinja::Name kBuiltins(std::string_view("builtins"));
  if (name == kContext) {
    if (context_object_.is_none()) {
      context_object_ = context_object(const_cast<NodeContext&>(*this), false);
    }
    return context_object_;
  }
  if (macros_ != nullptr) {
    if (std::optional<jinja::Value> macro = macros_->lookup(name)) return macro;
  }
  if (name == kBuiltins) {
    if (builtins_object_.is_none()) {
      builtins_object_ = context_object(const_cast<NodeContext&>(*this), true);
    }
    return builtins_object_;
  }
  return builtin(name);
}

std::vector<jinja::Name> NodeContext::builtin_names() const {
  std::vector<jinja::Name> all = names_->own_names();
  const std::vector<jinja::Name> session = session_names_->own_names();
  all.insert(all.end(), session.begin(), session.end());
  sort_names(all);
  return all;
}

std::optional<jinja::Value> NodeContext::builtin(jinja::Name name) const {
  if (std::optional<jinja::Value> own = names_->lookup(name)) return own;
  return session_names_->lookup(name);
}

}  // namespace floe::dbt
