// SPDX-License-Identifier: Apache-2.0
#include "dbt/adapter/adapter.h"

#include "base/hash.h"
#include "base/text.h"
#include "dbt/adapter/agate.h"
#include "dbt/adapter/call_args.h"
#include "dbt/adapter/column.h"
#include "dbt/adapter/constraints.h"
#include "dbt/adapter/decimal.h"
#include "dbt/adapter/external.h"
#include "dbt/context/convert.h"
#include "dbt/context/macros.h"

#include <fmt/format.h>

#include <unordered_map>

namespace floe::dbt {

namespace {

using jinja::Args;
using jinja::CallContext;
using JValue = jinja::Value;

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

/// adapter.behavior.some_flag: all of them are off on DuckDB.
class BehaviorFlags : public jinja::Object {
 public:
  std::string type_name() const override { return "Behavior"; }
  std::optional<JValue> get_attr(jinja::Name) override {
    return JValue::dict({{"setting", JValue(false)}, {"no_warn", JValue(false)}});
  }
};

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

/// The adapter object: methods are looked up by name in one table.
class AdapterObject : public jinja::Object {
 public:
  AdapterObject(AdapterHost& host, std::string package)
      : host_(host), package_(std::move(package)) {}
  std::string type_name() const override { return "RuntimeDatabaseWrapper"; }
  std::optional<JValue> get_attr(jinja::Name name) override;
  bool call_method(CallContext& context, jinja::Name name, const Args& args,
                   JValue& result) override;

 private:
  using Method = JValue (AdapterObject::*)(CallContext&, const Args&);
  static const std::unordered_map<std::string_view, Method>& methods();

  // Queries and transactions.
  JValue execute(CallContext&, const Args& args);
  JValue add_query(CallContext&, const Args& args);
  JValue run_sql_for_tests(CallContext&, const Args& args);
  JValue commit(CallContext&, const Args&);
  JValue ensure_transaction(CallContext&, const Args&);
  JValue disable_transactions(CallContext&, const Args&);
  JValue location_exists(CallContext&, const Args& args);

  // Relations and schemas.
  JValue get_relation_method(CallContext&, const Args& args);
  JValue already_exists(CallContext&, const Args& args);
  JValue list_relations(CallContext&, const Args& args);
  JValue cache_added(CallContext&, const Args& args);
  JValue cache_dropped(CallContext&, const Args& args);
  JValue cache_renamed(CallContext&, const Args& args);
  JValue drop_relation(CallContext&, const Args& args);
  JValue rename_relation(CallContext&, const Args& args);
  JValue truncate_relation(CallContext&, const Args& args);
  JValue create_schema_method(CallContext&, const Args& args);
  JValue drop_schema(CallContext&, const Args& args);
  JValue check_schema_exists(CallContext&, const Args& args);

  // Columns.
  JValue get_columns_in_relation(CallContext&, const Args& args);
  JValue get_columns_in_table(CallContext&, const Args& args);
  JValue get_missing_columns(CallContext&, const Args& args);
  JValue expand_target_column_types(CallContext&, const Args& args);
  JValue get_column_schema_from_query(CallContext&, const Args& args);
  JValue valid_snapshot_target(CallContext&, const Args& args);
  JValue assert_valid_snapshot_target(CallContext&, const Args& args);

  // Names and types.
  JValue quote(CallContext&, const Args& args);
  JValue quote_as_configured(CallContext&, const Args& args);
  JValue quote_seed_column(CallContext&, const Args& args);
  JValue escape_sql_string(CallContext&, const Args& args);
  JValue convert_type(CallContext&, const Args& args);
  JValue convert_datetimes_to_strs(CallContext&, const Args& args);
  JValue get_seed_file_path(CallContext&, const Args& args);
  JValue get_binding_char(CallContext&, const Args&) { return JValue("?"); }
  JValue type(CallContext&, const Args&) { return JValue(host_.dbt->adapter_type); }

  // Strategies, constraints, the rest.
  JValue dispatch(CallContext&, const Args& args);
  JValue valid_incremental_strategies(CallContext&, const Args&);
  JValue get_incremental_strategy_macro(CallContext&, const Args& args);
  JValue get_hard_deletes_behavior(CallContext&, const Args& args);
  JValue standardize_grants_dict(CallContext&, const Args& args);
  JValue render_raw_columns_constraints(CallContext&, const Args& args);
  JValue render_raw_model_constraints(CallContext&, const Args& args);
  JValue catalog_supports_foreign_keys(CallContext&, const Args& args);
  JValue existing_key_constraint_types(CallContext&, const Args& args);
  JValue parse_index(CallContext&, const Args& args);
  JValue is_ducklake(CallContext&, const Args& args);
  JValue is_motherduck(CallContext&, const Args&) { return JValue(false); }
  JValue use_ducklake_table_workarounds(CallContext&, const Args&) { return JValue(false); }
  JValue build_catalog_relation(CallContext&, const Args&) { return JValue::none(); }
  JValue batch_id_for_model(CallContext&, const Args& args);
  JValue get_temp_relation_path(CallContext&, const Args& args);
  JValue external_root(CallContext&, const Args&);
  JValue external_write_options(CallContext&, const Args& args);
  JValue external_read_location(CallContext&, const Args& args);
  JValue store_relation(CallContext&, const Args& args);
  JValue warn_once(CallContext&, const Args& args);
  JValue nice_connection_name(CallContext&, const Args&) { return JValue("master"); }
  JValue debug_query(CallContext&, const Args&);

  std::vector<RelationColumn> columns_of(const JValue& relation);
  std::vector<JValue> column_objects(const Relation& relation);

  AdapterHost& host_;
  std::string package_;
};

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
  if (name == "behavior") return jinja::make_object<BehaviorFlags>();
  if (name == "config") return JValue::dict({{"quoting", to_jinja(host_.project_quoting)}});
  if (name == "Relation") return relation_class(host_.project_quoting);
  if (name == "Column") return column_class();
  // A method as a value ({% set f = adapter.quote %}).
  if (!methods().contains(name.view())) return std::nullopt;
  const JValue self = [this] {
    refs.fetch_add(1, std::memory_order_relaxed);
    return JValue::object(this);
  }();
  return jinja::native(name.string(), [self, name](CallContext& context, const Args& args) {
    JValue result;
    self.as_object()->call_method(context, name, args, result);
    return result;
  });
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

// --- Columns -------------------------------------------------------------------------------------

std::vector<JValue> AdapterObject::column_objects(const Relation& relation) {
  try {
    return jinja::collect(execute_macro(host_, "get_columns_in_relation",
                                        {{jinja::Name("relation"), relation_value(relation)}}));
  } catch (const DbtError& error) {
    if (floe::contains(to_lower(error.message), "does not exist")) return {};
    throw;
  }
}

std::vector<RelationColumn> AdapterObject::columns_of(const JValue& relation) {
  std::vector<RelationColumn> columns;
  for (const JValue& value : column_objects(*as_relation(relation))) {
    if (const auto* column = value.as<ColumnObject>()) columns.push_back(column->column());
  }
  return columns;
}

JValue AdapterObject::get_columns_in_relation(CallContext&, const Args& args) {
  return JValue::list(
      column_objects(relation_argument(args, 0, "relation", "get_columns_in_relation")));
}

JValue AdapterObject::get_columns_in_table(CallContext&, const Args& args) {
  Relation relation;
  relation.database = host_.session.warehouse().options().database;
  relation.schema = argument(args, 0, "schema").to_str();
  relation.identifier = argument(args, 1, "identifier").to_str();
  relation.quote = policy_from(host_.project_quoting);
  return JValue::list(column_objects(relation));
}

JValue AdapterObject::get_missing_columns(CallContext&, const Args& args) {
  const Relation& from = relation_argument(args, 0, "from_relation", "get_missing_columns");
  const Relation& to = relation_argument(args, 1, "to_relation", "get_missing_columns");
  std::vector<RelationColumn> existing = columns_of(relation_value(to));
  JValue missing = JValue::list();
  for (RelationColumn& column : columns_of(relation_value(from))) {
    const bool known = std::any_of(existing.begin(), existing.end(),
                                   [&](const RelationColumn& c) { return c.name == column.name; });
    if (!known) missing.append(column_value(std::move(column)));
  }
  return missing;
}

JValue AdapterObject::expand_target_column_types(CallContext&, const Args& args) {
  // DuckDB's VARCHAR has no length: there is never anything to expand.
  relation_argument(args, 0, "from_relation", "expand_target_column_types");
  relation_argument(args, 1, "to_relation", "expand_target_column_types");
  return JValue::none();
}

JValue AdapterObject::get_column_schema_from_query(CallContext&, const Args& args) {
  const Table table =
      host_.session.run(fmt::format("DESCRIBE ({})", argument(args, 0, "sql").to_str()), false);
  JValue list = JValue::list();
  for (const auto& row : table.rows) {
    const RelationColumn column{row[0].to_text(), row[1].to_text(), {}, {}, {}};
    for (RelationColumn& leaf : column.flatten()) list.append(column_value(std::move(leaf)));
  }
  return list;
}

JValue AdapterObject::valid_snapshot_target(CallContext&, const Args& args) {
  const Relation& relation = relation_argument(args, 0, "relation", "valid_snapshot_target");
  const JValue names = argument(args, 1, "column_names");
  std::set<std::string> existing;
  for (const RelationColumn& column : columns_of(relation_value(relation))) {
    existing.insert(to_lower(column.name));
  }
  std::vector<std::string> missing;
  for (const char* column : {"dbt_scd_id", "dbt_valid_from", "dbt_valid_to"}) {
    const std::string wanted = names.is_dict() ? names.get(column).str_or("") : column;
    if (!wanted.empty() && !existing.contains(to_lower(wanted))) missing.push_back(wanted);
  }
  if (!missing.empty()) {
    throw DbtError(
        "Compilation Error",
        fmt::format("Snapshot target is missing configured columns (missing \"{}\"). See "
                    "https://docs.getdbt.com/docs/build/snapshots#snapshot-meta-fields for "
                    "more information.",
                    join(missing, "\", \"")));
  }
  return JValue::none();
}

JValue AdapterObject::assert_valid_snapshot_target(CallContext& context, const Args& args) {
  valid_snapshot_target(context, args);
  const Relation& relation =
      relation_argument(args, 0, "relation", "assert_valid_snapshot_target_given_strategy");
  const JValue names = argument(args, 1, "column_names");
  const JValue strategy = argument(args, 2, "strategy");
  if (!strategy.is_dict() || strategy.get("hard_deletes").str_or("") != "new_record") {
    return JValue::none();
  }
  const std::string wanted =
      names.is_dict() ? names.get("dbt_is_deleted").str_or("dbt_is_deleted") : "dbt_is_deleted";
  for (const RelationColumn& column : columns_of(relation_value(relation))) {
    if (to_lower(column.name) == wanted) return JValue::none();
  }
  throw DbtError(
      "Compilation Error",
      fmt::format("Snapshot target is missing configured columns (missing \"{}\"). See "
                  "https://docs.getdbt.com/docs/build/snapshots#snapshot-meta-fields for "
                  "more information.",
                  wanted));
}

// --- Names and types -----------------------------------------------------------------------------

JValue AdapterObject::quote(CallContext&, const Args& args) {
  return JValue("\"" + argument(args, 0, "identifier").to_str() + "\"");
}

JValue AdapterObject::quote_as_configured(CallContext&, const Args& args) {
  const std::string identifier = argument(args, 0, "identifier").to_str();
  const std::string key = argument(args, 1, "quote_key").to_str();
  const RelationPolicy policy = policy_from(host_.project_quoting);
  const bool quoted = (key == "database" && policy.database) ||
                      (key == "schema" && policy.schema) ||
                      (key == "identifier" && policy.identifier);
  return JValue(quoted ? "\"" + identifier + "\"" : identifier);
}

JValue AdapterObject::quote_seed_column(CallContext&, const Args& args) {
  const std::string column = argument(args, 0, "column").to_str();
  const JValue config = argument(args, 1, "quote_config");
  if (!config.is_bool() && !config.is_nothing()) {
    throw DbtError("Compilation Error",
                   fmt::format("The seed configuration value of \"quote_columns\" has an invalid "
                               "type {}",
                               config.type_name()));
  }
  return JValue(config.is_bool() && !config.as_bool() ? column : "\"" + column + "\"");
}

JValue AdapterObject::escape_sql_string(CallContext&, const Args& args) {
  return JValue(replace_all(argument(args, 0, "value").to_str(), "'", "''"));
}

JValue AdapterObject::convert_type(CallContext&, const Args& args) {
  const JValue value = argument(args, 0, "agate_table");
  const auto* table = value.as<AgateTable>();
  const JValue index = argument(args, 1, "col_idx");
  if (table == nullptr || !index.is_int()) return JValue::none();
  return JValue(agate_sql_type(*table->data(), static_cast<std::size_t>(index.as_int())));
}

JValue AdapterObject::convert_datetimes_to_strs(CallContext&, const Args& args) {
  const JValue value = argument(args, 0, "table");
  const auto* table = value.as<AgateTable>();
  if (table == nullptr) return value;
  auto copy = std::make_shared<AgateData>(*table->data());
  for (std::size_t i = 0; i < copy->column_types.size(); ++i) {
    AgateType& type = copy->column_types[i];
    if (type != AgateType::kDateTime && type != AgateType::kIsoDateTime) continue;
    type = AgateType::kText;
    for (auto& row : copy->rows) {
      // agate computes str(None) as well.
      row[i] = JValue(row[i].to_str());
    }
  }
  return agate_value(std::move(copy));
}

JValue AdapterObject::get_seed_file_path(CallContext&, const Args& args) {
  const JValue model = argument(args, 0, "model");
  const fs::path root(model.get("root_path").str_or(""));
  return JValue((root / model.get("original_file_path").str_or("")).string());
}

// --- Strategies, constraints, the rest -----------------------------------------------------------

JValue AdapterObject::dispatch(CallContext&, const Args& args) {
  const JValue name = argument(args, 0, "macro_name");
  const JValue space = argument(args, 1, "macro_namespace");
  if (!space.is_nothing() && !space.is_str()) {
    throw DbtError("Compilation Error",
                   fmt::format("In adapter.dispatch, got a list macro_namespace argument "
                               "(\"{}\"), but macro_namespace should be None or a string.",
                               space.to_str()));
  }
  return host_.dbt->macros->dispatch(package_, name.to_str(), optional_text(space));
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
  if (!raw.get("columns").is_list()) {
    throw DbtError("Compilation Error",
                   "Could not parse index config: 'columns' is a required "
                   "property");
  }
  std::vector<std::string> columns;
  for (const JValue& column : raw.get("columns").items()) columns.push_back(column.to_str());
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
  if (host_.session.warehouse().first_warning(text) && host_.warn) host_.warn(text);
  return JValue::none();
}

}  // namespace

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

std::optional<Relation> get_relation(AdapterHost& host, const std::optional<std::string>& database,
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

void create_schema(AdapterHost& host, const Relation& relation) {
  execute_macro(host, "create_schema",
                {{jinja::Name("relation"), relation_value(relation.without_identifier())}});
  host.session.commit_if_open();
}

}  // namespace floe::dbt
