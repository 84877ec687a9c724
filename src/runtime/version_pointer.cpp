// SPDX-License-Identifier: Apache-2.0
// The view without a version in its name that points at the latest version of a model.
#include "base/text.h"
#include "dbt/context/convert.h"
#include "runtime/publisher.h"
#include "runtime/runner.h"

#include <fmt/format.h>

namespace floe::runtime {

namespace {

using JValue = jinja::Value;

constexpr const char* kAliasMacro = "generate_latest_version_pointer_alias";

std::string pointer_alias(Scope& scope) {
  const dbt::Node& node = *scope.node();
  const dbt::Value* given = node.config.find_path("latest_version_pointer.alias");
  const JValue custom = given != nullptr && given->is_string() && !given->as_string().empty()
                            ? JValue(std::string(trim(given->as_string())))
                            : JValue::none();
  const auto macro = scope.context()->lookup(jinja::Name(kAliasMacro));
  if (!macro) return custom.is_str() ? custom.as_str() : node.name;
  jinja::Args args;
  args.positional = {custom,
                     scope.context()->lookup(jinja::Name("model")).value_or(JValue::none())};
  return std::string(trim(scope.worker().interp.call(*macro, args, scope.context()).to_str()));
}

}  // namespace

bool has_version_pointer(const RunState& state, const dbt::Node& node) {
  if (node.type != dbt::ResourceType::kModel || node.version.is_null() ||
      !(node.version == node.latest_version) || state.request.command == Command::kClone) {
    return false;
  }
  // A model that is not published yet gets its view when it is.
  if (state.ports != nullptr && state.ports->stages(node.unique_id)) return false;
  const dbt::Value* enabled = node.config.find_path("latest_version_pointer.enabled");
  if (enabled != nullptr && enabled->is_bool()) return enabled->as_bool();
  const dbt::Value* flag = state.loaded.flags.find("latest_version_pointer_enabled_by_default");
  return flag != nullptr && flag->is_bool() && flag->as_bool();
}

void make_version_pointer(Scope& scope, const dbt::Relation& latest) {
  const std::string alias = pointer_alias(scope);
  const std::string identifier = latest.identifier.value_or("");
  const bool same =
      latest.quote.identifier ? identifier == alias : to_lower(identifier) == to_lower(alias);
  if (same) {
    throw dbt::DbtError(
        "Runtime Error",
        fmt::format("Cannot create latest version pointer: the latest version of '{}' is already "
                    "aliased to '{}'. Set `latest_version_pointer: enabled: false` or remove the "
                    "conflicting alias.",
                    scope.node()->name, alias));
  }
  dbt::Node pointer = *scope.node();
  pointer.unique_id += "__latest_version_pointer";
  pointer.alias = alias;
  pointer.raw_code = "select * from " + latest.render();
  pointer.compiled_code = pointer.raw_code;
  pointer.compiled = true;
  pointer.language = "sql";
  pointer.config.set("materialized", dbt::Value("view"));
  pointer.config.set("pre-hook", dbt::Value::list());
  pointer.config.set("post-hook", dbt::Value::list());
  pointer.config.set("persist_docs", dbt::Value::map());
  Scope own(scope.worker(), pointer);
  materialize_alone(own);
}

}  // namespace floe::runtime
