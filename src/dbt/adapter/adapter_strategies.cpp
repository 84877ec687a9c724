// SPDX-License-Identifier: Apache-2.0
// The adapter's methods for strategies, constraints, grants, indexes and external files.
#include "base/hash.h"
#include "base/text.h"
#include "dbt/adapter/adapter_object.h"
#include "dbt/adapter/call_args.h"
#include "dbt/adapter/constraints.h"
#include "dbt/adapter/external.h"
#include "dbt/context/macros.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>

namespace floe::dbt {

using jinja::Args;
using jinja::CallContext;
using JValue = jinja::Value;

namespace {

/// What adapter.parse_index() returns.
class IndexConfig : public jinja::Object {
 public:
  IndexConfig(std::vector<std::string> columns, bool unique)
      : columns_(std::move(columns)), unique_(unique) {}
  std::string type_name() const override { return "DuckDBIndexConfig"; }
  std::optional<JValue> get_attr(jinja::Name name) override {
    if (name == "columns") return JValue::list({columns_.begin(), columns_.end()});
    if (name == "unique") return JValue(unique_);
    return std::nullopt;
  }
  bool call_method(CallContext&, jinja::Name name, const Args& args, JValue& result) override {
    if (name != "render") return false;
    const Relation* relation = as_relation(argument(args, 0, "relation"));
    // The clock is part of the name so that the next run's index has another one.
    static std::atomic<std::uint64_t> counter{0};
    std::vector<std::string> parts = columns_;
    parts.push_back(relation == nullptr ? "" : relation->render());
    parts.emplace_back(unique_ ? "True" : "False");
    parts.push_back(fmt::format("{}.{}",
                                std::chrono::system_clock::now().time_since_epoch().count(),
                                counter.fetch_add(1)));
    result = JValue(md5_hex(join(parts, "_")));
    return true;
  }

 private:
  std::vector<std::string> columns_;
  bool unique_;
};

/// What is wrong with an entry of `indexes`, in the words of dbt's validation; "" if nothing is.
std::string index_problem(const JValue& raw) {
  if (raw.has("columns")) {
    const JValue columns = raw.get("columns");
    if (!columns.is_list() && !columns.is_tuple()) {
      return fmt::format("at path ['columns']: {} is not of type 'array'", columns.repr());
    }
    std::size_t index = 0;
    for (const JValue& column : columns.items()) {
      if (!column.is_str()) {
        return fmt::format("at path ['columns'][{}]: {} is not of type 'string'", index,
                           column.repr());
      }
      ++index;
    }
  }
  if (raw.has("unique") && !raw.get("unique").is_bool()) {
    return fmt::format("at path ['unique']: {} is not of type 'boolean'", raw.get("unique").repr());
  }
  for (const auto& entry : raw.as_dict()) {
    const std::string key = entry.key.to_str();
    if (key == "columns" || key == "unique") continue;
    return fmt::format("at path []: Additional properties are not allowed ({} was unexpected)",
                       entry.key.repr());
  }
  return raw.has("columns") ? "" : "at path []: 'columns' is a required property";
}

}  // namespace

// --- Strategies, constraints, the rest -----------------------------------------------------------

JValue AdapterObject::dispatch(CallContext&, const Args& args) {
  const DispatchCall call = read_dispatch_call(args);
  return macro_access(host_.dbt->macros->dispatch(package_, call.macro_name, call.macro_namespace));
}

JValue AdapterObject::valid_incremental_strategies(CallContext&, const Args&) {
  return JValue::list(
      {JValue("append"), JValue("delete+insert"), JValue("merge"), JValue("microbatch")});
}

JValue AdapterObject::get_incremental_strategy_macro(CallContext& context, const Args& args) {
  const JValue given = argument(args, 1, "strategy");
  const std::string strategy = given.is_nothing() ? "default" : given.to_str();
  if (strategy == "insert_overwrite") {
    throw DbtError(
        "Runtime Error",
        fmt::format("The incremental strategy '{}' is not valid for this adapter", strategy));
  }
  const std::string macro = fmt::format("get_incremental_{}_sql", replace_all(strategy, "+", "_"));
  const JValue found = context.interp.get_item(argument(args, 0, "model_context"), JValue(macro));
  if (found.is_nothing()) {
    throw DbtError("Runtime Error",
                   fmt::format("dbt could not find an incremental strategy macro with the name "
                               "\"{}\" in {}",
                               macro, host_.dbt->project_name));
  }
  return found;
}

JValue AdapterObject::get_hard_deletes_behavior(CallContext& context, const Args& args) {
  const JValue config = argument(args, 0, "config");
  const auto get = [&](const char* key) {
    Args get_args;
    get_args.positional = {JValue(key), JValue::none()};
    return context.interp.call_method(config, jinja::Name("get"), get_args);
  };
  const JValue invalidate = get("invalidate_hard_deletes");
  const JValue hard_deletes = get("hard_deletes");
  if (!invalidate.is_none() && !hard_deletes.is_none()) {
    throw DbtError("Validation Error",
                   "You cannot set both the invalidate_hard_deletes and hard_deletes config "
                   "properties on the same snapshot.");
  }
  const std::string mode = hard_deletes.str_or("");
  if (invalidate.truthy() || mode == "invalidate") return JValue("invalidate");
  if (mode == "new_record") return JValue("new_record");
  if (hard_deletes.is_none() || mode == "ignore") return JValue("ignore");
  throw DbtError("Validation Error", "Invalid setting for property hard_deletes.");
}

JValue AdapterObject::standardize_grants_dict(CallContext& context, const Args& args) {
  JValue grants = JValue::dict();
  for (const JValue& row : jinja::collect(argument(args, 0, "grants_table"))) {
    const std::string privilege = context.interp.get_item(row, JValue("privilege_type")).to_str();
    if (!grants.has(privilege)) grants.set(privilege, JValue::list());
    grants.get(privilege).append(context.interp.get_item(row, JValue("grantee")));
  }
  return grants;
}

JValue AdapterObject::render_raw_columns_constraints(CallContext&, const Args& args) {
  return render_columns_constraints(argument(args, 0, "raw_columns"));
}

JValue AdapterObject::render_raw_model_constraints(CallContext&, const Args& args) {
  return render_model_constraints(argument(args, 0, "raw_constraints"));
}

JValue AdapterObject::catalog_supports_foreign_keys(CallContext&, const Args& args) {
  return JValue(
      host_.foreign_keys.catalog_supports(host_.session, argument(args, 0, "database").to_str()));
}

JValue AdapterObject::existing_key_constraint_types(CallContext&, const Args& args) {
  const Relation& relation =
      relation_argument(args, 0, "relation", "existing_key_constraint_types");
  const std::set<std::string> types = host_.foreign_keys.existing_types(host_.session, relation);
  return JValue::list({types.begin(), types.end()});
}

JValue AdapterObject::parse_index(CallContext&, const Args& args) {
  const JValue raw = argument(args, 0, "raw_index");
  if (raw.is_nothing()) return JValue::none();
  if (!raw.is_dict()) {
    throw DbtError("Compilation Error",
                   fmt::format("Invalid index config:\n  Got: {}\n  Expected a dictionary with at "
                               "minimum a \"columns\" key",
                               raw.to_str()));
  }
  if (const std::string problem = index_problem(raw); !problem.empty()) {
    throw DbtError("Compilation Error", "Could not parse index config: " + problem);
  }
  std::vector<std::string> columns;
  for (const JValue& column : raw.get("columns").items()) columns.push_back(column.as_str());
  return jinja::make_object<IndexConfig>(std::move(columns), raw.get("unique").truthy());
}

JValue AdapterObject::is_ducklake(CallContext&, const Args& args) {
  const JValue value = argument(args, 0, "relation");
  const Relation* relation = as_relation(value);
  return JValue(relation != nullptr && relation->database &&
                host_.session.warehouse().is_ducklake(*relation->database));
}

JValue AdapterObject::batch_id_for_model(CallContext& context, const Args& args) {
  const JValue batch = context.interp.get_item(argument(args, 0, "model"), JValue("batch"));
  if (!batch.truthy()) return JValue("");
  const JValue start = context.interp.get_item(batch, JValue("event_time_start"));
  if (!start.truthy()) return JValue("");
  std::string id;
  for (const char c : start.to_str()) {
    if (c == '-' || c == ':' || c == '+') continue;
    id.push_back(c == ' ' ? '_' : c);
  }
  return JValue(id);
}

JValue AdapterObject::get_temp_relation_path(CallContext& context, const Args& args) {
  const JValue model = argument(args, 0, "model");
  const std::string batch = argument(args, 1, "batch_id").str_or("");
  const auto part = [&](const char* key) {
    return context.interp.get_attr(model, jinja::Name(key));
  };
  std::string identifier =
      part("identifier").to_str() + "__" +
      md5_hex(host_.dbt->invocation_id + part("identifier").to_str()).substr(0, 12);
  if (!batch.empty()) identifier += "__" + batch;
  return JValue::dict({{"database", part("database")},
                       {"schema", JValue("dbt_temp")},
                       {"identifier", JValue(identifier)}});
}

JValue AdapterObject::external_root(CallContext&, const Args&) {
  return JValue(host_.session.warehouse().external_root());
}

JValue AdapterObject::external_write_options(CallContext&, const Args& args) {
  return JValue(write_options(argument(args, 0, "write_location").to_str(),
                              argument(args, 1, "rendered_options")));
}

JValue AdapterObject::external_read_location(CallContext&, const Args& args) {
  return JValue(read_location(argument(args, 0, "write_location").to_str(),
                              argument(args, 1, "rendered_options")));
}

JValue AdapterObject::store_relation(CallContext&, const Args& args) {
  throw DbtError(
      "Runtime Error",
      fmt::format("Plugin {} not found; dbt-duckdb's plugins are Python code and are not "
                  "supported",
                  argument(args, 0, "plugin_name").to_str()));
}

JValue AdapterObject::warn_once(CallContext&, const Args& args) {
  const std::string text = argument(args, 0, "msg").to_str();
  if (host_.session.warehouse().first_warning(text) && host_.warn) {
    host_.warn({"AdapterEventWarning", text,
                warning_data({{"args", Value::list()}, {"base_msg", text}, {"name", "DuckDB"}})});
  }
  return JValue::none();
}

}  // namespace floe::dbt
