// SPDX-License-Identifier: Apache-2.0
// The class behind `adapter` (internal to the adapter).
#pragma once

#include "dbt/adapter/adapter.h"
#include "dbt/adapter/column.h"
#include "dbt/jinja/object.h"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace floe::dbt {

/// The adapter object: methods are looked up by name in one table.
class AdapterObject : public jinja::Object {
 public:
  AdapterObject(AdapterHost& host, std::string package)
      : host_(host), package_(std::move(package)) {}
  std::string type_name() const override { return "RuntimeDatabaseWrapper"; }
  std::optional<jinja::Value> get_attr(jinja::Name name) override;
  std::span<const std::string_view> method_names() const override;
  bool call_method(jinja::CallContext& context, jinja::Name name, const jinja::Args& args,
                   jinja::Value& result) override;

 private:
  using Method = jinja::Value (AdapterObject::*)(jinja::CallContext&, const jinja::Args&);
  static const std::unordered_map<std::string_view, Method>& methods();

  // Queries and transactions.
  jinja::Value execute(jinja::CallContext&, const jinja::Args& args);
  jinja::Value add_query(jinja::CallContext&, const jinja::Args& args);
  jinja::Value run_sql_for_tests(jinja::CallContext&, const jinja::Args& args);
  jinja::Value commit(jinja::CallContext&, const jinja::Args&);
  jinja::Value ensure_transaction(jinja::CallContext&, const jinja::Args&);
  jinja::Value disable_transactions(jinja::CallContext&, const jinja::Args&);
  jinja::Value location_exists(jinja::CallContext&, const jinja::Args& args);

  // Relations and schemas.
  jinja::Value get_relation_method(jinja::CallContext&, const jinja::Args& args);
  jinja::Value already_exists(jinja::CallContext&, const jinja::Args& args);
  jinja::Value list_relations(jinja::CallContext&, const jinja::Args& args);
  jinja::Value cache_added(jinja::CallContext&, const jinja::Args& args);
  jinja::Value cache_dropped(jinja::CallContext&, const jinja::Args& args);
  jinja::Value cache_renamed(jinja::CallContext&, const jinja::Args& args);
  jinja::Value drop_relation(jinja::CallContext&, const jinja::Args& args);
  jinja::Value rename_relation(jinja::CallContext&, const jinja::Args& args);
  jinja::Value truncate_relation(jinja::CallContext&, const jinja::Args& args);
  jinja::Value create_schema_method(jinja::CallContext&, const jinja::Args& args);
  jinja::Value drop_schema(jinja::CallContext&, const jinja::Args& args);
  jinja::Value check_schema_exists(jinja::CallContext&, const jinja::Args& args);

  // Columns.
  jinja::Value get_columns_in_relation(jinja::CallContext&, const jinja::Args& args);
  jinja::Value get_columns_in_table(jinja::CallContext&, const jinja::Args& args);
  jinja::Value get_missing_columns(jinja::CallContext&, const jinja::Args& args);
  jinja::Value expand_target_column_types(jinja::CallContext&, const jinja::Args& args);
  jinja::Value get_column_schema_from_query(jinja::CallContext&, const jinja::Args& args);
  jinja::Value valid_snapshot_target(jinja::CallContext&, const jinja::Args& args);
  jinja::Value assert_valid_snapshot_target(jinja::CallContext&, const jinja::Args& args);

  // Names and types.
  jinja::Value quote(jinja::CallContext&, const jinja::Args& args);
  jinja::Value quote_as_configured(jinja::CallContext&, const jinja::Args& args);
  jinja::Value quote_seed_column(jinja::CallContext&, const jinja::Args& args);
  jinja::Value escape_sql_string(jinja::CallContext&, const jinja::Args& args);
  jinja::Value convert_type(jinja::CallContext&, const jinja::Args& args);
  jinja::Value convert_datetimes_to_strs(jinja::CallContext&, const jinja::Args& args);
  jinja::Value get_seed_file_path(jinja::CallContext&, const jinja::Args& args);
  jinja::Value get_binding_char(jinja::CallContext&, const jinja::Args&) {
    return jinja::Value("?");
  }
  jinja::Value type(jinja::CallContext&, const jinja::Args&) {
    return jinja::Value(host_.dbt->adapter_type);
  }

  // Strategies, constraints, the rest.
  jinja::Value dispatch(jinja::CallContext&, const jinja::Args& args);
  jinja::Value valid_incremental_strategies(jinja::CallContext&, const jinja::Args&);
  jinja::Value get_incremental_strategy_macro(jinja::CallContext&, const jinja::Args& args);
  jinja::Value get_hard_deletes_behavior(jinja::CallContext&, const jinja::Args& args);
  jinja::Value standardize_grants_dict(jinja::CallContext&, const jinja::Args& args);
  jinja::Value render_raw_columns_constraints(jinja::CallContext&, const jinja::Args& args);
  jinja::Value render_raw_model_constraints(jinja::CallContext&, const jinja::Args& args);
  jinja::Value catalog_supports_foreign_keys(jinja::CallContext&, const jinja::Args& args);
  jinja::Value existing_key_constraint_types(jinja::CallContext&, const jinja::Args& args);
  jinja::Value parse_index(jinja::CallContext&, const jinja::Args& args);
  jinja::Value is_ducklake(jinja::CallContext&, const jinja::Args& args);
  jinja::Value is_motherduck(jinja::CallContext&, const jinja::Args&) {
    return jinja::Value(false);
  }
  jinja::Value use_ducklake_table_workarounds(jinja::CallContext&, const jinja::Args&) {
    return jinja::Value(false);
  }
  jinja::Value build_catalog_relation(jinja::CallContext&, const jinja::Args&) {
    return jinja::Value::none();
  }
  jinja::Value batch_id_for_model(jinja::CallContext&, const jinja::Args& args);
  jinja::Value get_temp_relation_path(jinja::CallContext&, const jinja::Args& args);
  jinja::Value external_root(jinja::CallContext&, const jinja::Args&);
  jinja::Value external_write_options(jinja::CallContext&, const jinja::Args& args);
  jinja::Value external_read_location(jinja::CallContext&, const jinja::Args& args);
  jinja::Value store_relation(jinja::CallContext&, const jinja::Args& args);
  jinja::Value warn_once(jinja::CallContext&, const jinja::Args& args);
  jinja::Value nice_connection_name(jinja::CallContext&, const jinja::Args&) {
    return jinja::Value("master");
  }
  jinja::Value debug_query(jinja::CallContext&, const jinja::Args&);

  std::vector<RelationColumn> columns_of(const jinja::Value& relation);
  jinja::Value columns_by_macro(const Relation& relation);
  std::vector<jinja::Value> column_objects(const Relation& relation);

  AdapterHost& host_;
  std::string package_;
};

/// The text of a value, nothing for None.
std::optional<std::string> optional_text(const jinja::Value& value);
/// A relation among the arguments; DbtError when it is something else.
const Relation& relation_argument(const jinja::Args& args, std::size_t position,
                                  std::string_view name, std::string_view method);

}  // namespace floe::dbt
