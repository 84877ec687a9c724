// SPDX-License-Identifier: Apache-2.0
// The configuration of a resource: what keys each type carries, with which defaults, and how one
// level is laid over another.
#pragma once

#include "dbt/project/model.h"
#include "dbt/project/shape.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace floe::dbt {

/// How a later level's value of a key joins the earlier one's.
enum class ConfigMerge { kClobber, kAppend, kUpdate, kDictKeyAppend };

struct ConfigField {
  std::string_view name;
  const Shape* shape;
  ConfigMerge merge;
  Value fallback;
};

/// The keys of a resource type's config in manifest order, with defaults.
struct ConfigClass {
  std::vector<ConfigField> fields;
  std::unordered_map<std::string_view, std::size_t> index;
  Value defaults = Value::map();
  // What has rules of its own: where the fields stand, or -1.
  std::string_view fixed_materialization;  // "seed", "test": nothing else is allowed
  std::ptrdiff_t docs = -1;
  std::ptrdiff_t contract = -1;
  std::ptrdiff_t materialized = -1;
  std::ptrdiff_t on_schema_change = -1;
  std::ptrdiff_t model_freshness = -1;
};
const ConfigClass& config_class(ResourceType type);

/// What came out while levels were laid over each other.
struct ConfigFindings {
  std::vector<ShapeProblem> problems;
  std::uint64_t given = 0;  // bit i: a level has fields[i]
};

/// One level of config: lays `partial` over `config` (made from the class's defaults), with dbt's
/// conversions. A value that dbt cannot read is a problem and becomes the field's default.
void merge_config(const ConfigClass& config_class, Value& config, const Value& partial,
                  ConfigFindings& findings);

/// Checks the given fields of a finished config against their shapes.
void check_config(const ConfigClass& config_class, const Value& config, ConfigFindings& findings);

/// Several config() calls of one file into one dict, as dbt collects them.
void merge_config_calls(Value& collected, const Value& call);

/// Two configs merged at every level; lists of the second come before those of the first.
Value deep_merge_config(const Value& base, const Value& more);

}  // namespace floe::dbt
