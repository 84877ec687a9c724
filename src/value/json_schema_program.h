// SPDX-License-Identifier: Apache-2.0
// What a JSON Schema document is after reading: nodes that refer to each other by number.
#pragma once

#include "value/pattern.h"
#include "value/value.h"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace floe::value {

using SchemaId = std::uint32_t;
constexpr SchemaId kNoSchema = 0xFFFFFFFF;

/// The types of JSON Schema as bits.
enum JsonType : unsigned {
  kJsonNull = 1,
  kJsonBoolean = 2,
  kJsonInteger = 4,
  kJsonNumber = 8,
  kJsonString = 16,
  kJsonArray = 32,
  kJsonObject = 64,
};

struct PatternSchema {
  std::string text;
  Pattern pattern;
  SchemaId schema = kNoSchema;
};

/// One schema: `true`, `false`, or an object with keywords.
struct SchemaNode {
  std::optional<bool> constant;
  std::uint32_t resource = 0;

  unsigned types = 0;  // 0: any
  std::optional<Value> const_value;
  std::optional<Value> enum_values;
  std::optional<Value> maximum, exclusive_maximum, minimum, exclusive_minimum, multiple_of;
  std::optional<std::uint64_t> max_length, min_length, max_items, min_items, max_contains,
      min_contains, max_properties, min_properties;
  std::string pattern_text;
  std::optional<Pattern> pattern;
  bool unique_items = false;
  std::vector<std::string> required;
  std::map<std::string, std::vector<std::string>, std::less<>> dependent_required;

  SchemaId ref = kNoSchema;
  SchemaId dynamic_ref = kNoSchema;  // where it leads without a dynamic scope
  std::string dynamic_anchor;        // the name to look up in the dynamic scope; "" if none
  std::vector<SchemaId> all_of, any_of, one_of, prefix_items;
  SchemaId not_schema = kNoSchema, if_schema = kNoSchema, then_schema = kNoSchema,
           else_schema = kNoSchema, items = kNoSchema, contains = kNoSchema,
           additional_properties = kNoSchema, property_names = kNoSchema,
           unevaluated_items = kNoSchema, unevaluated_properties = kNoSchema,
           content_schema = kNoSchema;
  std::map<std::string, SchemaId, std::less<>> properties, dependent_schemas, definitions;
  std::vector<PatternSchema> pattern_properties;
};

/// A document or a part of it with an `$id` of its own.
struct SchemaResource {
  std::string uri;
  std::string pointer;  // of its root in the document
  std::map<std::string, SchemaId, std::less<>> anchors, dynamic_anchors;
};

struct SchemaProgram {
  std::deque<SchemaNode> nodes;  // the first is the root
  std::vector<SchemaResource> resources;
};

/// Orders JSON values; 0 if they are equal in JSON Schema's sense (1 and 1.0 are).
int compare_json(const Value& a, const Value& b);

/// Whether `number` is a multiple of `divisor`, both taken as the decimal numbers they print as.
bool is_multiple_of(const Value& number, const Value& divisor);

/// Whether this is a number without a fraction.
bool is_json_integer(const Value& value);

/// `token` as a step of a JSON Pointer: "/" and the escaped token.
std::string pointer_step(std::string_view token);

}  // namespace floe::value
