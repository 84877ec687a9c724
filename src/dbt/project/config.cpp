// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/config.h"

#include "base/text.h"
#include "value/json.h"

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

void add(Fields& fields, std::string_view name, Value fallback,
         ConfigMerge merge = ConfigMerge::kClobber) {
  for (ConfigField& field : fields) {
    if (field.name == name) {
      field.fallback = std::move(fallback);
      return;
    }
  }
  fields.push_back({name, merge, std::move(fallback)});
}

Fields node_and_test_fields() {
  Fields fields;
  add(fields, "enabled", true);
  add(fields, "alias", nullptr);
  add(fields, "schema", nullptr);
  add(fields, "database", nullptr);
  add(fields, "tags", Value::list(), ConfigMerge::kAppend);
  add(fields, "meta", Value::map(), ConfigMerge::kUpdate);
  add(fields, "group", nullptr);
  add(fields, "static_analysis", nullptr);
  return fields;
}

Fields node_fields() {
  Fields fields = node_and_test_fields();
  add(fields, "materialized", "view");
  add(fields, "incremental_strategy", nullptr);
  add(fields, "batch_size", nullptr);
  add(fields, "lookback", 1);
  add(fields, "begin", nullptr);
  add(fields, "persist_docs", Value::map());
  add(fields, "post-hook", Value::list(), ConfigMerge::kAppend);
  add(fields, "pre-hook", Value::list(), ConfigMerge::kAppend);
  add(fields, "quoting", Value::map(), ConfigMerge::kUpdate);
  add(fields, "column_types", Value::map(), ConfigMerge::kUpdate);
  add(fields, "full_refresh", nullptr);
  add(fields, "unique_key", nullptr);
  add(fields, "on_schema_change", "ignore");
  add(fields, "on_configuration_change", "apply");
  add(fields, "grants", Value::map(), ConfigMerge::kDictKeyAppend);
  add(fields, "packages", Value::list(), ConfigMerge::kAppend);
  add(fields, "docs", docs_default(), ConfigMerge::kUpdate);
  add(fields, "contract", contract_default(), ConfigMerge::kUpdate);
  add(fields, "event_time", nullptr);
  add(fields, "concurrent_batches", nullptr);
  return fields;
}

Fields model_fields() {
  Fields fields = node_fields();
  add(fields, "access", "protected");
  add(fields, "freshness", nullptr);
  add(fields, "on_error", nullptr);
  add(fields, "latest_version_pointer", null_map({"enabled", "alias"}), ConfigMerge::kUpdate);
  return fields;
}

Fields seed_fields() {
  Fields fields = node_fields();
  add(fields, "materialized", "seed");
  add(fields, "delimiter", ",");
  add(fields, "quote_columns", nullptr);
  return fields;
}

Fields snapshot_fields() {
  Fields fields = node_fields();
  add(fields, "materialized", "snapshot");
  add(fields, "strategy", nullptr);
  add(fields, "target_schema", nullptr);
  add(fields, "target_database", nullptr);
  add(fields, "updated_at", nullptr);
  add(fields, "check_cols", nullptr);
  add(fields, "snapshot_meta_column_names",
      null_map(
          {"dbt_valid_to", "dbt_valid_from", "dbt_scd_id", "dbt_updated_at", "dbt_is_deleted"}));
  add(fields, "dbt_valid_to_current", nullptr);
  return fields;
}

Fields test_fields() {
  Fields fields = node_and_test_fields();
  add(fields, "schema", "dbt_test__audit");
  add(fields, "materialized", "test");
  add(fields, "severity", "ERROR");
  add(fields, "store_failures", nullptr);
  add(fields, "store_failures_as", nullptr);
  add(fields, "sql_header", nullptr);
  add(fields, "where", nullptr);
  add(fields, "limit", nullptr);
  add(fields, "fail_calc", "count(*)");
  add(fields, "warn_if", "!= 0");
  add(fields, "error_if", "!= 0");
  return fields;
}

Fields source_fields() {
  Fields fields;
  add(fields, "enabled", true);
  add(fields, "event_time", nullptr);
  add(fields, "freshness", freshness_default());
  add(fields, "loaded_at_field", nullptr);
  add(fields, "loaded_at_query", nullptr);
  add(fields, "meta", Value::map(), ConfigMerge::kUpdate);
  add(fields, "tags", Value::list());
  add(fields, "static_analysis", nullptr);
  return fields;
}

Fields small_fields(ResourceType type) {
  Fields fields;
  if (type == ResourceType::kUnitTest) {
    add(fields, "tags", Value::list(), ConfigMerge::kAppend);
    add(fields, "meta", Value::map(), ConfigMerge::kUpdate);
    add(fields, "enabled", true);
    add(fields, "static_analysis", nullptr);
    return fields;
  }
  if (type == ResourceType::kGroup) {
    add(fields, "meta", Value::map(), ConfigMerge::kUpdate);
    return fields;
  }
  add(fields, "enabled", true);
  if (type == ResourceType::kExposure) {
    add(fields, "tags", Value::list());
    add(fields, "meta", Value::map());
    return fields;
  }
  add(fields, "group", nullptr);
  add(fields, "meta", Value::map(), ConfigMerge::kUpdate);
  if (type == ResourceType::kSavedQuery) {
    add(fields, "export_as", nullptr);
    add(fields, "schema", nullptr);
    Value cache = Value::map();
    cache.set("enabled", false);
    add(fields, "cache", std::move(cache));
  }
  return fields;
}

Fields function_fields() {
  Fields fields = node_fields();
  add(fields, "materialized", "function");
  add(fields, "type", "scalar");
  add(fields, "volatility", nullptr);
  add(fields, "runtime_version", nullptr);
  add(fields, "entry_point", nullptr);
  Value snowflake = Value::map();
  snowflake.set("quote_args", true);
  add(fields, "snowflake", std::move(snowflake));
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

Value as_list_value(const Value& value) {
  if (value.is_list()) return value;
  Value list = Value::list();
  list.push(value);
  return list;
}

void append_items(Value& target, const Value& more) {
  if (!target.is_list()) target = as_list_value(target);
  if (more.is_list()) {
    for (const Value& item : more.as_list()) target.push(item);
  } else {
    target.push(more);
  }
}

void update_map(Value& target, const Value& more) {
  for (const value::Member& member : more.as_map()) target.set(member.key, member.value);
}

/// grants: lists of roles by privilege; a key with "+" extends, a plain one replaces.
void append_by_key(Value& target, const Value& more) {
  for (value::Member& member : target.as_map()) member.value = as_list_value(member.value);
  for (const value::Member& member : more.as_map()) {
    std::string key = member.key;
    const bool extend = key.starts_with('+');
    if (extend) key.erase(0, key.find_first_not_of('+'));
    Value* existing = target.find(key);
    if (existing != nullptr && extend) {
      append_items(*existing, member.value);
    } else {
      target.set(key, as_list_value(member.value));
    }
  }
}

bool is_hook_key(std::string_view key) {
  return key == "pre-hook" || key == "post-hook" || key == "pre_hook" || key == "post_hook";
}

/// Keys that keep a fixed shape: what is missing gets its default, what is unknown is dropped.
void keep_shape(Value& target, const Value& shape) {
  Value kept = Value::map();
  for (const value::Member& member : shape.as_map()) {
    const Value* given = target.find(member.key);
    kept.set(member.key, given == nullptr ? member.value : *given);
  }
  target = std::move(kept);
}

/// What dataclasses do to a few values when they are read.
void normalize_field(ResourceType, std::string_view name, Value& value, const ConfigField& field) {
  if (name == "contract" || name == "latest_version_pointer" || name == "cache" ||
      name == "snapshot_meta_column_names" || name == "snowflake" || name == "docs") {
    if (value.is_bool() && name == "latest_version_pointer") {
      Value map = Value::map();
      map.set("enabled", value);
      value = std::move(map);
    }
    if (value.is_map()) keep_shape(value, field.fallback);
  } else if (name == "static_analysis" && value.is_bool()) {
    value = Value(value.as_bool() ? "on" : "off");
  }
}

void merge_field(const ConfigField& field, Value& slot, const Value& given) {
  switch (field.merge) {
    case ConfigMerge::kAppend:
      if (is_hook_key(field.name)) {
        const Value list = as_list_value(given);
        for (const Value& hook : list.as_list()) slot.push(hook_dict(hook));
      } else {
        append_items(slot, given);
      }
      break;
    case ConfigMerge::kUpdate:
      if (given.is_map() && slot.is_map()) {
        update_map(slot, given);
      } else if (!given.is_null()) {
        slot = given;
      }
      break;
    case ConfigMerge::kDictKeyAppend:
      if (given.is_map()) append_by_key(slot, given);
      break;
    case ConfigMerge::kClobber: slot = given; break;
  }
}

/// A model's freshness counts only with build_after; its shape is filled up.
void set_model_freshness(Value& slot, const Value& given) {
  const Value* build_after = given.is_map() ? given.find("build_after") : nullptr;
  if (build_after == nullptr) return;
  Value freshness = given;
  Value* after = freshness.find("build_after");
  if (after->is_map()) {
    if (after->find("count") == nullptr) after->set("count", nullptr);
    if (after->find("period") == nullptr) after->set("period", nullptr);
    if (after->find("updates_on") == nullptr) after->set("updates_on", "any");
  }
  slot = std::move(freshness);
}

}  // namespace

const ConfigClass& config_class(ResourceType type) {
  static const std::array<ConfigClass, 16> kClasses = [] {
    std::array<ConfigClass, 16> classes;
    for (std::size_t i = 0; i < classes.size(); ++i) {
      ConfigClass& each = classes[i];
      each.fields = fields_of(static_cast<ResourceType>(i));
      for (std::size_t j = 0; j < each.fields.size(); ++j) {
        each.index[each.fields[j].name] = j;
        each.defaults.as_map().push_back(
            {std::string(each.fields[j].name), each.fields[j].fallback, {}, value::Kind::kString});
      }
    }
    return classes;
  }();
  return kClasses[static_cast<std::size_t>(type)];
}

Value hook_dict(const Value& hook) {
  Value dict = Value::map();
  Value parsed;
  if (hook.is_map()) {
    parsed = hook;
  } else if (hook.is_string()) {
    const std::string_view text = trim(hook.as_string());
    if (text.starts_with('{')) {
      auto read = value::read_json(text);
      if (read && read->is_map()) parsed = std::move(*read);
    }
  }
  const Value* sql = parsed.find("sql");
  const Value* transaction = parsed.find("transaction");
  const Value* index = parsed.find("index");
  dict.set("sql", parsed.is_map() ? (sql ? *sql : Value("")) : hook);
  dict.set("transaction", transaction ? *transaction : Value(true));
  dict.set("index", index ? *index : Value());
  return dict;
}

void merge_config(const ConfigClass& config_class, Value& config, const Value& partial) {
  const bool is_model = config_class.index.contains("latest_version_pointer");
  for (const value::Member& member : partial.as_map()) {
    const std::string_view key = is_hook_key(member.key)
                                     ? (member.key.starts_with("pre") ? "pre-hook" : "post-hook")
                                     : std::string_view(member.key);
    const auto it = config_class.index.find(key);
    if (it == config_class.index.end()) {
      if (is_hook_key(key)) continue;  // only nodes have hooks
      config.set(std::string(key), member.value);
      continue;
    }
    Value& slot = config.as_map()[it->second].value;
    const ConfigField& field = config_class.fields[it->second];
    if (is_model && key == "freshness") {
      set_model_freshness(slot, member.value);
      continue;
    }
    merge_field(field, slot, member.value);
    normalize_field(ResourceType::kModel, key, slot, field);
  }
}

void merge_config_calls(Value& collected, const Value& call) {
  if (collected.as_map().empty()) {
    collected = call;
    return;
  }
  for (const value::Member& member : call.as_map()) {
    const std::string_view key = member.key;
    Value* existing = collected.find(key);
    if (is_hook_key(key) || key == "tags" || key == "packages") {
      if (existing != nullptr) {
        append_items(*existing, member.value);
      } else {
        collected.set(member.key, as_list_value(member.value));
      }
    } else if (key == "quoting" || key == "column_types" || key == "meta" || key == "docs" ||
               key == "contract" || key == "snapshot_meta_column_names") {
      if (existing != nullptr && existing->is_map() && member.value.is_map()) {
        update_map(*existing, member.value);
      } else {
        collected.set(member.key, member.value);
      }
    } else if (key == "grants" && member.value.is_map()) {
      if (existing != nullptr && existing->is_map()) {
        append_by_key(*existing, member.value);
      } else {
        Value grants = Value::map();
        for (const value::Member& grant : member.value.as_map()) {
          grants.set(grant.key, as_list_value(grant.value));
        }
        collected.set(member.key, std::move(grants));
      }
    } else {
      collected.set(member.key, member.value);
    }
  }
}

Value deep_merge_config(const Value& base, const Value& more) {
  Value merged = base;
  for (const value::Member& member : more.as_map()) {
    Value* known = merged.find(member.key);
    if (known != nullptr && member.value.is_map() && known->is_map()) {
      *known = deep_merge_config(*known, member.value);
    } else if (known != nullptr && member.value.is_list() && known->is_list()) {
      Value joined = member.value;
      for (Value& item : known->as_list()) joined.push(std::move(item));
      *known = std::move(joined);
    } else {
      merged.set(member.key, member.value);
    }
  }
  return merged;
}

std::string_view project_config_key(ResourceType type, bool corrected_analysis_fqns) {
  switch (type) {
    case ResourceType::kSeed: return "seeds";
    case ResourceType::kSnapshot: return "snapshots";
    case ResourceType::kSource: return "sources";
    case ResourceType::kTest: return "data_tests";
    case ResourceType::kMetric: return "metrics";
    case ResourceType::kSemanticModel: return "semantic-models";
    case ResourceType::kSavedQuery: return "saved-queries";
    case ResourceType::kExposure: return "exposures";
    case ResourceType::kUnitTest: return "unit_tests";
    case ResourceType::kFunction: return "functions";
    case ResourceType::kAnalysis: return corrected_analysis_fqns ? "analyses" : "models";
    default: return "models";
  }
}

namespace {

/// The key whose levels dbt compares as they are written: not always the one it reads. Functions
/// take the models' this way, and two keys are looked for under names that they do not have.
std::string_view unrendered_config_key(ResourceType type, bool corrected_analysis_fqns) {
  switch (type) {
    case ResourceType::kFunction: return "models";
    case ResourceType::kSemanticModel: return "semantic_models";
    case ResourceType::kSavedQuery: return "saved_queries";
    default: return project_config_key(type, corrected_analysis_fqns);
  }
}

}  // namespace

ConfigBuilder::ConfigBuilder(const std::vector<PackageConfig>& packages,
                             bool corrected_analysis_fqns)
    : root_(packages.front().name), corrected_analysis_fqns_(corrected_analysis_fqns) {
  for (const PackageConfig& package : packages) {
    auto& by_type = trees_[package.name];
    for (int i = 0; i < 16; ++i) {
      const auto type = static_cast<ResourceType>(i);
      by_type[i] = {package.rendered.find(project_config_key(type, corrected_analysis_fqns)),
                    package.unrendered.find(unrendered_config_key(type, corrected_analysis_fqns))};
    }
  }
}

const Value* ConfigBuilder::tree(ResourceType type, const std::string& package,
                                 bool rendered) const {
  const auto found = trees_.find(package);
  if (found == trees_.end()) return nullptr;
  const Trees& trees = found->second.at(static_cast<int>(type));
  const Value* value = rendered ? trees.rendered : trees.unrendered;
  return value != nullptr && value->is_map() ? value : nullptr;
}

namespace {

/// Calls `use` with every level of a config tree from the root down the fqn.
template <class Use>
void for_each_level(const Value* tree, const std::vector<std::string>& fqn, Use use) {
  if (tree == nullptr) return;
  use(*tree);
  for (const std::string& step : fqn) {
    tree = tree->find(step);
    if (tree == nullptr || !tree->is_map()) return;
    use(*tree);
  }
}

/// The configs of one level: "+key", and "key" unless its value is a folder.
Value level_config(const Value& level) {
  Value result = Value::map();
  for (const value::Member& member : level.as_map()) {
    if (member.key.starts_with('+')) {
      result.set(std::string(trim(std::string_view(member.key).substr(1))), member.value);
    } else if (!member.value.is_map()) {
      result.set(member.key, member.value);
    }
  }
  return result;
}

}  // namespace

Value ConfigBuilder::build(ResourceType type, const std::string& package,
                           const std::vector<std::string>& fqn, const Value& call,
                           const Value* patch) const {
  const ConfigClass& fields = config_class(type);
  Value config = fields.defaults;
  const auto use = [&](const Value& level) { merge_config(fields, config, level_config(level)); };
  for_each_level(tree(type, package, true), fqn, use);
  if (patch != nullptr && patch->is_map()) merge_config(fields, config, *patch);
  merge_config(fields, config, call);
  if (package != root_) for_each_level(tree(type, root_, true), fqn, use);
  if (type == ResourceType::kTest) {
    Value& stored_as = *config.find("store_failures_as");
    Value& stored = *config.find("store_failures");
    if (stored_as.is_null()) {
      if (stored.is_bool()) stored_as = Value(stored.as_bool() ? "table" : "ephemeral");
    } else {
      stored = Value(!(stored_as.is_string() && stored_as.as_string() == "ephemeral"));
    }
  }
  return config;
}

Value ConfigBuilder::build_unrendered(ResourceType type, const std::string& package,
                                      const std::vector<std::string>& fqn, const Value& call,
                                      const Value* patch) const {
  Value config = Value::map();
  const auto use = [&](const Value& level) { update_map(config, level_config(level)); };
  for_each_level(tree(type, package, false), fqn, use);
  if (patch != nullptr && patch->is_map()) update_map(config, *patch);
  update_map(config, call);
  if (package != root_) for_each_level(tree(type, root_, false), fqn, use);
  return config;
}

}  // namespace floe::dbt
