// SPDX-License-Identifier: Apache-2.0
// A Jinja value: Python's data model in 16 bytes, shared by reference, safe to share between
// threads when not mutated.
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace floe::jinja {

/// What a Value holds. kBigInt is an int that does not fit 64 bits; to templates both are `int`.
enum class Kind : std::uint8_t {
  kNone,
  kUndefined,
  kBool,
  kInt,
  kBigInt,
  kFloat,
  kStr,
  kList,
  kTuple,
  kDict,
  kSet,
  kObject,
};

/// The subclasses of str that templates can meet: markup (tojson, escape, safe) and the native
/// markers (as_text, ...).
enum class StrKind : std::uint8_t { kPlain, kMarkup, kText, kNative, kBool, kNumber };

/// How an undefined value behaves when it is used.
enum class UndefinedMode : std::uint8_t {
  kStandard,  ///< execution: printing gives "", any other use raises "'x' is undefined"
  kLenient,   ///< parse pass: attributes, items and calls give undefined again
};

class Value;
class Dict;
class Object;
struct StrData;
struct SeqData;
struct DictData;
struct SetData;
struct BigIntData;
struct UndefinedData;

/// The shared part of everything a Value points to.
struct Payload {
  Payload() = default;
  Payload(const Payload&) noexcept {}
  Payload& operator=(const Payload&) noexcept { return *this; }
  virtual ~Payload() = default;
  mutable std::atomic<std::uint32_t> refs{1};
};

struct StrData : Payload {
  std::string text;
  StrKind kind = StrKind::kPlain;
  mutable std::atomic<std::int64_t> length{-1};  // in code points, once asked
  mutable std::atomic<std::uint64_t> hash{0};
};

class Value {
 public:
  /// None.
  Value() noexcept : kind_(Kind::kNone) { data_.integer = 0; }
  Value(std::nullptr_t) noexcept : Value() {}
  template <std::same_as<bool> T>
  Value(T value) noexcept : kind_(Kind::kBool) {
    data_.integer = value ? 1 : 0;
  }
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  Value(T value) noexcept : kind_(Kind::kInt) {
    data_.integer = static_cast<std::int64_t>(value);
  }
  Value(double value) noexcept : kind_(Kind::kFloat) { data_.real = value; }
  Value(std::string text);
  Value(std::string_view text);
  Value(const char* text) : Value(std::string_view(text)) {}
  Value(const Value& other) noexcept : kind_(other.kind_), data_(other.data_) { retain(); }
  Value(Value&& other) noexcept : kind_(other.kind_), data_(other.data_) {
    other.kind_ = Kind::kNone;
  }
  Value& operator=(const Value& other) noexcept {
    Value copy(other);
    swap(copy);
    return *this;
  }
  Value& operator=(Value&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Value() { release(); }
  void swap(Value& other) noexcept {
    std::swap(kind_, other.kind_);
    std::swap(data_, other.data_);
  }

  // Making values.
  static Value none() { return Value(); }
  static Value str(std::string text) { return Value(std::move(text)); }
  static Value str(std::string text, StrKind kind);
  static Value list(std::vector<Value> items = {});
  static Value tuple(std::vector<Value> items = {});
  static Value dict();
  static Value dict(std::initializer_list<std::pair<std::string_view, Value>> items);
  /// An empty dict that calls itself OrderedDict.
  static Value ordered_dict();
  static Value set(std::vector<Value> items = {});
  /// An integer written in decimal digits (with an optional sign), of any size.
  static Value integer(std::string_view digits);
  /// `name` is undefined; errors then say "'name' is undefined".
  /// The mark of a variable that was never assigned (internal to the evaluator).
  static Value missing() noexcept { return undefined(static_cast<UndefinedData*>(nullptr)); }
  bool is_missing() const noexcept {
    return kind_ == Kind::kUndefined && data_.undefined == nullptr;
  }
  static Value undefined(std::string_view name, UndefinedMode mode = UndefinedMode::kStandard);
  /// Undefined with a message of its own.
  static Value undefined_hint(std::string hint, UndefinedMode mode = UndefinedMode::kStandard);
  static Value undefined(UndefinedData* data);
  static Value big(BigIntData* data);
  /// One more reference to an existing text.
  static Value shared_str(StrData* data) noexcept {
    data->refs.fetch_add(1, std::memory_order_relaxed);
    Value value;
    value.kind_ = Kind::kStr;
    value.data_.str = data;
    return value;
  }
  /// Takes over one reference to `object`.
  static Value object(Object* object);

  // What it is.
  Kind kind() const noexcept { return kind_; }
  bool is_undefined() const noexcept { return kind_ == Kind::kUndefined; }
  bool is_none() const noexcept { return kind_ == Kind::kNone; }
  bool is_bool() const noexcept { return kind_ == Kind::kBool; }
  bool is_int() const noexcept { return kind_ == Kind::kInt || kind_ == Kind::kBigInt; }
  bool is_float() const noexcept { return kind_ == Kind::kFloat; }
  bool is_number() const noexcept { return kind_ >= Kind::kBool && kind_ <= Kind::kFloat; }
  bool is_str() const noexcept { return kind_ == Kind::kStr; }
  bool is_list() const noexcept { return kind_ == Kind::kList; }
  bool is_tuple() const noexcept { return kind_ == Kind::kTuple; }
  bool is_dict() const noexcept { return kind_ == Kind::kDict; }
  bool is_set() const noexcept { return kind_ == Kind::kSet; }
  bool is_object() const noexcept { return kind_ == Kind::kObject; }
  /// None or undefined.
  bool is_nothing() const noexcept { return kind_ <= Kind::kUndefined; }
  bool is_mapping() const;
  bool is_callable() const;
  /// type(x).__name__ as Python says it ("str", "NoneType", "DuckDBRelation").
  std::string type_name() const;

  // Reading; the kind must be right (asserted by a TypeError).
  bool as_bool() const noexcept { return data_.integer != 0; }
  std::int64_t as_int() const noexcept { return data_.integer; }
  double as_float() const noexcept { return data_.real; }
  const std::string& as_str() const;
  StrKind str_kind() const noexcept;
  /// Items of a list or tuple. A list is shared: changes are seen by every holder.
  const std::vector<Value>& items() const;
  std::vector<Value>& mutable_items();
  const Dict& as_dict() const;
  Dict& mutable_dict();
  /// A set's members are the keys of this dict.
  const Dict& as_set() const;
  Dict& mutable_set();
  Object* as_object() const noexcept { return kind_ == Kind::kObject ? data_.object : nullptr; }
  const BigIntData& as_big() const { return *data_.big; }
  const UndefinedData* undefined_data() const noexcept {
    return kind_ == Kind::kUndefined ? data_.undefined : nullptr;
  }
  const StrData* str_data() const noexcept { return data_.str; }
  /// The object if it is a T, else null.
  template <class T>
  T* as() const {
    return kind_ == Kind::kObject ? dynamic_cast<T*>(data_.object) : nullptr;
  }

  // Dict convenience: string keys.
  /// d[key] or None when missing (or not a dict).
  Value get(std::string_view key) const;
  bool has(std::string_view key) const;
  void set(std::string_view key, Value value);
  void append(Value item) { mutable_items().push_back(std::move(item)); }
  /// The text of a str, else `fallback`.
  std::string str_or(std::string_view fallback) const;

  // Python's protocols. They throw TemplateError (TypeError, ...) like Python does.
  bool truthy() const;
  /// len(x).
  std::size_t length() const;
  /// str(x).
  std::string to_str() const;
  void append_str(std::string& out) const;
  /// repr(x).
  std::string repr() const;
  void append_repr(std::string& out) const;
  bool equals(const Value& other) const;
  /// The `is` operator.
  bool same(const Value& other) const noexcept;
  /// hash(x); TypeError "unhashable type: 'list'".
  std::uint64_t hash() const;
  /// < : TypeError when the kinds have no order.
  bool less(const Value& other) const;
  /// `item in x`.
  bool contains(const Value& item) const;
  /// Independent copy of lists, tuples, dicts and sets, all the way down; objects are shared.
  Value deep_copy() const;

  friend bool operator==(const Value& a, const Value& b) { return a.equals(b); }

 private:
  union Data {
    std::int64_t integer;
    double real;
    StrData* str;
    SeqData* seq;
    DictData* dict;
    SetData* set;
    BigIntData* big;
    UndefinedData* undefined;
    Object* object;
    Payload* payload;
  };
  bool counted() const noexcept {
    return kind_ >= Kind::kStr || kind_ == Kind::kBigInt ||
           (kind_ == Kind::kUndefined && data_.undefined != nullptr);
  }
  void retain() const noexcept;
  void release() noexcept;
  void destroy() noexcept;

  Kind kind_;
  Data data_;
};

/// json.dumps(value): ", " and ": " between items, non-ASCII escaped.
struct JsonStyle {
  bool sort_keys = false;
  bool ensure_ascii = true;
  int indent = -1;       ///< spaces a level; -1 is one line
  bool compact = false;  ///< "," and ":" without spaces
};
std::string to_json(const Value& value, const JsonStyle& style = {});
/// json.loads(text); ValueError with Python's message on bad input.
Value from_json(std::string_view text);

/// Python's ast.literal_eval of a text; nothing when it is not a literal.
std::optional<Value> literal_eval(std::string_view text);

/// repr() of a float and of a str, as Python writes them.
std::string float_repr(double value);
void append_str_repr(std::string_view text, std::string& out);

/// Insertion-ordered hash map with Python's key equality (1 == 1.0 == True).
class Dict {
 public:
  struct Entry {
    Value key;
    Value value;
    std::uint64_t hash = 0;
    bool live = true;
  };
  class Iterator {
   public:
    Iterator(const Entry* at, const Entry* end) : at_(at), end_(end) { skip(); }
    const Entry& operator*() const { return *at_; }
    const Entry* operator->() const { return at_; }
    Iterator& operator++() {
      ++at_;
      skip();
      return *this;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.at_ == b.at_; }

   private:
    void skip() {
      while (at_ != end_ && !at_->live) ++at_;
    }
    const Entry* at_;
    const Entry* end_;
  };

  std::size_t size() const noexcept { return live_; }
  bool empty() const noexcept { return live_ == 0; }
  Iterator begin() const { return {entries_.data(), entries_.data() + entries_.size()}; }
  Iterator end() const {
    return {entries_.data() + entries_.size(), entries_.data() + entries_.size()};
  }
  /// The value under a key, or null.
  const Value* find(const Value& key) const;
  const Value* find(std::string_view key) const;
  const Value* find(const std::string& key) const { return find(std::string_view(key)); }
  const Value* find(const char* key) const { return find(std::string_view(key)); }
  Value* find_mutable(const Value& key) { return const_cast<Value*>(find(key)); }
  bool contains(const Value& key) const { return find(key) != nullptr; }
  void set(const Value& key, Value value);
  void set(std::string_view key, Value value) { set(Value(key), std::move(value)); }
  void set(const std::string& key, Value value) { set(Value(key), std::move(value)); }
  void set(const char* key, Value value) { set(Value(key), std::move(value)); }
  /// Takes a key out; false when it was not there.
  bool erase(const Value& key);
  void clear();
  void reserve(std::size_t count) { entries_.reserve(count); }
  /// All slots including erased ones (`live` false): for iteration that survives changes.
  const std::vector<Entry>& slots() const noexcept { return entries_; }
  std::vector<Value> keys() const;

 private:
  std::size_t locate(std::uint64_t hash, const Value& key) const;
  std::size_t locate(std::uint64_t hash, std::string_view key) const;
  template <class Match>
  std::size_t probe(std::uint64_t hash, Match match) const;
  void add_index(std::size_t entry);
  void rebuild();

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> index_;  // open addressing, entry number + 1; empty while small
  std::size_t live_ = 0;
};

struct SeqData : Payload {
  std::vector<Value> items;
};
struct DictData : Payload {
  Dict dict;
  bool ordered = false;  ///< a collections.OrderedDict: only its name and its repr() differ
};
struct SetData : Payload {
  Dict members;
};
struct UndefinedData : Payload {
  std::string name;
  bool has_name = false;
  std::string hint;
  std::string
      object_type;      ///< "dict object": what lacked the attribute; "" when a variable is missing
  std::string element;  ///< repr of a missing element that is not a str
  UndefinedMode mode = UndefinedMode::kStandard;
  bool security = false;
  /// "'x' is undefined", "'dict object' has no attribute 'x'", ...
  std::string message() const;
};

/// Raises what using an undefined value raises.
[[noreturn]] void raise_undefined(const UndefinedData* data);

/// An interned name: comparison is a pointer comparison, and it carries a ready-made str Value.
class Name {
 public:
  Name() = default;
  explicit Name(std::string_view text);
  std::string_view view() const { return data_ == nullptr ? std::string_view() : data_->text; }
  std::string string() const { return std::string(view()); }
  /// The name as a str Value (shared, with its hash computed).
  Value value() const;
  explicit operator bool() const { return data_ != nullptr; }
  std::size_t hash() const { return reinterpret_cast<std::size_t>(data_) >> 4; }
  friend bool operator==(Name a, Name b) { return a.data_ == b.data_; }
  friend bool operator==(Name a, std::string_view b) { return a.view() == b; }
  const StrData* data() const { return data_; }

 private:
  const StrData* data_ = nullptr;
};

inline void Value::retain() const noexcept {
  if (counted()) data_.payload->refs.fetch_add(1, std::memory_order_relaxed);
}
inline void Value::release() noexcept {
  if (counted() && data_.payload->refs.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy();
}

}  // namespace floe::jinja

template <>
struct std::hash<floe::jinja::Name> {
  std::size_t operator()(floe::jinja::Name name) const noexcept { return name.hash(); }
};
