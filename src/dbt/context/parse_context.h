// SPDX-License-Identifier: Apache-2.0
// The template context of the first pass over a node: `execute` is false, ref(), source() and
// config() only record what they are called with.
#pragma once

#include "dbt/context/base_context.h"
#include "dbt/project/model.h"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace floe::dbt {

/// `adapter` while a project is loaded: dispatch() and quoting work, whatever asks the database
/// gives nothing.
jinja::Value parse_adapter(const std::shared_ptr<Session>& session, std::string package);
/// `api`: Relation and Column.
jinja::Value parse_api(const Value& project_quoting);

/// The context of the nodes of one package, for one thread: set the node, render, read what was
/// recorded.
class ParseContext : public TemplateContext, public RenderHost {
 public:
  /// `macros` are the macro names that the node sees.
  ParseContext(std::shared_ptr<Session> session, std::string package, jinja::ContextRef macros,
               std::shared_ptr<const jinja::MapContext> session_names, const Value& quoting);

  /// Makes `node` the current one: its refs, sources, metrics and macros are added to it.
  void begin(Node& node);
  /// Goes over to the names of a generic test, which sees few macros, and back.
  void enter_test(jinja::ContextRef macros);
  void leave_test(jinja::ContextRef macros);
  /// All config() calls since begin(), merged; and as written (filled by the caller's function).
  Value config_call = Value::map();
  bool config_called = false;
  /// The rendered arguments of a generic test.
  jinja::Value test_kwargs;

  std::optional<jinja::Value> lookup(jinja::Name name) const override;
  std::optional<jinja::Value> builtin(jinja::Name name) const override;
  void define(jinja::Name name, jinja::Value value) override;
  std::vector<jinja::Name> builtin_names() const override;
  void macro_called(const Macro& macro) override;

  Node& node() { return *node_; }
  jinja::Value relation() const;

 private:
  class ConfigFunction;
  jinja::Value record_ref(const jinja::Args& args);
  jinja::Value record_source(const jinja::Args& args);
  jinja::Value record_metric(const jinja::Args& args);
  jinja::Value record_function(const jinja::Args& args);
  jinja::Value record_config(const jinja::Args& args);
  jinja::Value hooks(std::string_view key) const;
  void add_names();

  std::shared_ptr<Session> session_;
  std::string package_;
  jinja::ContextRef macros_;
  std::shared_ptr<const jinja::MapContext> session_names_;
  Value quoting_;
  Node* node_ = nullptr;
  std::unordered_map<jinja::Name, jinja::Value> names_;
  std::unordered_map<jinja::Name, jinja::Value> defined_;  // by context.update()
  mutable jinja::Value context_object_;
  mutable jinja::Value builtins_object_;
};

/// The macros that a generic test sees: those its own macro can reach, and with `own_refs` (the
/// flag support_custom_ref_kwargs) a project's own ref() and source().
jinja::ContextRef test_namespace(const MacroRegistry& registry, const std::string& test_macro_id,
                                 bool own_refs);

}  // namespace floe::dbt
