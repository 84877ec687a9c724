// SPDX-License-Identifier: Apache-2.0
// The part of dbt's template context that parse time and run time share: builtins, target, flags,
// var() and env_var(), and how macros, node-specific names and builtins are laid over each other.
#pragma once

#include "dbt/context/macros.h"
#include "dbt/jinja/interp.h"
#include "dbt/jinja/object.h"
#include "dbt/project/model.h"
#include "dbt/warnings/warnings.h"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace floe::dbt {

inline constexpr std::string_view kDbtVersion = "1.12.6";
inline constexpr std::string_view kSecretEnvPrefix = "DBT_ENV_SECRET";

/// What one invocation has in common for all templates. Immutable once set up, except the hooks'
/// own state.
struct Session {
  std::string project_name;  // of the root package
  std::string adapter_type = "duckdb";
  std::string invocation_id;
  jinja::Value target = jinja::Value::dict();  // the `target` variable
  jinja::Value flags = jinja::Value::dict();   // the `flags` variable: upper-case attributes
  jinja::Value run_started_at;                 // a datetime
  jinja::Value invocation_args = jinja::Value::dict();
  jinja::Value metadata_envs = jinja::Value::dict();  // DBT_ENV_CUSTOM_ENV_*
  std::map<std::string, std::string> env;
  Value cli_vars = Value::map();
  /// vars: of dbt_project.yml, by package (its own file's `vars:`).
  std::map<std::string, Value> package_vars;
  std::shared_ptr<const MacroRegistry> macros;
  jinja::Value project_config;  // `builtins.ref.config`: the configuration of the root project

  /// Where log() and print() go; null: nowhere.
  std::function<void(std::string_view text, bool info)> on_log;
  std::function<void(std::string_view text)> on_print;
  /// Where exceptions.warn() and deprecations go; null: nowhere.
  std::function<void(const Warning& warning)> on_warn;
};

/// dbt's vars as a node of `package` sees them: command line over root over package, the scope of
/// the package over the general one. Cached by package in the caller.
jinja::Value vars_for(const Session& session, std::string_view package);

/// `var`: a callable with has_var. `node_name` is for the message when a var is missing.
/// `lenient`: a missing var is None (dbt at parse time), otherwise it raises.
jinja::Value make_var(std::shared_ptr<const Session> session, jinja::Value merged_vars,
                      std::string node_name, bool lenient);

/// ref, source, metric or function as templates see it: a function with the attributes that dbt's
/// resolvers have (`config`, `model`, `current_project`). `model` makes what `model` gives.
jinja::Value make_resolver(std::string type_name, std::shared_ptr<const Session> session,
                           std::function<jinja::Value()> model, jinja::NativeFunction function);

/// What function() was called with: a function's name, or its package and name. Raises what dbt
/// raises for anything else.
std::vector<std::string> function_arguments(const jinja::Args& args);

/// The names that depend on the session only: return, log, print, env_var, fromjson, …, modules,
/// exceptions, flags, target, dbt_version, invocation_id, run_started_at, project_name, ….
/// One for all threads.
std::shared_ptr<const jinja::MapContext> session_names(std::shared_ptr<const Session> session);

/// A context with dbt's two levels: what templates see, and below it what macros may hide.
class TemplateContext : public jinja::Context {
 public:
  /// A name as if no macro had overridden it (`builtins.ref`).
  virtual std::optional<jinja::Value> builtin(jinja::Name name) const = 0;
  /// `context.update({...})`.
  virtual void define(jinja::Name name, jinja::Value value) = 0;
  /// The names that builtin() finds, sorted.
  virtual std::vector<jinja::Name> builtin_names() const = 0;
};
/// `context` (or, `builtins_only`, `builtins`) as a mapping over a context that outlives it.
jinja::Value context_object(TemplateContext& context, bool builtins_only);
/// Sorts names by their text and drops doubles.
void sort_names(std::vector<jinja::Name>& names);

/// The complete context of a node: `context` and `builtins` (objects over this), then the macros
/// its package sees, then `names` (ref, source, config, this, …), then the session's names.
/// `names` may be filled further until the first rendering.
class NodeContext : public TemplateContext {
 public:
  NodeContext(std::shared_ptr<const Session> session, std::string_view package,
              std::shared_ptr<const jinja::MapContext> session_names,
              std::shared_ptr<jinja::MapContext> names);
  ~NodeContext() override;
  NodeContext(const NodeContext&) = delete;
  NodeContext& operator=(const NodeContext&) = delete;
  std::optional<jinja::Value> lookup(jinja::Name name) const override;

  const Session& session() const { return *session_; }
  jinja::MapContext& names() { return *names_; }
  std::optional<jinja::Value> builtin(jinja::Name name) const override;
  void define(jinja::Name name, jinja::Value value) override { names_->set(name, value); }
  std::vector<jinja::Name> builtin_names() const override;

 private:
  std::shared_ptr<const Session> session_;
  jinja::ContextRef macros_;
  std::shared_ptr<const jinja::MapContext> session_names_;
  std::shared_ptr<jinja::MapContext> names_;
  mutable jinja::Value context_object_;  // made when asked for; one thread a context
  mutable jinja::Value builtins_object_;
};

/// An error with dbt's class and wording, as the host functions of a context raise it.
class DbtError : public jinja::TemplateError {
 public:
  DbtError(std::string error_class, std::string text)
      : TemplateError(jinja::ErrorType::kHost, std::move(text)),
        dbt_class(std::move(error_class)) {}
  std::string dbt_class;  // "Compilation Error", "Parsing Error", "Runtime Error", …
  std::string statement;  // that the database refused, as it was sent; or ""
};

[[noreturn]] void raise_compilation_error(std::string message);
[[noreturn]] void raise_parsing_error(std::string message);

}  // namespace floe::dbt
