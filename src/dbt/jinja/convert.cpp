// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/convert.h"

#include "dbt/jinja/modules/modules.h"
#include "dbt/jinja/number.h"
#include "dbt/jinja/object.h"
#include "dbt/jinja/text_ops.h"

namespace floe::jinja {

namespace {

Value timestamp(const std::string& text) {
  if (auto day = date_from_iso(text)) return *day;
  if (auto moment = datetime_from_iso(text)) return *moment;
  return Value(text);
}

Value document_key(const value::Member& member) {
  switch (member.key_kind) {
    case value::Kind::kNull: return Value();
    case value::Kind::kBool: {
      const char first = member.key.empty() ? 'f' : static_cast<char>(member.key[0] | 32);
      const bool on = member.key.size() == 2 && first == 'o' && (member.key[1] | 32) == 'n';
      return Value(first == 't' || first == 'y' || on);
    }
    case value::Kind::kInt:
      if (auto number = parse_int(member.key, 0)) return *number;
      break;
    case value::Kind::kFloat:
      if (auto number = parse_float(member.key)) return Value(*number);
      break;
    case value::Kind::kTimestamp: return timestamp(member.key);
    default: break;
  }
  return Value(member.key);
}

}  // namespace

Value from_document(const value::Value& document) {
  check_stack();
  switch (document.kind()) {
    case value::Kind::kNull: return Value();
    case value::Kind::kBool: return Value(document.as_bool());
    case value::Kind::kInt: return Value(document.as_int());
    case value::Kind::kFloat: return Value(document.as_double());
    case value::Kind::kString: return Value(document.as_string());
    case value::Kind::kTimestamp: return timestamp(document.as_string());
    case value::Kind::kList: {
      std::vector<Value> items;
      items.reserve(document.as_list().size());
      for (const value::Value& item : document.as_list()) items.push_back(from_document(item));
      return Value::list(std::move(items));
    }
    case value::Kind::kMap: {
      Value dict = Value::dict();
      dict.mutable_dict().reserve(document.as_map().size());
      for (const value::Member& member : document.as_map()) {
        dict.mutable_dict().set(document_key(member), from_document(member.value));
      }
      return dict;
    }
  }
  return Value();
}

value::Value to_document(const Value& value) {
  check_stack();
  switch (value.kind()) {
    case Kind::kNone:
    case Kind::kUndefined: return value::Value(nullptr);
    case Kind::kBool: return value::Value(value.as_bool());
    case Kind::kInt: return value::Value(value.as_int());
    case Kind::kBigInt: return value::Value(number_to_double(value));
    case Kind::kFloat: return value::Value(value.as_float());
    case Kind::kStr: return value::Value(value.as_str());
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kSet: {
      value::Value list = value::Value::list();
      for (const Value& item : collect(value)) list.push(to_document(item));
      return list;
    }
    case Kind::kDict: {
      value::Value map = value::Value::map();
      for (const auto& entry : value.as_dict()) {
        map.set(entry.key.to_str(), to_document(entry.value));
      }
      return map;
    }
    case Kind::kObject:
      if (auto plain = value.as_object()->to_json_value()) return to_document(*plain);
      return value::Value(value.to_str());
  }
  return value::Value(nullptr);
}

}  // namespace floe::jinja
