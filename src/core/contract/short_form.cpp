// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "core/contract/contract.h"

#include <fmt/format.h>

#include <utility>

namespace floe::contract {

using value::Member;
using value::Value;

namespace {

const Value* short_member(const Value& data, std::string_view key) { return data.find(key); }

std::string short_text(const Value& data, std::string_view key, const std::string& otherwise) {
  const Value* found = data.find(key);
  const bool is_text =
      found != nullptr && (found->is_string() || found->kind() == value::Kind::kTimestamp);
  return is_text ? found->as_string() : otherwise;
}

/// Takes a member under another key, span and all.
void copy_member(const Value& from, std::string_view key, Value& to, const char* as) {
  const Value* found = from.find(key);
  if (found == nullptr || found->is_null()) return;
  to.edit_map().push_back({as, *found, found->span, value::Kind::kString});
}

Value custom_property(std::string name, Value data) {
  Value entry = Value::map();
  entry.span = data.span;
  entry.set("property", std::move(name));
  entry.set("value", std::move(data));
  return entry;
}

/// A date of YAML is a text in ODCS.
Value as_plain(const Value& data) {
  if (data.kind() != value::Kind::kTimestamp) return data;
  Value text(data.as_string());
  text.span = data.span;
  return text;
}

/// Keys of the writer's own, which ODCS keeps among its customProperties.
void add_own_keys(const Value& from, Value& properties) {
  for (const Member& member : from.as_map()) {
    if (member.key.starts_with("x-")) {
      properties.push(custom_property(member.key, as_plain(member.value)));
    }
  }
}

/// Sets the types; whether a kind of values is known.
bool set_type(const Value& column, Value& out) {
  const Value* written = short_member(column, "type");
  const bool has_type = written != nullptr && written->is_string();
  const Type logical = has_type ? logical_type(to_lower(written->as_string())) : Type();
  const bool is_logical = logical.family != Family::kUnknown;
  std::string_view word = logical.text;
  if (has_type && !is_logical) word = logical_word(parse_type(written->as_string()).family);
  Value type{std::string(word.empty() ? "string" : word)};
  if (has_type) type.span = written->span;
  out.set("logicalType", std::move(type));
  // Some words are of both. `integer` is the engine's type of 32 bits, as `int` is; `date` and
  // `timestamp` say the same as engines do.
  if (has_type && (!is_logical || logical.family == Family::kInteger)) {
    out.set("physicalType", *written);
  }
  return !word.empty();
}

Value odcs_column(const Value& column, int& key_position) {
  Value out = Value::map();
  out.span = column.span;
  copy_member(column, "name", out, "name");
  copy_member(column, "description", out, "description");
  const bool is_typed = set_type(column, out);
  const Value* is_key = short_member(column, "primary_key");
  if (is_key != nullptr && is_key->is_bool() && is_key->as_bool()) {
    out.set("primaryKey", *is_key);
    out.set("primaryKeyPosition", ++key_position);
  }
  copy_member(column, "required", out, "required");
  copy_member(column, "unique", out, "unique");
  copy_member(column, "classification", out, "classification");
  copy_member(column, "tags", out, "tags");
  Value properties = Value::list();
  if (const Value* renamed = short_member(column, "renamed_from")) {
    properties.push(custom_property(std::string(kRenamedFromProperty), *renamed));
  }
  if (!is_typed) properties.push(custom_property(std::string(kUntypedProperty), true));
  add_own_keys(column, properties);
  if (!properties.empty()) out.set("customProperties", std::move(properties));
  return out;
}

Value odcs_table(const Value& columns, const Defaults& defaults) {
  Value table = Value::map();
  table.span = columns.span;
  table.set("name", defaults.model.empty() ? defaults.port : defaults.model);
  table.set("logicalType", "object");
  if (!defaults.model.empty()) table.set("physicalName", defaults.model);
  table.set("physicalType", "table");
  Value properties = Value::list();
  properties.span = columns.span;
  int key_position = 0;
  for (const Value& column : columns.as_list()) {
    properties.push(odcs_column(column, key_position));
  }
  table.set("properties", std::move(properties));
  return table;
}

Value sla_property(const char* name, const Value& data, const char* unit) {
  Value entry = Value::map();
  entry.span = data.span;
  entry.set("property", name);
  entry.set("value", data);
  if (*unit != '\0') entry.set("unit", unit);
  return entry;
}

Value percent_property(const char* name, const Value& data) {
  const auto number = percentage(data);
  if (!number) return sla_property(name, data, "");
  Value plain(*number);
  if (data.is_number()) plain = data;
  plain.span = data.span;
  return sla_property(name, plain, "%");
}

}  // namespace

value::Value sla_properties_of(const Value& sla) {
  Value list = Value::list();
  if (const Value* freshness = sla.find("freshness");
      freshness != nullptr && freshness->is_string()) {
    const auto seconds = duration_seconds(freshness->as_string());
    const std::int64_t whole = seconds.value_or(0);
    const bool hours = whole % 3600 == 0;
    const bool minutes = whole % 60 == 0;
    Value number(hours ? whole / 3600 : minutes ? whole / 60 : whole);
    number.span = freshness->span;
    if (seconds) list.push(sla_property("freshness", number, hours ? "h" : minutes ? "m" : "s"));
  }
  for (const char* name : {"availability", "quality"}) {
    if (const Value* found = sla.find(name)) list.push(percent_property(name, *found));
  }
  return list;
}

Value to_odcs(const Value& short_form, const Defaults& defaults) {
  const std::string own_id =
      defaults.product.empty() ? defaults.port : defaults.product + "." + defaults.port;
  Value out = Value::map();
  out.span = short_form.span;
  out.set("apiVersion", kWrittenVersion);
  out.set("kind", "DataContract");
  out.set("id", short_text(short_form, "id", own_id.empty() ? "contract" : own_id));
  out.set("name",
          short_text(short_form, "name", defaults.port.empty() ? "contract" : defaults.port));
  out.set("version",
          short_text(short_form, "version", defaults.version.empty() ? "1.0.0" : defaults.version));
  out.set("status", short_text(short_form, "status", "active"));
  if (!defaults.product.empty()) out.set("dataProduct", defaults.product);
  const std::string purpose = short_text(short_form, "description", defaults.description);
  if (!purpose.empty()) {
    Value description = Value::map();
    description.set("purpose", purpose);
    out.set("description", std::move(description));
  }
  copy_member(short_form, "tags", out, "tags");
  if (const Value* columns = short_form.find("columns"); columns != nullptr && columns->is_list()) {
    out.set("schema", Value::list({odcs_table(*columns, defaults)}));
  }
  if (const Value* sla = short_form.find("sla"); sla != nullptr && sla->is_map()) {
    Value properties = sla_properties_of(*sla);
    if (!properties.empty()) out.set("slaProperties", std::move(properties));
  }
  copy_member(short_form, "support", out, "support");
  Value properties = Value::list();
  if (const Value* mode = short_form.find("compatibility")) {
    properties.push(custom_property(std::string(kCompatibilityProperty), *mode));
  }
  add_own_keys(short_form, properties);
  if (!properties.empty()) out.set("customProperties", std::move(properties));
  return out;
}

}  // namespace floe::contract
