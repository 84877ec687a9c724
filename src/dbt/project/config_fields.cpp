// SPDX-License-Identifier: Apache-2.0
// The keys of each resource type's config: one declaration for each of dbt's config classes.
#include "dbt/project/config.h"
#include "dbt/project/config_shapes.h"

#include <array>

namespace floe::dbt {

namespace {

using Fields = std::vector<ConfigField>;

Value docs_default() {
  Value docs = Value::map();
  docs.set("show", true);
  docs.set("node_color", nullptr);
  return docs;
}

Value contract_default() {
  Value contract = Value::map();
  contract.set("enforced", false);
  contract.set("alias_types", true);
  return contract;
}

Value null_map(std::initializer_list<const char*> keys) {
  Value map = Value::map();
  for (const char* key : keys) map.set(key, nullptr);
  return map;
}

Value freshness_default() {
  Value freshness = Value::map();
  freshness.set("warn_after", null_map({"count", "period"}));
  freshness.set("error_after", null_map({"count", "period"}));
  freshness.set("filter", nullptr);
  return freshness;
}

void add(Fields& fields, std::string_view name, const Shape& shape, Value fallback,
         ConfigMerge merge = ConfigMerge::kClobber) {
  for (ConfigField& field : fields) {
    if (field.name == name) {
      field.fallback = std::move(fallback);
      return;
    }
  }
  fields.push_back({name, &shape, merge, std::move(fallback)});
}

Fields node_and_test_fields() {
  Fields fields;
  add(fields, "enabled", kBoolean, true);
  add(fields, "alias", kOptionalText, nullptr);
  add(fields, "schema", kOptionalText, nullptr);
  add(fields, "database", kOptionalText, nullptr);
  add(fields, "tags", kTextOrTexts, Value::list(), ConfigMerge::kAppend);
  add(fields, "meta", kDict, Value::map(), ConfigMerge::kUpdate);
  add(fields, "group", kOptionalText, nullptr);
  add(fields, "static_analysis", kOptionalText, nullptr);
  return fields;
}

Fields node_fields() {
  Fields fields = node_and_test_fields();
  add(fields, "materialized", kText, "view");
  add(fields, "incremental_strategy", kOptionalText, nullptr);
  add(fields, "batch_size", kAny, nullptr);
  add(fields, "lookback", kAny, 1);
  add(fields, "begin", kAny, nullptr);
  add(fields, "persist_docs", kDict, Value::map());
  add(fields, "post-hook", kHooksShape, Value::list(), ConfigMerge::kAppend);
  add(fields, "pre-hook", kHooksShape, Value::list(), ConfigMerge::kAppend);
  add(fields, "quoting", kDict, Value::map(), ConfigMerge::kUpdate);
  add(fields, "column_types", kDict, Value::map(), ConfigMerge::kUpdate);
  add(fields, "full_refresh", kOptionalBoolean, nullptr);
  add(fields, "unique_key", kOptionalTextOrTexts, nullptr);
  add(fields, "on_schema_change", kOptionalText, "ignore");
  add(fields, "on_configuration_change", kConfigurationChangeShape, "apply");
  add(fields, "grants", kDict, Value::map(), ConfigMerge::kDictKeyAppend);
  add(fields, "packages", kTexts, Value::list(), ConfigMerge::kAppend);
  add(fields, "docs", kDocsShape, docs_default(), ConfigMerge::kUpdate);
  add(fields, "contract", kContractShape, contract_default(), ConfigMerge::kUpdate);
  add(fields, "event_time", kAny, nullptr);
  add(fields, "concurrent_batches", kAny, nullptr);
  return fields;
}

Fields model_fields() {
  Fields fields = node_fields();
  add(fields, "access", kAccessShape, "protected");
  add(fields, "freshness", kModelFreshnessShape, nullptr);
  add(fields, "on_error", kOnErrorShape, nullptr);
  add(fields, "latest_version_pointer", kPointerShape, null_map({"enabled", "alias"}),
      ConfigMerge::kUpdate);
  return fields;
}

Fields seed_fields() {
  Fields fields = node_fields();
  add(fields, "materialized", kText, "seed");
  add(fields, "delimiter", kText, ",");
  add(fields, "quote_columns", kOptionalBoolean, nullptr);
  return fields;
}

Fields snapshot_fields() {
  Fields fields = node_fields();
  add(fields, "materialized", kText, "snapshot");
  add(fields, "strategy", kOptionalText, nullptr);
  add(fields, "target_schema", kOptionalText, nullptr);
  add(fields, "target_database", kOptionalText, nullptr);
  add(fields, "updated_at", kOptionalText, nullptr);
  add(fields, "check_cols", kOptionalTextOrTexts, nullptr);
  add(fields, "snapshot_meta_column_names", kSnapshotColumnsShape,
      null_map(
          {"dbt_valid_to", "dbt_valid_from", "dbt_scd_id", "dbt_updated_at", "dbt_is_deleted"}));
  add(fields, "dbt_valid_to_current", kOptionalText, nullptr);
  return fields;
}

Fields test_fields() {
  Fields fields = node_and_test_fields();
  add(fields, "schema", kOptionalText, "dbt_test__audit");
  add(fields, "materialized", kText, "test");
  add(fields, "severity", kSeverityShape, "ERROR");
  add(fields, "store_failures", kOptionalBoolean, nullptr);
  add(fields, "store_failures_as", kOptionalText, nullptr);
  add(fields, "sql_header", kAny, nullptr);
  add(fields, "where", kOptionalText, nullptr);
  add(fields, "limit", kOptionalInteger, nullptr);
  add(fields, "fail_calc", kText, "count(*)");
  add(fields, "warn_if", kText, "!= 0");
  add(fields, "error_if", kText, "!= 0");
  return fields;
}

Fields source_fields() {
  Fields fields;
  add(fields, "enabled", kBoolean, true);
  add(fields, "event_time", kAny, nullptr);
  add(fields, "freshness", kSourceFreshnessShape, freshness_default());
  add(fields, "loaded_at_field", kOptionalText, nullptr);
  add(fields, "loaded_at_query", kOptionalText, nullptr);
  add(fields, "meta", kDict, Value::map(), ConfigMerge::kUpdate);
  add(fields, "tags", kTexts, Value::list());
  add(fields, "static_analysis", kOptionalText, nullptr);
  return fields;
}

Fields small_fields(ResourceType type) {
  Fields fields;
  if (type == ResourceType::kUnitTest) {
    add(fields, "tags", kTextOrTexts, Value::list(), ConfigMerge::kAppend);
    add(fields, "meta", kDict, Value::map(), ConfigMerge::kUpdate);
    add(fields, "enabled", kBoolean, true);
    add(fields, "static_analysis", kOptionalText, nullptr);
    return fields;
  }
  if (type == ResourceType::kGroup) {
    add(fields, "meta", kDict, Value::map(), ConfigMerge::kUpdate);
    return fields;
  }
  add(fields, "enabled", kBoolean, true);
  if (type == ResourceType::kExposure) {
    add(fields, "tags", kTexts, Value::list());
    add(fields, "meta", kDict, Value::map());
    return fields;
  }
  add(fields, "group", kOptionalText, nullptr);
  add(fields, "meta", kDict, Value::map(), ConfigMerge::kUpdate);
  if (type == ResourceType::kSavedQuery) {
    add(fields, "export_as", kExportTypeShape, nullptr);
    add(fields, "schema", kOptionalText, nullptr);
    Value cache = Value::map();
    cache.set("enabled", false);
    add(fields, "cache", kCacheShape, std::move(cache));
  }
  return fields;
}

Fields function_fields() {
  Fields fields = node_fields();
  add(fields, "materialized", kText, "function");
  add(fields, "type", kFunctionTypeShape, "scalar");
  add(fields, "volatility", kVolatilityShape, nullptr);
  add(fields, "runtime_version", kOptionalText, nullptr);
  add(fields, "entry_point", kOptionalText, nullptr);
  Value snowflake = Value::map();
  snowflake.set("quote_args", true);
  add(fields, "snowflake", kSnowflakeShape, std::move(snowflake));
  return fields;
}

Fields fields_of(ResourceType type) {
  switch (type) {
    case ResourceType::kModel: return model_fields();
    case ResourceType::kSeed: return seed_fields();
    case ResourceType::kSnapshot: return snapshot_fields();
    case ResourceType::kTest: return test_fields();
    case ResourceType::kSource: return source_fields();
    case ResourceType::kFunction: return function_fields();
    case ResourceType::kExposure:
    case ResourceType::kMetric:
    case ResourceType::kSemanticModel:
    case ResourceType::kSavedQuery:
    case ResourceType::kGroup:
    case ResourceType::kUnitTest: return small_fields(type);
    default: return node_fields();
  }
}

}  // namespace

namespace {

ConfigClass make_config_class(ResourceType type) {
  ConfigClass made;
  made.fields = fields_of(type);
  if (type == ResourceType::kSeed) made.fixed_materialization = "seed";
  if (type == ResourceType::kTest) made.fixed_materialization = "test";
  for (std::size_t i = 0; i < made.fields.size(); ++i) {
    const ConfigField& field = made.fields[i];
    made.index[field.name] = i;
    made.defaults.edit_map().push_back(
        {std::string(field.name), field.fallback, {}, value::Kind::kString});
    const auto place = static_cast<std::ptrdiff_t>(i);
    if (field.shape == &kDocsShape) made.docs = place;
    if (field.shape == &kContractShape) made.contract = place;
    if (field.name == "materialized") made.materialized = place;
    if (field.name == "on_schema_change") made.on_schema_change = place;
    if (field.shape == &kModelFreshnessShape) made.model_freshness = place;
  }
  return made;
}

}  // namespace

const ConfigClass& config_class(ResourceType type) {
  static const std::array<ConfigClass, 16> kClasses = [] {
    std::array<ConfigClass, 16> classes;
    for (std::size_t i = 0; i < classes.size(); ++i) {
      classes[i] = make_config_class(static_cast<ResourceType>(i));
    }
    return classes;
  }();
  return kClasses[static_cast<std::size_t>(type)];
}

}  // namespace floe::dbt
