// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/modules/modules.h"

#include "dbt/context/builtins.h"

namespace floe::dbt {

namespace {

/// A function of itertools, which dbt warns of at each call.
jinja::Value deprecated_function(const std::shared_ptr<const Session>& session,
                                 const std::string& name, const jinja::Value& function) {
  return jinja::native(name, [session, function](jinja::CallContext& context,
                                                 const jinja::Args& args) {
    if (session->on_warn) {
      session->on_warn({"ModulesItertoolsUsageDeprecation",
                        "modules.itertools is deprecated: use the built-in functions of templates "
                        "instead"});
    }
    return context.interp.call(function, args);
  });
}

}  // namespace

jinja::Value make_modules(const std::shared_ptr<const Session>& session) {
  static const jinja::Value kModules = jinja::context_modules();
  jinja::Value modules = jinja::Value::dict();
  for (const auto& entry : kModules.as_dict()) modules.set(entry.key.to_str(), entry.value);
  jinja::Value tools = jinja::Value::dict();
  for (const auto& entry : kModules.get("itertools").as_dict()) {
    const std::string name = entry.key.to_str();
    tools.set(name, deprecated_function(session, name, entry.value));
  }
  modules.set("itertools", std::move(tools));
  return modules;
}

}  // namespace floe::dbt
