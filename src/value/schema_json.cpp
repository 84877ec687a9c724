// SPDX-License-Identifier: Apache-2.0
#include "value/schema.h"

#include <cmath>

namespace floe::value {

namespace {

Value limit_value(double limit) {
  return limit == std::floor(limit) ? Value(static_cast<std::int64_t>(limit)) : Value(limit);
}

Value schema_value(const Schema& schema);

void add_string(const Schema& schema, Value& out) {
  if (!schema.choices.empty()) out.set("enum", Value::texts(schema.choices));
  const FormInfo& info = form_info(schema.form);
  if (!info.pattern.empty()) out.set("pattern", info.pattern);
  if (!schema.pattern.empty()) out.set("pattern", schema.pattern);
  if (schema.form == Form::kRegex) out.set("format", "regex");
  if (schema.min_count > 0) out.set("minLength", static_cast<std::int64_t>(schema.min_count));
  if (!info.example.empty()) out.set("examples", Value::list({Value(info.example)}));
}

void add_limits(const Schema& schema, Value& out) {
  if (schema.least) out.set("minimum", limit_value(*schema.least));
  if (schema.most) out.set("maximum", limit_value(*schema.most));
}

void add_object(const Schema& schema, Value& out) {
  Value properties = Value::map();
  Value needed = Value::list();
  for (const Field& field : schema.fields) {
    Value property = Value::map();
    property.set("description", field.doc);
    const Value own = schema_value(field.schema);
    property.update(own);
    if (field.fallback) property.set("default", *field.fallback);
    properties.set(field.name, std::move(property));
    if (field.is_required) needed.push(field.name);
  }
  out.set("properties", std::move(properties));
  if (!needed.empty()) out.set("required", std::move(needed));
  Value free_keys = Value::map();
  free_keys.set("^x-", Value::map());
  out.set("patternProperties", std::move(free_keys));
  out.set("additionalProperties", false);
  if (schema.exclusive_fields.empty()) return;
  Value options = Value::list();
  for (const std::string& name : schema.exclusive_fields) {
    Value option = Value::map();
    option.set("required", Value::texts({name}));
    options.push(std::move(option));
  }
  if (schema.one_needed) {
    out.set("oneOf", std::move(options));
    return;
  }
  Value none = Value::map();
  Value any = Value::map();
  any.set("anyOf", options);
  none.set("not", std::move(any));
  options.push(std::move(none));
  out.set("oneOf", std::move(options));
}

void add_map(const Schema& schema, Value& out) {
  if (!schema.key_choices.empty()) {
    Value properties = Value::map();
    for (const std::string& key : schema.key_choices) {
      properties.set(key, schema_value(*schema.items));
    }
    out.set("properties", std::move(properties));
    Value free_keys = Value::map();
    free_keys.set("^x-", Value::map());
    out.set("patternProperties", std::move(free_keys));
    out.set("additionalProperties", false);
    return;
  }
  out.set("additionalProperties", schema_value(*schema.items));
  const FormInfo& info = form_info(schema.key_form);
  if (info.pattern.empty()) return;
  Value names = Value::map();
  names.set("pattern", info.pattern);
  out.set("propertyNames", std::move(names));
}

Value schema_value(const Schema& schema) {
  Value out = Value::map();
  switch (schema.type) {
    case Schema::Type::kAny: break;
    case Schema::Type::kString:
      out.set("type", "string");
      add_string(schema, out);
      break;
    case Schema::Type::kInteger:
      out.set("type", "integer");
      add_limits(schema, out);
      break;
    case Schema::Type::kNumber:
      out.set("type", "number");
      add_limits(schema, out);
      break;
    case Schema::Type::kBoolean: out.set("type", "boolean"); break;
    case Schema::Type::kList:
      out.set("type", "array");
      out.set("items", schema_value(*schema.items));
      if (schema.min_count > 0) out.set("minItems", static_cast<std::int64_t>(schema.min_count));
      if (schema.unique_items) out.set("uniqueItems", true);
      break;
    case Schema::Type::kMapOf:
      out.set("type", "object");
      add_map(schema, out);
      break;
    case Schema::Type::kObject:
      out.set("type", "object");
      add_object(schema, out);
      break;
    case Schema::Type::kOneOf: {
      Value options = Value::list();
      for (const Schema& alternative : schema.alternatives) options.push(schema_value(alternative));
      out.set("anyOf", std::move(options));
      break;
    }
  }
  if (schema.merge != Merge::kOverride) out.set("x-floe-merge", merge_name(schema.merge));
  if (!schema.has_effect) out.set("x-floe-effect", "none yet");
  return out;
}

}  // namespace

Value json_schema(const Schema& schema, std::string_view id, std::string_view title,
                  std::string_view description) {
  Value out = Value::map();
  out.set("$schema", "https://json-schema.org/draft/2020-12/schema");
  out.set("$id", id);
  out.set("title", title);
  out.set("description", description);
  const Value body = schema_value(schema);
  out.update(body);
  return out;
}

}  // namespace floe::value
