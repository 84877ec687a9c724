// SPDX-License-Identifier: Apache-2.0
#include "dbt/adapter/column.h"

#include "base/text.h"
#include "dbt/adapter/call_args.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace floe::dbt {

namespace {

using jinja::Args;
using JValue = jinja::Value;

template <std::size_t N>
bool one_of(const std::string& dtype, const std::array<std::string_view, N>& names) {
  const std::string lower = to_lower(dtype);
  return std::find(names.begin(), names.end(), lower) != names.end();
}

std::string translate_type(const std::string& dtype) {
  return to_upper(dtype) == "STRING" ? "TEXT" : dtype;
}

std::string numeric_type(const std::string& dtype, const JValue& precision, const JValue& scale) {
  if (precision.is_nothing() || scale.is_nothing()) return dtype;
  return fmt::format("{}({},{})", dtype, precision.to_str(), scale.to_str());
}

std::string string_type(const JValue& size) {
  return fmt::format("character varying({})", size.to_str());
}

/// "STRUCT(a INTEGER, b DECIMAL(10, 2))" → its members.
std::vector<RelationColumn> struct_members(const std::string& dtype) {
  std::vector<RelationColumn> members;
  const std::size_t open = dtype.find('(');
  const std::size_t close = dtype.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) return members;
  const std::string content = dtype.substr(open + 1, close - open - 1);
  int depth = 0;
  std::string current;
  auto finish = [&] {
    const std::string_view text = trim(current);
    const std::size_t space = text.find(' ');
    if (space != std::string_view::npos) {
      members.push_back(
          {std::string(text.substr(0, space)), std::string(text.substr(space + 1)), {}, {}, {}});
    }
    current.clear();
  };
  for (const char c : content) {
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (c == ',' && depth == 0) {
      finish();
    } else {
      current.push_back(c);
    }
  }
  finish();
  return members;
}

std::string column_repr(const RelationColumn& column) {
  std::string fields = "[";
  if (column.is_struct()) {
    bool first = true;
    for (const RelationColumn& member : struct_members(column.dtype)) {
      if (!first) fields += ", ";
      first = false;
      fields += column_repr(member);
    }
  }
  return fmt::format(
      "DuckDBColumn(column={}, dtype={}, char_size={}, numeric_precision={}, numeric_scale={}, "
      "fields={}])",
      JValue(column.name).repr(), JValue(column.dtype).repr(), column.char_size.repr(),
      column.numeric_precision.repr(), column.numeric_scale.repr(), fields);
}

int column_int(std::string_view raw, std::string_view part) {
  const std::string text(trim(part));
  if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos) {
    throw DbtError("Runtime Error",
                   fmt::format("Could not interpret data_type \"{}\": could not convert \"{}\" to "
                               "an integer",
                               raw, part));
  }
  return std::stoi(text);
}

RelationColumn column_from_description(const std::string& name, const std::string& raw) {
  const std::size_t open = raw.find('(');
  const std::size_t close = open == std::string::npos ? open : raw.find(')', open);
  RelationColumn column{name, raw.substr(0, open), {}, {}, {}};
  if (close == std::string::npos || close == open + 1) return column;
  const std::string inside = raw.substr(open + 1, close - open - 1);
  const auto parts = split(inside, ',');
  if (parts.size() == 1) column.char_size = JValue(column_int(raw, parts[0]));
  if (parts.size() == 2) {
    column.numeric_precision = JValue(column_int(raw, parts[0]));
    column.numeric_scale = JValue(column_int(raw, parts[1]));
  }
  return column;
}

/// api.Column in templates.
class ColumnClass : public jinja::Object {
 public:
  std::string type_name() const override { return "type"; }
  bool callable() const override { return true; }

  JValue call(jinja::CallContext&, const Args& args) override {
    static const jinja::Signature kSignature("__init__", {{"column", std::nullopt},
                                                          {"dtype", std::nullopt},
                                                          {"char_size", JValue::none()},
                                                          {"numeric_precision", JValue::none()},
                                                          {"numeric_scale", JValue::none()},
                                                          {"fields", JValue::none()}});
    const std::vector<JValue> bound = kSignature.bind(args);
    return column_value({bound[0].to_str(), bound[1].to_str(), bound[2], bound[3], bound[4]});
  }

  bool call_method(jinja::CallContext&, jinja::Name name, const Args& args,
                   JValue& result) override {
    const std::string_view key = name.view();
    if (key == "translate_type") {
      result = JValue(translate_type(argument(args, 0, "dtype").to_str()));
    } else if (key == "create") {
      result = column_value({argument(args, 0, "name").to_str(),
                             translate_type(argument(args, 1, "label_or_dtype").to_str()),
                             {},
                             {},
                             {}});
    } else if (key == "numeric_type") {
      result = JValue(numeric_type(argument(args, 0, "dtype").to_str(),
                                   argument(args, 1, "precision"), argument(args, 2, "scale")));
    } else if (key == "string_type") {
      result = JValue(string_type(argument(args, 0, "size")));
    } else if (key == "from_description") {
      result = column_value(column_from_description(argument(args, 0, "name").to_str(),
                                                    argument(args, 1, "raw_data_type").to_str()));
    } else {
      return false;
    }
    return true;
  }

  std::span<const std::string_view> method_names() const override {
    static constexpr std::string_view kNames[] = {"translate_type", "create", "numeric_type",
                                                  "string_type", "from_description"};
    return kNames;
  }

  std::string repr() override { return "<class 'dbt.adapters.duckdb.column.DuckDBColumn'>"; }
};

}  // namespace

bool RelationColumn::is_string() const {
  static constexpr std::array<std::string_view, 4> kNames = {"text", "character varying",
                                                             "character", "varchar"};
  return one_of(dtype, kNames);
}

bool RelationColumn::is_float() const {
  static constexpr std::array<std::string_view, 5> kNames = {"real", "float", "float4", "float8",
                                                             "double"};
  return one_of(dtype, kNames);
}

bool RelationColumn::is_integer() const {
  static constexpr std::array<std::string_view, 17> kNames = {
      "tinyint",   "smallint", "integer", "bigint", "hugeint", "utinyint",
      "usmallint", "uinteger", "ubigint", "int1",   "int2",    "int4",
      "int8",      "short",    "int",     "signed", "long"};
  return one_of(dtype, kNames);
}

bool RelationColumn::is_numeric() const {
  static constexpr std::array<std::string_view, 2> kNames = {"numeric", "decimal"};
  return one_of(dtype, kNames);
}

bool RelationColumn::is_struct() const { return to_lower(dtype).starts_with("struct"); }

int RelationColumn::string_size() const {
  if (!is_string()) throw DbtError("Runtime Error", "Called string_size() on non-string field!");
  if (dtype == "text" || !char_size.is_int()) return 256;
  return static_cast<int>(char_size.as_int());
}

std::string RelationColumn::data_type() const {
  if (is_string()) return string_type(JValue(string_size()));
  if (is_numeric()) return numeric_type(dtype, numeric_precision, numeric_scale);
  return dtype;
}

std::vector<RelationColumn> RelationColumn::flatten() const {
  if (!is_struct()) return {*this};
  std::vector<RelationColumn> flat;
  for (const RelationColumn& member : struct_members(dtype)) {
    for (const RelationColumn& leaf : member.flatten()) {
      flat.push_back({name + "." + leaf.name, leaf.dtype, {}, {}, {}});
    }
  }
  return flat;
}

std::optional<JValue> ColumnObject::get_attr(jinja::Name name) {
  const std::string_view key = name.view();
  if (key == "name" || key == "column") return JValue(column_.name);
  if (key == "dtype") return JValue(column_.dtype);
  if (key == "data_type" || key == "expanded_data_type") return JValue(column_.data_type());
  if (key == "quoted") return JValue("\"" + column_.name + "\"");
  if (key == "char_size") return column_.char_size;
  if (key == "numeric_precision") return column_.numeric_precision;
  if (key == "numeric_scale") return column_.numeric_scale;
  if (key == "fields") {
    JValue list = JValue::list();
    if (column_.is_struct()) {
      for (RelationColumn& member : struct_members(column_.dtype)) {
        list.append(column_value(std::move(member)));
      }
    }
    return list;
  }
  return std::nullopt;
}

std::span<const std::string_view> ColumnObject::method_names() const {
  static constexpr std::string_view kNames[] = {
      "is_string", "is_float",      "is_integer",  "is_numeric",   "is_number",
      "is_struct", "string_size",   "string_type", "numeric_type", "translate_type",
      "literal",   "can_expand_to", "flatten"};
  return kNames;
}

bool ColumnObject::call_method(jinja::CallContext&, jinja::Name name, const Args& args,
                               JValue& result) {
  const std::string_view key = name.view();
  if (key == "is_string") result = JValue(column_.is_string());
  else if (key == "is_float") result = JValue(column_.is_float());
  else if (key == "is_integer") result = JValue(column_.is_integer());
  else if (key == "is_numeric") result = JValue(column_.is_numeric());
  else if (key == "is_number")
    result = JValue(column_.is_integer() || column_.is_numeric() || column_.is_float());
  else if (key == "is_struct") result = JValue(column_.is_struct());
  else if (key == "string_size") result = JValue(column_.string_size());
  else if (key == "string_type") result = JValue(string_type(argument(args, 0, "size")));
  else if (key == "numeric_type")
    result = JValue(numeric_type(argument(args, 0, "dtype").to_str(),
                                 argument(args, 1, "precision"), argument(args, 2, "scale")));
  else if (key == "translate_type")
    result = JValue(translate_type(argument(args, 0, "dtype").to_str()));
  else if (key == "literal")
    result =
        JValue(fmt::format("{}::{}", argument(args, 0, "value").to_str(), column_.data_type()));
  else if (key == "can_expand_to") {
    const auto* other = argument(args, 0, "other_column").as<ColumnObject>();
    result = JValue(other != nullptr && column_.is_string() && other->column_.is_string() &&
                    other->column_.string_size() > column_.string_size());
  } else if (key == "flatten") {
    result = JValue::list();
    for (RelationColumn& leaf : column_.flatten()) result.append(column_value(std::move(leaf)));
  } else {
    return false;
  }
  return true;
}

std::string ColumnObject::repr() { return column_repr(column_); }

bool ColumnObject::equals(const JValue& other) {
  const auto* right = other.as<ColumnObject>();
  return right != nullptr && right->column_.name == column_.name &&
         right->column_.dtype == column_.dtype &&
         right->column_.char_size.equals(column_.char_size) &&
         right->column_.numeric_precision.equals(column_.numeric_precision) &&
         right->column_.numeric_scale.equals(column_.numeric_scale);
}

JValue column_class() { return jinja::make_object<ColumnClass>(); }

}  // namespace floe::dbt
