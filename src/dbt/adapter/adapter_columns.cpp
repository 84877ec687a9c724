// SPDX-License-Identifier: Apache-2.0
// The adapter's methods on columns, names and types.
#include "base/files.h"
#include "base/text.h"
#include "dbt/adapter/adapter_object.h"
#include "dbt/adapter/agate.h"
#include "dbt/adapter/call_args.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace floe::dbt {

using jinja::Args;
using jinja::CallContext;
using JValue = jinja::Value;

// --- Columns -------------------------------------------------------------------------------------

JValue AdapterObject::columns_by_macro(const Relation& relation) {
  try {
    return execute_macro(host_, "get_columns_in_relation",
                         {{jinja::Name("relation"), relation_value(relation)}});
  } catch (const DbtError& error) {
    if (floe::contains(to_lower(error.message), "does not exist")) return JValue::list();
    throw;
  }
}

std::vector<JValue> AdapterObject::column_objects(const Relation& relation) {
  return jinja::collect(columns_by_macro(relation));
}

std::vector<RelationColumn> AdapterObject::columns_of(const JValue& relation) {
  std::vector<RelationColumn> columns;
  for (const JValue& value : column_objects(*as_relation(relation))) {
    if (const auto* column = value.as<ColumnObject>()) columns.push_back(column->column());
  }
  return columns;
}

JValue AdapterObject::get_columns_in_relation(CallContext&, const Args& args) {
  // A project's own macro may give anything.
  return columns_by_macro(relation_argument(args, 0, "relation", "get_columns_in_relation"));
}

JValue AdapterObject::get_columns_in_table(CallContext&, const Args& args) {
  if (host_.warn) {
    host_.warn({"AdapterDeprecationWarning",
                "adapter.get_columns_in_table() is deprecated: use "
                "adapter.get_columns_in_relation()",
                warning_data({{"new_name", "get_columns_in_relation"},
                              {"old_name", "get_columns_in_table"}})});
  }
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

}  // namespace floe::dbt
