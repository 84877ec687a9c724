// SPDX-License-Identifier: Apache-2.0
// A tree of YAML or JSON data that remembers where each value and key stood.
#pragma once

#include "diag/source.h"
#include "value/shared.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace floe::value {

class Value;

/// One `key: value` of a mapping. Keys are kept as text; `key_kind` says what a YAML 1.1 reader
/// would have made of a plain key (dbt's projects can have True/False/None/number keys).
struct Member;

/// What a Value holds. kTimestamp is a YAML 1.1 date or date-time (text kept as written).
enum class Kind { kNull, kBool, kInt, kFloat, kString, kTimestamp, kList, kMap };

/// Data of a YAML or JSON document. Maps keep their order. A value type: copies share lists and
/// maps until one is changed through edit…() or set(), so that copying costs nothing.
class Value {
 public:
  using List = std::vector<Value>;
  using Map = std::vector<Member>;

  Value();
  Value(std::nullptr_t);
  Value(bool value);
  Value(int value);
  Value(std::int64_t value);
  Value(double value);
  Value(std::string value);
  Value(std::string_view value);
  Value(const char* value);
  static Value timestamp(std::string text);
  static Value list(List items = {});
  /// A list of strings.
  static Value texts(const std::vector<std::string>& items);
  static Value map();
  static Value map(Map members);

  Value(const Value&);
  Value(Value&&) noexcept;
  Value& operator=(const Value&);
  Value& operator=(Value&&) noexcept;
  ~Value();

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::kNull; }
  bool is_bool() const { return kind_ == Kind::kBool; }
  bool is_int() const { return kind_ == Kind::kInt; }
  bool is_number() const { return kind_ == Kind::kInt || kind_ == Kind::kFloat; }
  bool is_string() const { return kind_ == Kind::kString; }
  bool is_list() const { return kind_ == Kind::kList; }
  bool is_map() const { return kind_ == Kind::kMap; }

  /// The content; each throws std::logic_error if the kind is another.
  bool as_bool() const;
  std::int64_t as_int() const;
  double as_double() const;              // also of kInt
  const std::string& as_string() const;  // also of kTimestamp
  const List& as_list() const;
  const Map& as_map() const;
  /// The same, to be changed at once: not after the value has been copied again.
  List& edit_list();
  Map& edit_map();

  /// The member's value, or nullptr if this is no map or has no such key (last one wins).
  const Value* find(std::string_view key) const;
  /// The same, to be changed at once.
  Value* edit(std::string_view key);
  /// The member's value at a dotted path ("a.b.c"), or nullptr.
  const Value* find_path(std::string_view dotted) const;
  /// Sets or adds a member; this must be a map.
  Value& set(std::string key, Value value);
  /// Sets all members of another map.
  void update(const Value& more);
  bool erase(std::string_view key);
  void push(Value value);  // this must be a list
  /// Where two maps or two lists are the same by sharing: equal and not null. Null of other kinds.
  const void* identity() const;
  bool empty() const;  // an empty list, map, string, or null
  std::size_t size() const;

  /// Equal in content; spans and quoting do not count. 1 and 1.0 differ.
  bool operator==(const Value& other) const;

  /// Where the value stood; {} if it was made in memory.
  diag::Span span;
  /// Whether a YAML scalar was quoted or in block style (never true for other kinds).
  bool quoted = false;

  /// The kind in words for messages: "a string", "a list", …
  std::string_view kind_name() const;

 private:
  Kind kind_ = Kind::kNull;
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Shared<List>, Shared<Map>>
      data_;
};

struct Member {
  std::string key;
  Value value;
  diag::Span key_span;
  Kind key_kind = Kind::kString;
};

}  // namespace floe::value
