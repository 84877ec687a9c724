// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/value.h"

#include "dbt/jinja/number.h"
#include "dbt/jinja/object.h"
#include "dbt/jinja/text_ops.h"
#include "dbt/jinja/unicode.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <mutex>
#include <shared_mutex>
#include <unordered_set>

namespace floe::jinja {

namespace {

StrData* new_str(std::string text, StrKind kind) {
  auto* data = new StrData;
  data->text = std::move(text);
  data->kind = kind;
  return data;
}

[[noreturn]] void wrong_kind(const char* wanted, const Value& value) {
  raise_type_error(fmt::format("expected {}, got '{}'", wanted, value.type_name()));
}

std::uint64_t mix(std::uint64_t h) {
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccdULL;
  h ^= h >> 33;
  return h;
}

std::uint64_t hash_text(std::string_view text) {
  const std::uint64_t h = std::hash<std::string_view>{}(text);
  return h == 0 ? 1 : h;
}

}  // namespace

Value::Value(std::string text) : kind_(Kind::kStr) {
  data_.str = new_str(std::move(text), StrKind::kPlain);
}
Value::Value(std::string_view text) : Value(std::string(text)) {}

Value Value::str(std::string text, StrKind kind) {
  Value value;
  value.data_.str = new_str(std::move(text), kind);
  value.kind_ = Kind::kStr;
  return value;
}

Value Value::list(std::vector<Value> items) {
  Value value;
  value.data_.seq = new SeqData;
  value.data_.seq->items = std::move(items);
  value.kind_ = Kind::kList;
  return value;
}

Value Value::tuple(std::vector<Value> items) {
  Value value = list(std::move(items));
  value.kind_ = Kind::kTuple;
  return value;
}

Value Value::dict() {
  Value value;
  value.data_.dict = new DictData;
  value.kind_ = Kind::kDict;
  return value;
}

Value Value::ordered_dict() {
  Value value = dict();
  value.data_.dict->ordered = true;
  return value;
}

Value Value::dict(std::initializer_list<std::pair<std::string_view, Value>> items) {
  Value value = dict();
  for (const auto& [key, item] : items) value.data_.dict->dict.set(key, item);
  return value;
}

Value Value::set(std::vector<Value> items) {
  Value value;
  value.data_.set = new SetData;
  value.kind_ = Kind::kSet;
  for (Value& item : items) {
    if (!value.data_.set->members.contains(item)) value.data_.set->members.set(item, Value());
  }
  return value;
}

Value Value::undefined(UndefinedData* data) {
  Value value;
  value.data_.undefined = data;
  value.kind_ = Kind::kUndefined;
  return value;
}

Value Value::big(BigIntData* data) {
  Value value;
  value.data_.big = data;
  value.kind_ = Kind::kBigInt;
  return value;
}

Value Value::undefined(std::string_view name, UndefinedMode mode) {
  auto* data = new UndefinedData;
  data->name = std::string(name);
  data->has_name = true;
  data->mode = mode;
  return undefined(data);
}

Value Value::undefined_hint(std::string hint, UndefinedMode mode) {
  auto* data = new UndefinedData;
  data->hint = std::move(hint);
  data->mode = mode;
  return undefined(data);
}

Value Value::object(Object* object) {
  Value value;
  value.data_.object = object;
  value.kind_ = Kind::kObject;
  return value;
}

namespace {

// Values that wait for their turn when a chain of nested containers is torn down.
struct Graveyard {
  int depth = 0;
  std::vector<const Payload*> waiting;
};

}  // namespace

void Value::destroy() noexcept {
  if (kind_ == Kind::kStr) {
    delete data_.str;
    return;
  }
  constexpr int kMaxDepth = 200;
  thread_local Graveyard graveyard;
  if (graveyard.depth >= kMaxDepth) {
    graveyard.waiting.push_back(data_.payload);
    return;
  }
  ++graveyard.depth;
  delete data_.payload;
  --graveyard.depth;
  if (graveyard.depth > 0) return;
  while (!graveyard.waiting.empty()) {
    const Payload* next = graveyard.waiting.back();
    graveyard.waiting.pop_back();
    ++graveyard.depth;
    delete next;
    --graveyard.depth;
  }
}

bool Value::is_mapping() const {
  return kind_ == Kind::kDict || (kind_ == Kind::kObject && data_.object->is_mapping());
}

bool Value::is_callable() const {
  if (kind_ == Kind::kUndefined) return true;
  return kind_ == Kind::kObject && data_.object->callable();
}

std::string Value::type_name() const {
  switch (kind_) {
    case Kind::kNone: return "NoneType";
    case Kind::kUndefined: return "Undefined";
    case Kind::kBool: return "bool";
    case Kind::kInt:
    case Kind::kBigInt: return "int";
    case Kind::kFloat: return "float";
    case Kind::kStr:
      switch (data_.str->kind) {
        case StrKind::kPlain: return "str";
        case StrKind::kMarkup: return "Markup";
        case StrKind::kText: return "TextMarker";
        case StrKind::kNative: return "NativeMarker";
        case StrKind::kBool: return "BoolMarker";
        case StrKind::kNumber: return "NumberMarker";
      }
      return "str";
    case Kind::kList: return "list";
    case Kind::kTuple: return "tuple";
    case Kind::kDict: return data_.dict->ordered ? "OrderedDict" : "dict";
    case Kind::kSet: return "set";
    case Kind::kObject: return data_.object->type_name();
  }
  return "object";
}

const std::string& Value::as_str() const {
  if (kind_ != Kind::kStr) wrong_kind("str", *this);
  return data_.str->text;
}

StrKind Value::str_kind() const noexcept {
  return kind_ == Kind::kStr ? data_.str->kind : StrKind::kPlain;
}

const std::vector<Value>& Value::items() const {
  if (kind_ != Kind::kList && kind_ != Kind::kTuple) wrong_kind("list", *this);
  return data_.seq->items;
}

std::vector<Value>& Value::mutable_items() {
  if (kind_ != Kind::kList && kind_ != Kind::kTuple) wrong_kind("list", *this);
  return data_.seq->items;
}

const Dict& Value::as_dict() const {
  if (kind_ != Kind::kDict) wrong_kind("dict", *this);
  return data_.dict->dict;
}

Dict& Value::mutable_dict() {
  if (kind_ != Kind::kDict) wrong_kind("dict", *this);
  return data_.dict->dict;
}

const Dict& Value::as_set() const {
  if (kind_ != Kind::kSet) wrong_kind("set", *this);
  return data_.set->members;
}

Dict& Value::mutable_set() {
  if (kind_ != Kind::kSet) wrong_kind("set", *this);
  return data_.set->members;
}

Value Value::get(std::string_view key) const {
  if (kind_ != Kind::kDict) return Value();
  const Value* found = data_.dict->dict.find(key);
  return found == nullptr ? Value() : *found;
}

bool Value::has(std::string_view key) const {
  return kind_ == Kind::kDict && data_.dict->dict.find(key) != nullptr;
}

void Value::set(std::string_view key, Value value) { mutable_dict().set(key, std::move(value)); }

std::string Value::str_or(std::string_view fallback) const {
  return kind_ == Kind::kStr ? data_.str->text : std::string(fallback);
}

bool Value::truthy() const {
  switch (kind_) {
    case Kind::kNone:
    case Kind::kUndefined: return false;
    case Kind::kBool:
    case Kind::kInt: return data_.integer != 0;
    case Kind::kBigInt: return true;
    case Kind::kFloat: return data_.real != 0;
    case Kind::kStr: return !data_.str->text.empty();
    case Kind::kList:
    case Kind::kTuple: return !data_.seq->items.empty();
    case Kind::kDict: return !data_.dict->dict.empty();
    case Kind::kSet: return !data_.set->members.empty();
    case Kind::kObject: return data_.object->truthy();
  }
  return false;
}

std::size_t Value::length() const {
  switch (kind_) {
    case Kind::kUndefined: return 0;
    case Kind::kStr: {
      std::int64_t known = data_.str->length.load(std::memory_order_relaxed);
      if (known < 0) {
        known = static_cast<std::int64_t>(count_points(data_.str->text));
        data_.str->length.store(known, std::memory_order_relaxed);
      }
      return static_cast<std::size_t>(known);
    }
    case Kind::kList:
    case Kind::kTuple: return data_.seq->items.size();
    case Kind::kDict: return data_.dict->dict.size();
    case Kind::kSet: return data_.set->members.size();
    case Kind::kObject:
      if (auto size = data_.object->length()) return *size;
      break;
    default: break;
  }
  raise_type_error(fmt::format("object of type '{}' has no len()", type_name()));
}

std::string Value::to_str() const {
  if (kind_ == Kind::kStr) return data_.str->text;
  std::string out;
  append_str(out);
  return out;
}

void Value::append_str(std::string& out) const {
  switch (kind_) {
    case Kind::kStr: out += data_.str->text; return;
    case Kind::kUndefined: return;
    case Kind::kInt: {
      char digits[24];
      const auto end = std::to_chars(digits, digits + sizeof digits, data_.integer).ptr;
      out.append(digits, end);
      return;
    }
    case Kind::kObject: out += data_.object->str(); return;
    default: append_repr(out);
  }
}

std::string Value::repr() const {
  std::string out;
  append_repr(out);
  return out;
}

namespace {

// Containers being printed by this thread: one inside itself prints as [...].
class ReprGuard {
 public:
  explicit ReprGuard(const void* at) {
    for (const void* open : stack()) {
      if (open == at) recursive_ = true;
    }
    constexpr std::size_t kMostNested = 1000;
    if (stack().size() >= kMostNested) {
      raise(ErrorType::kRecursion,
            "maximum recursion depth exceeded while getting the repr of an object");
    }
    if (!recursive_) stack().push_back(at);
  }
  ~ReprGuard() {
    if (!recursive_) stack().pop_back();
  }
  bool recursive() const { return recursive_; }

 private:
  static std::vector<const void*>& stack() {
    thread_local std::vector<const void*> open;
    return open;
  }
  bool recursive_ = false;
};

void repr_items(const std::vector<Value>& items, std::string& out) {
  bool first = true;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!first) out += ", ";
    first = false;
    items[i].append_repr(out);
  }
}

void repr_dict(const Dict& dict, std::string& out) {
  out += '{';
  bool first = true;
  for (const auto& entry : dict) {
    if (!first) out += ", ";
    first = false;
    entry.key.append_repr(out);
    out += ": ";
    entry.value.append_repr(out);
  }
  out += '}';
}

void repr_ordered_dict(const Dict& dict, std::string& out) {
  out += "OrderedDict(";
  bool first = true;
  for (const auto& entry : dict) {
    out += first ? "[(" : ", (";
    first = false;
    entry.key.append_repr(out);
    out += ", ";
    entry.value.append_repr(out);
    out += ')';
  }
  out += first ? ")" : "])";
}

void repr_set(const Dict& members, std::string& out) {
  if (members.empty()) {
    out += "set()";
    return;
  }
  out += '{';
  bool first = true;
  for (const auto& entry : members) {
    if (!first) out += ", ";
    first = false;
    entry.key.append_repr(out);
  }
  out += '}';
}

}  // namespace

void Value::append_repr(std::string& out) const {
  switch (kind_) {
    case Kind::kNone: out += "None"; return;
    case Kind::kUndefined: out += "Undefined"; return;
    case Kind::kBool: out += data_.integer != 0 ? "True" : "False"; return;
    case Kind::kInt:
    case Kind::kBigInt: out += int_to_string(*this); return;
    case Kind::kFloat: out += float_repr(data_.real); return;
    case Kind::kStr:
      if (data_.str->kind == StrKind::kMarkup) out += "Markup(";
      append_str_repr(data_.str->text, out);
      if (data_.str->kind == StrKind::kMarkup) out += ')';
      return;
    case Kind::kObject: out += data_.object->repr(); return;
    default: break;
  }
  check_stack();
  const ReprGuard guard(data_.payload);
  if (guard.recursive()) {
    out += kind_ == Kind::kDict ? "{...}" : kind_ == Kind::kTuple ? "(...)" : "[...]";
    return;
  }
  if (kind_ == Kind::kDict && data_.dict->ordered) {
    repr_ordered_dict(data_.dict->dict, out);
  } else if (kind_ == Kind::kDict) {
    repr_dict(data_.dict->dict, out);
  } else if (kind_ == Kind::kSet) {
    repr_set(data_.set->members, out);
  } else if (kind_ == Kind::kList) {
    out += '[';
    repr_items(data_.seq->items, out);
    out += ']';
  } else {
    out += '(';
    repr_items(data_.seq->items, out);
    out += data_.seq->items.size() == 1 ? ",)" : ")";
  }
}

bool Value::same(const Value& other) const noexcept {
  if (kind_ != other.kind_) return false;
  switch (kind_) {
    case Kind::kNone: return true;
    case Kind::kFloat: return data_.real == other.data_.real;
    case Kind::kStr:
      return data_.str == other.data_.str || data_.str->text == other.data_.str->text;
    case Kind::kTuple:
      return data_.seq == other.data_.seq ||
             (data_.seq->items.empty() && other.data_.seq->items.empty());
    case Kind::kUndefined: return data_.undefined == other.data_.undefined;
    default: return data_.integer == other.data_.integer;
  }
}

namespace {

bool equal_items(const std::vector<Value>& a, const std::vector<Value>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!a[i].same(b[i]) && !a[i].equals(b[i])) return false;
  }
  return true;
}

bool equal_dicts(const Dict& a, const Dict& b, bool values) {
  if (a.size() != b.size()) return false;
  for (const auto& entry : a) {
    const Value* other = b.find(entry.key);
    if (other == nullptr) return false;
    if (values && !entry.value.same(*other) && !entry.value.equals(*other)) return false;
  }
  return true;
}

}  // namespace

bool Value::equals(const Value& other) const {
  if (kind_ == Kind::kStr && other.kind_ == Kind::kStr) {
    return data_.str == other.data_.str || data_.str->text == other.data_.str->text;
  }
  if (is_number() && other.is_number()) return compare_numbers(*this, other) == 0;
  if (kind_ == Kind::kObject) return data_.object->equals(other);
  if (other.kind_ == Kind::kObject) return other.data_.object->equals(*this);
  if (kind_ != other.kind_) return false;
  switch (kind_) {
    case Kind::kNone:
    case Kind::kUndefined: return true;
    default: break;
  }
  if (data_.payload == other.data_.payload) return true;
  check_stack();
  if (kind_ == Kind::kDict) return equal_dicts(data_.dict->dict, other.data_.dict->dict, true);
  if (kind_ == Kind::kSet) return equal_dicts(data_.set->members, other.data_.set->members, false);
  return equal_items(data_.seq->items, other.data_.seq->items);
}

std::uint64_t Value::hash() const {
  switch (kind_) {
    case Kind::kNone: return 0x9e3779b97f4a7c15ULL;
    case Kind::kUndefined: return 0x51ed270b5a3c11d1ULL;
    case Kind::kBool:
    case Kind::kInt: return mix(static_cast<std::uint64_t>(data_.integer));
    case Kind::kBigInt: return hash_text(int_to_base(*this, 16));
    case Kind::kFloat: {
      const double whole = std::trunc(data_.real);
      if (whole == data_.real && std::fabs(whole) < 9.2e18) {
        return mix(static_cast<std::uint64_t>(static_cast<std::int64_t>(whole)));
      }
      if (whole == data_.real && std::isfinite(whole)) return int_from_double(whole).hash();
      std::uint64_t bits = 0;
      std::memcpy(&bits, &data_.real, sizeof bits);
      return mix(bits);
    }
    case Kind::kStr: {
      std::uint64_t known = data_.str->hash.load(std::memory_order_relaxed);
      if (known == 0) {
        known = hash_text(data_.str->text);
        data_.str->hash.store(known, std::memory_order_relaxed);
      }
      return known;
    }
    case Kind::kTuple: {
      check_stack();
      std::uint64_t h = 0x345678;
      for (const Value& item : data_.seq->items) h = mix(h * 1000003 + item.hash());
      return h;
    }
    case Kind::kObject:
      if (auto h = data_.object->hash()) return *h;
      break;
    default: break;
  }
  raise_type_error(fmt::format("unhashable type: '{}'", type_name()));
}

namespace {

[[noreturn]] void no_order(const Value& a, const Value& b) {
  raise_type_error(fmt::format("'<' not supported between instances of '{}' and '{}'",
                               operand_type(a), operand_type(b)));
}

}  // namespace

bool Value::less(const Value& other) const {
  if (kind_ == Kind::kStr && other.kind_ == Kind::kStr) {
    // UTF-8 sorts like code points.
    return data_.str->text < other.data_.str->text;
  }
  if (is_number() && other.is_number()) return compare_numbers(*this, other) == -1;
  if (is_undefined()) raise_undefined(data_.undefined);
  if (other.is_undefined()) raise_undefined(other.data_.undefined);
  if (kind_ == Kind::kObject) {
    if (auto order = data_.object->compare(other)) return *order < 0;
  }
  if (other.kind_ == Kind::kObject) {
    if (auto order = other.data_.object->compare(*this)) return *order > 0;
  }
  if (kind_ == other.kind_ && (kind_ == Kind::kList || kind_ == Kind::kTuple)) {
    check_stack();
    const auto& a = data_.seq->items;
    const auto& b = other.data_.seq->items;
    for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
      if (!a[i].same(b[i]) && !a[i].equals(b[i])) return a[i].less(b[i]);
    }
    return a.size() < b.size();
  }
  if (kind_ == Kind::kSet && other.kind_ == Kind::kSet) {
    for (const auto& entry : as_set()) {
      if (!other.as_set().contains(entry.key)) return false;
    }
    return as_set().size() < other.as_set().size();
  }
  no_order(*this, other);
}

bool Value::contains(const Value& item) const {
  switch (kind_) {
    case Kind::kStr:
      if (!item.is_str()) {
        raise_type_error(
            fmt::format("'in <string>' requires string as left operand, not {}", item.type_name()));
      }
      return data_.str->text.find(item.as_str()) != std::string::npos;
    case Kind::kList:
    case Kind::kTuple:
      for (const Value& own : data_.seq->items) {
        if (own.same(item) || own.equals(item)) return true;
      }
      return false;
    case Kind::kDict: return data_.dict->dict.contains(item);
    case Kind::kSet: return data_.set->members.contains(item);
    case Kind::kUndefined: return false;
    case Kind::kObject:
      if (auto known = data_.object->contains(item)) return *known;
      if (IteratorPtr iterator = data_.object->iterate()) {
        Value own;
        while (iterator->next(own)) {
          if (own.same(item) || own.equals(item)) return true;
        }
        return false;
      }
      break;
    default: break;
  }
  raise_type_error(fmt::format("argument of type '{}' is not iterable", type_name()));
}

Value Value::deep_copy() const {
  check_stack();
  switch (kind_) {
    case Kind::kList:
    case Kind::kTuple: {
      std::vector<Value> items;
      items.reserve(data_.seq->items.size());
      for (const Value& item : data_.seq->items) items.push_back(item.deep_copy());
      return kind_ == Kind::kList ? list(std::move(items)) : tuple(std::move(items));
    }
    case Kind::kDict: {
      Value copy = dict();
      copy.mutable_dict().reserve(data_.dict->dict.size());
      for (const auto& entry : data_.dict->dict) {
        copy.mutable_dict().set(entry.key, entry.value.deep_copy());
      }
      return copy;
    }
    case Kind::kSet: {
      Value copy = set();
      for (const auto& entry : data_.set->members) copy.mutable_set().set(entry.key, Value());
      return copy;
    }
    default: return *this;
  }
}

std::string float_repr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  if (value == 0) return std::signbit(value) ? "-0.0" : "0.0";
  char buffer[40];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  const std::size_t mark = text.find('e');
  const int exponent = std::atoi(std::string(text.substr(mark + 1)).c_str());
  const bool negative = text[0] == '-';
  std::string digits;
  for (const char c : text.substr(0, mark)) {
    if (c >= '0' && c <= '9') digits += c;
  }
  std::string out = negative ? "-" : "";
  if (exponent < -4 || exponent >= 16) {
    out += digits[0];
    if (digits.size() > 1) out += "." + digits.substr(1);
    out += fmt::format("e{}{:02d}", exponent < 0 ? '-' : '+', std::abs(exponent));
    return out;
  }
  const auto count = static_cast<int>(digits.size());
  if (exponent < 0) {
    out += "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  } else if (count <= exponent + 1) {
    out += digits + std::string(static_cast<std::size_t>(exponent + 1 - count), '0') + ".0";
  } else {
    const auto whole = static_cast<std::size_t>(exponent + 1);
    out += digits.substr(0, whole) + "." + digits.substr(whole);
  }
  return out;
}

void append_str_repr(std::string_view text, std::string& out) {
  const bool doubled =
      text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos;
  const char quote = doubled ? '"' : '\'';
  out += quote;
  std::size_t size = 0;
  const auto is_plain = [&](char c) { return c >= ' ' && c < 0x7f && c != quote && c != '\\'; };
  for (std::size_t at = 0; at < text.size(); at += size) {
    std::size_t end = at;
    while (end < text.size() && is_plain(text[end])) ++end;
    out += text.substr(at, end - at);
    if (end == text.size()) break;
    at = end;
    const std::uint32_t c = decode_at(text, at, size);
    if (c == static_cast<std::uint32_t>(quote) || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') out += "\\n";
    else if (c == '\r') out += "\\r";
    else if (c == '\t') out += "\\t";
    else if (is_printable(c)) out += text.substr(at, size);
    else if (c < 0x100) out += fmt::format("\\x{:02x}", c);
    else if (c < 0x10000) out += fmt::format("\\u{:04x}", c);
    else out += fmt::format("\\U{:08x}", c);
  }
  out += quote;
}

std::string UndefinedData::message() const {
  if (!hint.empty()) return hint;
  std::string text;
  if (object_type.empty()) {
    if (has_name) append_str_repr(name, text);
    else text = "None";
    return text + " is undefined";
  }
  if (!element.empty()) return object_type + " has no element " + element;
  append_str_repr(object_type, text);
  text += " has no attribute ";
  append_str_repr(name, text);
  return text;
}

void raise_undefined(const UndefinedData* data) {
  const bool security = data != nullptr && data->security;
  raise(security ? ErrorType::kSecurity : ErrorType::kUndefined,
        data == nullptr ? "None is undefined" : data->message());
}

namespace {

struct NameTable {
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
    std::size_t operator()(const StrData* data) const { return (*this)(data->text); }
  };
  struct Equal {
    using is_transparent = void;
    static std::string_view view(std::string_view text) { return text; }
    static std::string_view view(const StrData* data) { return data->text; }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return view(a) == view(b);
    }
  };
  std::shared_mutex mutex;
  std::unordered_set<const StrData*, Hash, Equal> names;
};

// Interned for the life of the process: names are few and templates hold pointers to them.
NameTable& name_table() {
  static auto* table = new NameTable;
  return *table;
}

}  // namespace

Name::Name(std::string_view text) {
  NameTable& table = name_table();
  {
    const std::shared_lock lock(table.mutex);
    const auto found = table.names.find(text);
    if (found != table.names.end()) {
      data_ = *found;
      return;
    }
  }
  const std::unique_lock lock(table.mutex);
  const auto found = table.names.find(text);
  if (found != table.names.end()) {
    data_ = *found;
    return;
  }
  StrData* data = new_str(std::string(text), StrKind::kPlain);
  data->hash.store(hash_text(text), std::memory_order_relaxed);
  table.names.insert(data);
  data_ = data;
}

Value Name::value() const {
  if (data_ == nullptr) return Value(std::string());
  return Value::shared_str(const_cast<StrData*>(data_));
}

}  // namespace floe::jinja
