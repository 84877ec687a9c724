// SPDX-License-Identifier: Apache-2.0
#include "dbt/context/convert.h"

#include "base/text.h"
#include "dbt/jinja/modules/modules.h"
#include "dbt/jinja/object.h"
#include "value/yaml_scalar.h"

#include <charconv>

namespace floe::dbt {

namespace {

/// The Python key that a YAML 1.1 reader makes of a mapping key.
jinja::Value python_key(const value::Member& member) {
  switch (member.key_kind) {
    case value::Kind::kNull: return jinja::Value::none();
    case value::Kind::kBool: {
      const std::string lower = to_lower(member.key);
      return jinja::Value(lower == "true" || lower == "yes" || lower == "on" || lower == "y");
    }
    case value::Kind::kInt: {
      std::int64_t number = 0;
      const char* end = member.key.data() + member.key.size();
      if (std::from_chars(member.key.data(), end, number).ptr == end) return jinja::Value(number);
      return jinja::Value(member.key);
    }
    case value::Kind::kFloat: {
      double number = 0;
      const char* end = member.key.data() + member.key.size();
      if (std::from_chars(member.key.data(), end, number).ptr == end) return jinja::Value(number);
      return jinja::Value(member.key);
    }
    default: return jinja::Value(member.key);
  }
}

}  // namespace

namespace {

/// A YAML date or date-time as Python's reader makes it; the text if it is no valid one.
jinja::Value python_date(const std::string& text) {
  if (text.size() <= 10) return jinja::date_from_iso(text).value_or(jinja::Value(text));
  std::string_view time = std::string_view(text).substr(10);
  time.remove_prefix(std::min(time.find_first_not_of(" \tTt"), time.size()));
  std::string iso = text.substr(0, 10) + "T" + std::string(time);
  std::erase(iso, ' ');
  if (iso.back() == 'z' || iso.back() == 'Z') {
    iso.pop_back();
    iso += "+00:00";
  }
  return jinja::datetime_from_iso(iso).value_or(jinja::Value(text));
}

}  // namespace

jinja::Value to_jinja(const value::Value& value) {
  switch (value.kind()) {
    case value::Kind::kNull: return jinja::Value::none();
    case value::Kind::kBool: return jinja::Value(value.as_bool());
    case value::Kind::kInt: return jinja::Value(value.as_int());
    case value::Kind::kFloat: return jinja::Value(value.as_double());
    case value::Kind::kString: return jinja::Value(value.as_string());
    case value::Kind::kTimestamp: return python_date(value.as_string());
    case value::Kind::kList: {
      std::vector<jinja::Value> items;
      items.reserve(value.as_list().size());
      for (const value::Value& item : value.as_list()) items.push_back(to_jinja(item));
      return jinja::Value::list(std::move(items));
    }
    case value::Kind::kMap: {
      jinja::Value dict = jinja::Value::dict();
      jinja::Dict& target = dict.mutable_dict();
      target.reserve(value.as_map().size());
      for (const value::Member& member : value.as_map()) {
        if (member.key_kind == value::Kind::kString) {
          target.set(std::string_view(member.key), to_jinja(member.value));
        } else {
          target.set(python_key(member), to_jinja(member.value));
        }
      }
      return dict;
    }
  }
  return jinja::Value::none();
}

value::Value from_jinja(const jinja::Value& value) {
  using jinja::Kind;
  switch (value.kind()) {
    case Kind::kNone:
    case Kind::kUndefined: return value::Value();
    case Kind::kBool: return value::Value(value.as_bool());
    case Kind::kInt: return value::Value(value.as_int());
    case Kind::kFloat: return value::Value(value.as_float());
    case Kind::kStr: return value::Value(value.as_str());
    case Kind::kBigInt: return value::Value(value.to_str());
    case Kind::kList:
    case Kind::kTuple: {
      value::Value list = value::Value::list();
      list.edit_list().reserve(value.items().size());
      for (const jinja::Value& item : value.items()) list.push(from_jinja(item));
      return list;
    }
    case Kind::kSet: {
      value::Value list = value::Value::list();
      for (const auto& entry : value.as_set()) list.push(from_jinja(entry.key));
      return list;
    }
    case Kind::kDict: {
      value::Value map = value::Value::map();
      map.edit_map().reserve(value.as_dict().size());
      for (const auto& entry : value.as_dict()) {
        map.edit_map().push_back({entry.key.to_str(), from_jinja(entry.value), {}, {}});
        map.edit_map().back().key_kind = value::Kind::kString;
      }
      return map;
    }
    case Kind::kObject: {
      if (jinja::is_date(value)) {
        return value::Value::timestamp(value::iso_timestamp(value.to_str()));
      }
      if (std::optional<jinja::Value> plain = value.as_object()->to_json_value()) {
        return from_jinja(*plain);
      }
      return value::Value(value.to_str());
    }
  }
  return value::Value();
}

namespace {

void append_python_repr(const value::Value& value, std::string& out);

void append_timestamp_repr(const std::string& text, std::string& out) {
  // 2024-01-31 is a date; anything longer a date-time.
  const bool date = text.size() <= 10;
  out += date ? "datetime.date(" : "datetime.datetime(";
  std::string number;
  bool first = true;
  const auto flush = [&] {
    if (number.empty()) return;
    const std::size_t start = std::min(number.find_first_not_of('0'), number.size() - 1);
    if (!first) out += ", ";
    out += number.substr(start);
    first = false;
    number.clear();
  };
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      number += c;
    } else {
      flush();
    }
  }
  flush();
  out += ')';
}

void append_python_repr(const value::Value& value, std::string& out) {
  switch (value.kind()) {
    case value::Kind::kNull: out += "None"; return;
    case value::Kind::kBool: out += value.as_bool() ? "True" : "False"; return;
    case value::Kind::kInt: out += std::to_string(value.as_int()); return;
    case value::Kind::kFloat: out += jinja::float_repr(value.as_double()); return;
    case value::Kind::kString: jinja::append_str_repr(value.as_string(), out); return;
    case value::Kind::kTimestamp: append_timestamp_repr(value.as_string(), out); return;
    case value::Kind::kList: {
      out += '[';
      bool first = true;
      for (const value::Value& item : value.as_list()) {
        if (!first) out += ", ";
        first = false;
        append_python_repr(item, out);
      }
      out += ']';
      return;
    }
    case value::Kind::kMap: {
      out += '{';
      bool first = true;
      for (const value::Member& member : value.as_map()) {
        if (!first) out += ", ";
        first = false;
        append_python_key(member, out);
        out += ": ";
        append_python_repr(member.value, out);
      }
      out += '}';
      return;
    }
  }
}

}  // namespace

void append_python_key(const value::Member& member, std::string& out) {
  if (member.key_kind == value::Kind::kString) {
    jinja::append_str_repr(member.key, out);
  } else {
    python_key(member).append_repr(out);
  }
}

std::string python_str(const value::Value& value) {
  if (value.kind() == value::Kind::kString || value.kind() == value::Kind::kTimestamp) {
    return value.as_string();
  }
  return python_repr(value);
}

std::string python_repr(const value::Value& value) {
  std::string out;
  append_python_repr(value, out);
  return out;
}

}  // namespace floe::dbt
