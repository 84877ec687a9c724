// SPDX-License-Identifier: Apache-2.0
#include "dbt/adapter/adapter.h"

#include "base/text.h"
#include "dbt/adapter/adapter_object.h"
#include "dbt/adapter/agate.h"
#include "dbt/adapter/call_args.h"
#include "dbt/context/convert.h"
#include "dbt/context/macros.h"

#include <fmt/format.h>

namespace floe::dbt {

using jinja::Args;
using jinja::CallContext;
using JValue = jinja::Value;

namespace {

class AdapterResponse : public jinja::Object {
 public:
  AdapterResponse(std::string message, JValue code, JValue rows_affected)
      : message_(std::move(message)),
        code_(std::move(code)),
        rows_affected_(std::move(rows_affected)) {}
  std::string type_name() const override { return "AdapterResponse"; }
  std::string repr() override { return fmt::format("AdapterResponse(_message='{}')", message_); }
  std::string str() override { return message_; }
  std::optional<JValue> get_attr(jinja::Name name) override {
    if (name == "code") return code_;
    if (name == "rows_affected") return rows_affected_;
    if (name == "query_id") return JValue::none();
    return std::nullopt;
  }
  bool call_method(CallContext&, jinja::Name name, const Args&, JValue& result) override {
    if (name != "to_dict") return false;
    result = to_jinja(data());
    return true;
  }
  Value data() const {
    Value map = Value::map();
    map.set("_message", Value(message_));
    if (!code_.is_nothing()) map.set("code", from_jinja(code_));
    if (!rows_affected_.is_nothing()) map.set("rows_affected", from_jinja(rows_affected_));
    return map;
  }

 private:
  std::string message_;
  JValue code_;
  JValue rows_affected_;
};

/// adapter.behavior.some_flag: off unless the project's `flags` say otherwise. To ask for one that
/// is off is worth a warning, once a run.
class BehaviorFlag : public jinja::Object {
 public:
  BehaviorFlag(AdapterHost& host, std::string name, bool on)
      : host_(host), name_(std::move(name)), on_(on) {}
  std::string type_name() const override { return "BehaviorFlagRendered"; }
  bool truthy() override {
    if (!on_) warn();
    return on_;
  }
  std::optional<JValue> get_attr(jinja::Name attribute) override {
    if (attribute == "no_warn") return JValue(on_);
    if (attribute == "setting") return JValue(truthy());
    if (attribute == "name") return JValue(name_);
    return std::nullopt;
  }

 private:
  void warn() {
    if (!host_.warn || !host_.session.warehouse().first_warning("behavior flag " + name_)) return;
    const std::string text = "The behavior that `" + name_ + "` switches on is off";
    host_.warn({"BehaviorChangeEvent", text,
                warning_data({{"description", text},
                              {"flag_name", name_},
                              {"flag_source", "dbt.adapters.duckdb.impl"}})});
  }
  AdapterHost& host_;
  std::string name_;
  bool on_;
};

class BehaviorFlags : public jinja::Object {
 public:
  explicit BehaviorFlags(AdapterHost& host) : host_(host) {}
  std::string type_name() const override { return "Behavior"; }
  std::optional<JValue> get_attr(jinja::Name name) override {
    const std::string flag = name.string();
    if (flag != "require_batched_execution_for_custom_microbatch_strategy" &&
        flag != "enable_truthy_nulls_equals_macro") {
      raise_compilation_error("The flag " + flag + " has not been registered.");
    }
    const Value* set = host_.project_flags.find(flag);
    const bool on = set != nullptr && set->is_bool() && set->as_bool();
    return jinja::make_object<BehaviorFlag>(host_, flag, on);
  }

 private:
  AdapterHost& host_;
};

}  // namespace

std::optional<std::string> optional_text(const JValue& value) {
  if (value.is_nothing()) return std::nullopt;
  return value.to_str();
}

const Relation& relation_argument(const Args& args, std::size_t position, std::string_view name,
                                  std::string_view method) {
  const JValue* value = position < args.size() ? &args[position] : args.find(name);
  const Relation* relation = value == nullptr ? nullptr : as_relation(*value);
  if (relation == nullptr) {
    throw DbtError("Compilation Error",
                   fmt::format("'adapter.{}' expects argument '{}' to be of type '<class "
                               "'dbt.adapters.duckdb.relation.DuckDBRelation'>', instead got {}",
                               method, name, value == nullptr ? "None" : value->type_name()));
  }
  return *relation;
}

const std::unordered_map<std::string_view, AdapterObject::Method>& AdapterObject::methods() {
  using A = AdapterObject;
  static const std::unordered_map<std::string_view, Method> kMethods = {
      {"execute", &A::execute},
      {"add_query", &A::add_query},
      {"run_sql_for_tests", &A::run_sql_for_tests},
      {"commit", &A::commit},
      {"commit_if_has_connection", &A::commit},
      {"ensure_transaction", &A::ensure_transaction},
      {"disable_transactions", &A::disable_transactions},
      {"location_exists", &A::location_exists},
      {"get_relation", &A::get_relation_method},
      {"already_exists", &A::already_exists},
      {"list_relations", &A::list_relations},
      {"cache_added", &A::cache_added},
      {"cache_dropped", &A::cache_dropped},
      {"cache_renamed", &A::cache_renamed},
      {"drop_relation", &A::drop_relation},
      {"rename_relation", &A::rename_relation},
      {"truncate_relation", &A::truncate_relation},
      {"create_schema", &A::create_schema_method},
      {"drop_schema", &A::drop_schema},
      {"check_schema_exists", &A::check_schema_exists},
      {"get_columns_in_relation", &A::get_columns_in_relation},
      {"get_columns_in_table", &A::get_columns_in_table},
      {"get_missing_columns", &A::get_missing_columns},
      {"expand_target_column_types", &A::expand_target_column_types},
      {"get_column_schema_from_query", &A::get_column_schema_from_query},
      {"valid_snapshot_target", &A::valid_snapshot_target},
      {"assert_valid_snapshot_target_given_strategy", &A::assert_valid_snapshot_target},
      {"quote", &A::quote},
      {"quote_as_configured", &A::quote_as_configured},
      {"quote_seed_column", &A::quote_seed_column},
      {"escape_sql_string", &A::escape_sql_string},
      {"convert_type", &A::convert_type},
      {"convert_datetimes_to_strs", &A::convert_datetimes_to_strs},
      {"get_seed_file_path", &A::get_seed_file_path},
      {"get_binding_char", &A::get_binding_char},
      {"type", &A::type},
      {"dispatch", &A::dispatch},
      {"valid_incremental_strategies", &A::valid_incremental_strategies},
      {"get_incremental_strategy_macro", &A::get_incremental_strategy_macro},
      {"get_hard_deletes_behavior", &A::get_hard_deletes_behavior},
      {"standardize_grants_dict", &A::standardize_grants_dict},
      {"render_raw_columns_constraints", &A::render_raw_columns_constraints},
      {"render_raw_model_constraints", &A::render_raw_model_constraints},
      {"catalog_supports_foreign_keys", &A::catalog_supports_foreign_keys},
      {"existing_key_constraint_types", &A::existing_key_constraint_types},
      {"parse_index", &A::parse_index},
      {"is_ducklake", &A::is_ducklake},
      {"is_motherduck", &A::is_motherduck},
      {"use_ducklake_table_workarounds", &A::use_ducklake_table_workarounds},
      {"build_catalog_relation", &A::build_catalog_relation},
      {"batch_id_for_model", &A::batch_id_for_model},
      {"get_temp_relation_path", &A::get_temp_relation_path},
      {"external_root", &A::external_root},
      {"external_write_options", &A::external_write_options},
      {"external_read_location", &A::external_read_location},
      {"store_relation", &A::store_relation},
      {"warn_once", &A::warn_once},
      {"nice_connection_name", &A::nice_connection_name},
      {"debug_query", &A::debug_query},
  };
  return kMethods;
}

std::optional<JValue> AdapterObject::get_attr(jinja::Name name) {
  if (name == "behavior") return jinja::make_object<BehaviorFlags>(host_);
  if (name == "config") return JValue::dict({{"quoting", to_jinja(host_.project_quoting)}});
  if (name == "Relation") return relation_class(host_.project_quoting);
  if (name == "Column") return column_class();
  return std::nullopt;
}

std::span<const std::string_view> AdapterObject::method_names() const {
  static const std::vector<std::string_view> kNames = [] {
    std::vector<std::string_view> names;
    for (const auto& [name, method] : methods()) names.push_back(name);
    return names;
  }();
  return kNames;
}

bool AdapterObject::call_method(CallContext& context, jinja::Name name, const Args& args,
                                JValue& result) {
  const auto at = methods().find(name.view());
  if (at == methods().end()) return false;
  result = (this->*at->second)(context, args);
  return true;
}

// --- Queries and transactions --------------------------------------------------------------------

JValue AdapterObject::execute(CallContext&, const Args& args) {
  const std::string sql = argument(args, 0, "sql").to_str();
  const bool auto_begin = argument(args, 1, "auto_begin").truthy();
  const bool fetch = argument(args, 2, "fetch").truthy();
  const JValue limit = argument(args, 3, "limit");
  std::optional<std::size_t> max_rows;
  if (!fetch) max_rows = 0;
  if (fetch && limit.is_int() && limit.as_int() > 0) {
    max_rows = static_cast<std::size_t>(limit.as_int());
  }
  const Table table = host_.session.run(sql, auto_begin, max_rows);
  return JValue::tuple(
      {adapter_response("OK"), agate_value(fetch ? agate_from_result(table) : agate_empty())});
}

JValue AdapterObject::add_query(CallContext&, const Args& args) {
  const std::string sql = argument(args, 0, "sql").to_str();
  const JValue* given = args.size() > 1 ? &args[1] : args.find("auto_begin");
  const bool auto_begin = given == nullptr || given->truthy();
  const JValue bindings = argument(args, 2, "bindings");
  if (bindings.is_nothing()) {
    host_.session.run(sql, auto_begin, 0);
  } else {
    std::vector<std::optional<std::string>> parameters;
    for (const JValue& value : jinja::collect(bindings)) parameters.push_back(optional_text(value));
    host_.session.run_bound(sql, auto_begin, parameters);
  }
  return JValue::tuple({JValue::none(), JValue::none()});
}

JValue AdapterObject::run_sql_for_tests(CallContext&, const Args& args) {
  const Table table = host_.session.run(argument(args, 0, "sql").to_str(), false);
  const std::string fetch = argument(args, 1, "fetch").str_or("");
  JValue rows = JValue::list();
  for (const auto& row : table.rows) {
    std::vector<JValue> values;
    for (const Cell& cell : row) values.push_back(cell_value(cell));
    rows.append(JValue::tuple(std::move(values)));
  }
  if (fetch == "all") return rows;
  if (fetch == "one") return rows.length() == 0 ? JValue::none() : rows.items()[0];
  return JValue::none();
}

JValue AdapterObject::commit(CallContext&, const Args&) {
  host_.session.commit_if_open();
  return JValue("");
}

JValue AdapterObject::ensure_transaction(CallContext&, const Args&) {
  if (!host_.session.transaction_open()) host_.session.begin();
  return JValue::none();
}

JValue AdapterObject::disable_transactions(CallContext&, const Args&) {
  return JValue(host_.session.warehouse().disable_transactions());
}

JValue AdapterObject::location_exists(CallContext&, const Args& args) {
  try {
    host_.session.run(
        fmt::format("select 1 from '{}' where 1=0", argument(args, 0, "location").to_str()), false);
    return JValue(true);
  } catch (const DbtError&) {
    return JValue(false);
  }
}

JValue AdapterObject::debug_query(CallContext&, const Args&) {
  host_.session.run("select 1 as id", false);
  return JValue::none();
}

// --- Relations and schemas -----------------------------------------------------------------------

JValue AdapterObject::get_relation_method(CallContext&, const Args& args) {
  const auto schema = optional_text(argument(args, 1, "schema"));
  const auto identifier = optional_text(argument(args, 2, "identifier"));
  if (!schema || !identifier) return JValue::none();
  auto found =
      get_relation(host_, optional_text(argument(args, 0, "database")), *schema, *identifier);
  return found ? relation_value(std::move(*found)) : JValue::none();
}

JValue AdapterObject::already_exists(CallContext&, const Args& args) {
  if (host_.warn) {
    host_.warn({"AdapterDeprecationWarning",
                "adapter.already_exists() is deprecated: use adapter.get_relation()",
                warning_data({{"new_name", "get_relation"}, {"old_name", "already_exists"}})});
  }
  return JValue(get_relation(host_, host_.session.warehouse().options().database,
                             argument(args, 0, "schema").to_str(),
                             argument(args, 1, "name").to_str())
                    .has_value());
}

JValue AdapterObject::list_relations(CallContext&, const Args& args) {
  Relation schema;
  schema.database = optional_text(argument(args, 0, "database"));
  schema.schema = argument(args, 1, "schema").to_str();
  return execute_macro(host_, "list_relations_without_caching",
                       {{jinja::Name("schema_relation"), relation_value(schema)}});
}

JValue AdapterObject::cache_added(CallContext&, const Args& args) {
  host_.session.warehouse().cache().add(relation_argument(args, 0, "relation", "cache_added"));
  return JValue("");
}

JValue AdapterObject::cache_dropped(CallContext&, const Args& args) {
  host_.session.warehouse().cache().drop(relation_argument(args, 0, "relation", "cache_dropped"));
  return JValue("");
}

JValue AdapterObject::cache_renamed(CallContext&, const Args& args) {
  host_.session.warehouse().cache().rename(
      relation_argument(args, 0, "from_relation", "cache_renamed"),
      relation_argument(args, 1, "to_relation", "cache_renamed"));
  return JValue("");
}

JValue AdapterObject::drop_relation(CallContext&, const Args& args) {
  const Relation& relation = relation_argument(args, 0, "relation", "drop_relation");
  if (relation.type.empty()) {
    throw DbtError("Runtime Error", fmt::format("Tried to drop relation {}, but its type is null.",
                                                relation.to_text()));
  }
  host_.session.warehouse().cache().drop(relation);
  execute_macro(host_, "drop_relation", {{jinja::Name("relation"), relation_value(relation)}});
  return JValue::none();
}

JValue AdapterObject::rename_relation(CallContext&, const Args& args) {
  const Relation& from = relation_argument(args, 0, "from_relation", "rename_relation");
  const Relation& to = relation_argument(args, 1, "to_relation", "rename_relation");
  host_.session.warehouse().cache().rename(from, to);
  execute_macro(host_, "rename_relation",
                {{jinja::Name("from_relation"), relation_value(from)},
                 {jinja::Name("to_relation"), relation_value(to)}});
  return JValue::none();
}

JValue AdapterObject::truncate_relation(CallContext&, const Args& args) {
  execute_macro(host_, "truncate_relation",
                {{jinja::Name("relation"),
                  relation_value(relation_argument(args, 0, "relation", "truncate_relation"))}});
  return JValue::none();
}

JValue AdapterObject::create_schema_method(CallContext&, const Args& args) {
  create_schema(host_, relation_argument(args, 0, "relation", "create_schema"));
  return JValue::none();
}

JValue AdapterObject::drop_schema(CallContext&, const Args& args) {
  const Relation schema =
      relation_argument(args, 0, "relation", "drop_schema").without_identifier();
  execute_macro(host_, "drop_schema", {{jinja::Name("relation"), relation_value(schema)}});
  host_.session.commit_if_open();
  host_.session.warehouse().cache().drop_schema(schema.database, schema.schema.value_or(""));
  return JValue::none();
}

JValue AdapterObject::check_schema_exists(CallContext&, const Args& args) {
  Relation information_schema;
  information_schema.information_schema = true;
  information_schema.database = optional_text(argument(args, 0, "database"));
  information_schema.identifier = "INFORMATION_SCHEMA";
  information_schema.include.schema = false;
  information_schema.quote.identifier = false;
  const JValue result =
      execute_macro(host_, "check_schema_exists",
                    {{jinja::Name("information_schema"), relation_value(information_schema)},
                     {jinja::Name("schema"), argument(args, 1, "schema")}});
  const auto* table = result.as<AgateTable>();
  return JValue(table != nullptr && !table->data()->rows.empty() &&
                JValue(0).less(table->data()->rows[0][0]));
}

namespace {

/// Takes the render host away from an interpreter while it lives.
class HostlessScope {
 public:
  explicit HostlessScope(jinja::Interp& interp) : interp_(interp), saved_(interp.host) {
    interp_.host = nullptr;
  }
  HostlessScope(const HostlessScope&) = delete;
  HostlessScope& operator=(const HostlessScope&) = delete;
  ~HostlessScope() { interp_.host = saved_; }

 private:
  jinja::Interp& interp_;
  void* saved_;
};

}  // namespace

// --- What the runtime calls ----------------------------------------------------------------------

JValue adapter_response(std::string message, JValue code, JValue rows_affected) {
  return jinja::make_object<AdapterResponse>(std::move(message), std::move(code),
                                             std::move(rows_affected));
}

Value adapter_response_data(const JValue& response) {
  const auto* object = response.as<AdapterResponse>();
  return object == nullptr ? Value::map() : object->data();
}

JValue make_adapter(AdapterHost& host, std::string package) {
  return jinja::make_object<AdapterObject>(host, std::move(package));
}

JValue execute_macro(AdapterHost& host, std::string_view name,
                     std::vector<std::pair<jinja::Name, JValue>> arguments) {
  const auto macro = host.operations->lookup(jinja::Name(name));
  if (!macro) {
    throw DbtError(
        "Runtime Error",
        fmt::format("dbt could not find a macro with the name \"{}\" in any package", name));
  }
  Args args;
  args.keyword = std::move(arguments);
  // What the adapter's macros call are no dependencies of the running node.
  const HostlessScope hostless(host.interp);
  return host.interp.call(*macro, args, host.operations);
}

void fill_cache(AdapterHost& host, const Relation& schema) {
  const JValue listed = execute_macro(
      host, "list_relations_without_caching",
      {{jinja::Name("schema_relation"), relation_value(schema.without_identifier())}});
  RelationsCache& cache = host.session.warehouse().cache();
  cache.add_schema(schema.database, schema.schema.value_or(""));
  const auto* table = listed.as<AgateTable>();
  if (table == nullptr) return;
  for (const auto& row : table->data()->rows) {
    if (row.size() < 4) continue;
    Relation relation;
    relation.database = optional_text(row[0]);
    relation.identifier = optional_text(row[1]);
    relation.schema = optional_text(row[2]);
    const std::string type = row[3].str_or("external");
    relation.type = type == "table" || type == "view" ? type : "external";
    cache.add(relation);
  }
}

namespace {

std::optional<Relation> look_up(AdapterHost& host, const std::optional<std::string>& database,
                                const std::string& schema, const std::string& identifier) {
  RelationsCache& cache = host.session.warehouse().cache();
  if (!cache.has_schema(database, schema)) {
    Relation wanted;
    wanted.database = database;
    wanted.schema = schema;
    wanted.quote = policy_from(host.project_quoting);
    fill_cache(host, wanted);
  }
  auto found = cache.find(database, schema, identifier);
  if (!found) return std::nullopt;
  const RelationPolicy policy = policy_from(host.project_quoting);
  const auto exact = [&](const std::optional<std::string>& part, const std::string& wanted,
                         bool quoted, bool part_quoted) {
    const std::string asked = quoted ? wanted : to_lower(wanted);
    if (found->dbt_created && !part_quoted) return to_lower(part.value_or("")) == to_lower(asked);
    return part == asked;
  };
  const bool same =
      exact(found->identifier, identifier, policy.identifier, found->quote.identifier) &&
      exact(found->schema, schema, policy.schema, found->quote.schema) &&
      (!database || exact(found->database, *database, policy.database, found->quote.database));
  if (same) return found;
  Relation target;
  target.database = database;
  target.schema = schema;
  target.identifier = identifier;
  throw DbtError(
      "Compilation Error",
      fmt::format("When searching for a relation, dbt found an approximate match. Instead "
                  "of guessing \nwhich relation to use, dbt will move on. Please delete "
                  "{}, or rename it to be less ambiguous.\nSearched for: {}\nFound: {}",
                  found->render(), target.render(), found->render()));
}

}  // namespace

std::optional<Relation> get_relation(AdapterHost& host, const std::optional<std::string>& database,
                                     const std::string& schema, const std::string& identifier) {
  if (host.lookup_begins) host.lookup_begins();
  auto found = look_up(host, database, schema, identifier);
  if (host.lookup_ends) {
    Relation wanted;
    wanted.database = database;
    wanted.schema = schema;
    wanted.identifier = identifier;
    host.lookup_ends(wanted, found.has_value());
  }
  return found;
}

void create_schema(AdapterHost& host, const Relation& relation) {
  execute_macro(host, "create_schema",
                {{jinja::Name("relation"), relation_value(relation.without_identifier())}});
  host.session.commit_if_open();
}

}  // namespace floe::dbt
