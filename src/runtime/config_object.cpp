// SPDX-License-Identifier: Apache-2.0
#include "runtime/config_object.h"

#include "dbt/adapter/call_args.h"
#include "dbt/context/convert.h"
#include "dbt/jinja/interp.h"

#include <fmt/format.h>

namespace floe::runtime {

namespace {

using dbt::argument;
using dbt::DbtError;
using jinja::Args;
using jinja::CallContext;
using JValue = jinja::Value;

class RuntimeConfig : public jinja::Object {
 public:
  RuntimeConfig(const value::Value& config, std::string unique_id,
                std::function<void(const dbt::Warning&)> warn)
      : values_(dbt::to_jinja(config)), unique_id_(std::move(unique_id)), warn_(std::move(warn)) {
    add_snapshot_columns();
  }
  std::string type_name() const override { return "RuntimeConfigObject"; }
  const JValue& values() const { return values_; }
  bool callable() const override { return true; }
  JValue call(CallContext&, const Args&) override { return JValue(""); }

  bool call_method(CallContext& context, jinja::Name name, const Args& args,
                   JValue& result) override {
    const std::string_view key = name.view();
    if (key == "get" || key == "meta_get") {
      result = get(context, args, key == "meta_get");
    } else if (key == "require" || key == "meta_require") {
      result = require(context, args, key == "meta_require");
    } else if (key == "set") {
      result = JValue("");
    } else if (key == "persist_relation_docs") {
      result = persisted("relation");
    } else if (key == "persist_column_docs") {
      result = persisted("columns");
    } else {
      return false;
    }
    return true;
  }

 private:
  /// The names of a snapshot's own columns: the given ones or the usual ones.
  void add_snapshot_columns() {
    const JValue* given = values_.as_dict().find(std::string_view("snapshot_meta_column_names"));
    if (given == nullptr || !given->is_dict()) return;
    JValue names = JValue::dict();
    for (const char* name :
         {"dbt_valid_from", "dbt_valid_to", "dbt_scd_id", "dbt_updated_at", "dbt_is_deleted"}) {
      const JValue own = given->has(name) ? given->get(name) : JValue::none();
      names.set(name, own.truthy() ? own : JValue(name));
    }
    values_.set("snapshot_table_column_names", std::move(names));
  }

  /// The value, or null; config keys have dashes where Python's names cannot.
  const JValue* find(const JValue& key, bool meta) const {
    const JValue* from = &values_;
    if (meta) {
      from = values_.as_dict().find(std::string_view("meta"));
      if (from == nullptr || !from->is_dict()) return nullptr;
    }
    if (const JValue* found = from->as_dict().find(key)) return found;
    const std::string name = key.str_or("");
    if (name == "pre_hook") return from->as_dict().find(std::string_view("pre-hook"));
    if (name == "post_hook") return from->as_dict().find(std::string_view("post-hook"));
    return nullptr;
  }

  /// A custom key that is asked for as if it stood beside `meta`, not in it.
  void warn_of_meta(const JValue& key) const {
    if (!warn_ || !key.is_str() || find(key, true) == nullptr) return;
    const std::string& name = key.as_str();
    warn_({"GetMetaKeyWarning",
           fmt::format("config.get('{0}') finds nothing, but `meta` has '{0}': use "
                       "config.meta_get('{0}')",
                       name),
           dbt::warning_data({{"meta_key", name}})});
  }

  static void validate(CallContext& context, const JValue& validator, const JValue& value) {
    Args args;
    args.positional.push_back(value);
    context.interp.call(validator, args);
  }

  JValue get(CallContext& context, const Args& args, bool meta) const {
    const JValue fallback = argument(args, 1, "default");
    const JValue validator = argument(args, 2, "validator");
    const JValue* found = find(argument(args, 0, "name"), meta);
    if (found == nullptr && !meta) warn_of_meta(argument(args, 0, "name"));
    const JValue value = found == nullptr ? fallback : *found;
    if (!validator.is_nothing() && !fallback.is_none()) validate(context, validator, value);
    return value;
  }

  JValue require(CallContext& context, const Args& args, bool meta) const {
    const JValue name = argument(args, 0, "name");
    const JValue* found = find(name, meta);
    if (found == nullptr && !meta) warn_of_meta(name);
    if (found == nullptr) {
      throw DbtError("Compilation Error",
                     fmt::format("Model '{}' does not define a required config parameter '{}'.",
                                 unique_id_, name.to_str()));
    }
    const JValue validator = argument(args, 1, "validator");
    if (!validator.is_nothing()) validate(context, validator, *found);
    return *found;
  }

  JValue persisted(std::string_view what) const {
    const JValue* docs = values_.as_dict().find(std::string_view("persist_docs"));
    if (docs == nullptr || docs->is_none()) return JValue(false);
    if (!docs->is_dict()) {
      throw DbtError("Compilation Error",
                     fmt::format("Invalid value provided for 'persist_docs'. Expected dict but "
                                 "received {}",
                                 docs->type_name()));
    }
    return docs->has(what) ? docs->get(what) : JValue(false);
  }

  JValue values_;
  std::string unique_id_;
  std::function<void(const dbt::Warning&)> warn_;
};

}  // namespace

void keep_config_changes(const JValue& object, value::Value& config) {
  const auto* changed = object.as<RuntimeConfig>();
  if (changed == nullptr || !config.is_map()) return;
  const value::Value before = config;  // most configs are shared, and stay so
  for (const value::Member& member : before.as_map()) {
    if (!member.value.is_map()) continue;
    const JValue* now = changed->values().as_dict().find(std::string_view(member.key));
    if (now != nullptr && !now->equals(dbt::to_jinja(member.value))) {
      config.set(member.key, dbt::from_jinja(*now));
    }
  }
}

JValue runtime_config(const value::Value& config, std::string unique_id,
                      std::function<void(const dbt::Warning&)> warn) {
  return jinja::make_object<RuntimeConfig>(config, std::move(unique_id), std::move(warn));
}

}  // namespace floe::runtime
