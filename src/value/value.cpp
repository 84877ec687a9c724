// SPDX-License-Identifier: Apache-2.0
#include "value/value.h"

#include "base/text.h"

#include <algorithm>
#include <stdexcept>

namespace floe::value {

Value::Value() = default;
Value::Value(std::nullptr_t) {}
Value::Value(bool value) : kind_(Kind::kBool), data_(value) {}
Value::Value(int value) : kind_(Kind::kInt), data_(static_cast<std::int64_t>(value)) {}
Value::Value(std::int64_t value) : kind_(Kind::kInt), data_(value) {}
Value::Value(double value) : kind_(Kind::kFloat), data_(value) {}
Value::Value(std::string value) : kind_(Kind::kString), data_(std::move(value)) {}
Value::Value(std::string_view value) : Value(std::string(value)) {}
Value::Value(const char* value) : Value(std::string(value)) {}

Value Value::timestamp(std::string text) {
  Value value(std::move(text));
  value.kind_ = Kind::kTimestamp;
  return value;
}

Value Value::list(List items) {
  Value value;
  value.kind_ = Kind::kList;
  value.data_ = items.empty() ? Shared<List>() : Shared<List>(std::move(items));
  return value;
}

Value Value::texts(const std::vector<std::string>& items) {
  return list(List(items.begin(), items.end()));
}

Value Value::map() { return map(Map()); }

Value Value::map(Map members) {
  Value value;
  value.kind_ = Kind::kMap;
  value.data_ = members.empty() ? Shared<Map>() : Shared<Map>(std::move(members));
  return value;
}

Value::Value(const Value&) = default;
Value::Value(Value&&) noexcept = default;
Value& Value::operator=(const Value&) = default;
Value& Value::operator=(Value&&) noexcept = default;
Value::~Value() = default;

namespace {
[[noreturn]] void wrong_kind(const Value& value, const char* wanted) {
  throw std::logic_error("value is " + std::string(value.kind_name()) + ", not " + wanted);
}
}  // namespace

bool Value::as_bool() const {
  if (kind_ != Kind::kBool) wrong_kind(*this, "a boolean");
  return std::get<bool>(data_);
}

std::int64_t Value::as_int() const {
  if (kind_ != Kind::kInt) wrong_kind(*this, "a whole number");
  return std::get<std::int64_t>(data_);
}

double Value::as_double() const {
  if (kind_ == Kind::kInt) return static_cast<double>(std::get<std::int64_t>(data_));
  if (kind_ != Kind::kFloat) wrong_kind(*this, "a number");
  return std::get<double>(data_);
}

const std::string& Value::as_string() const {
  if (kind_ != Kind::kString && kind_ != Kind::kTimestamp) wrong_kind(*this, "a string");
  return std::get<std::string>(data_);
}

const Value::List& Value::as_list() const {
  if (kind_ != Kind::kList) wrong_kind(*this, "a list");
  return std::get<Shared<List>>(data_).read();
}

Value::List& Value::edit_list() {
  if (kind_ != Kind::kList) wrong_kind(*this, "a list");
  return std::get<Shared<List>>(data_).edit();
}

const Value::Map& Value::as_map() const {
  if (kind_ != Kind::kMap) wrong_kind(*this, "a mapping");
  return std::get<Shared<Map>>(data_).read();
}

Value::Map& Value::edit_map() {
  if (kind_ != Kind::kMap) wrong_kind(*this, "a mapping");
  return std::get<Shared<Map>>(data_).edit();
}

const void* Value::identity() const {
  if (kind_ == Kind::kMap) return std::get<Shared<Map>>(data_).identity();
  if (kind_ == Kind::kList) return std::get<Shared<List>>(data_).identity();
  return nullptr;
}

namespace {

constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

/// Where the last member of a key is, or kNowhere.
std::size_t place_of(const Value::Map& members, std::string_view key) {
  const char first = key.empty() ? '\0' : key.front();
  for (std::size_t i = members.size(); i-- > 0;) {
    // An empty string's first character is its NUL.
    const std::string& name = members[i].key;
    if (name.size() == key.size() && name[0] == first && name == key) return i;
  }
  return kNowhere;
}

}  // namespace

const Value* Value::find(std::string_view key) const {
  if (kind_ != Kind::kMap) return nullptr;
  const Map& members = as_map();
  const std::size_t place = place_of(members, key);
  return place == kNowhere ? nullptr : &members[place].value;
}

Value* Value::edit(std::string_view key) {
  if (kind_ != Kind::kMap) return nullptr;
  const std::size_t place = place_of(as_map(), key);
  return place == kNowhere ? nullptr : &edit_map()[place].value;
}

const Value* Value::find_path(std::string_view dotted) const {
  const Value* at = this;
  for (const std::string_view key : split(dotted, '.')) {
    at = at->find(key);
    if (at == nullptr) return nullptr;
  }
  return at;
}

Value& Value::set(std::string key, Value value) {
  if (Value* found = edit(key)) return *found = std::move(value);
  Map& members = edit_map();
  members.push_back({std::move(key), std::move(value), {}, Kind::kString});
  return members.back().value;
}

void Value::update(const Value& more) {
  for (const Member& member : more.as_map()) set(member.key, member.value);
}

bool Value::erase(std::string_view key) {
  if (find(key) == nullptr) return false;
  return std::erase_if(edit_map(), [&](const Member& member) { return member.key == key; }) > 0;
}

void Value::push(Value value) { edit_list().push_back(std::move(value)); }

bool Value::empty() const { return kind_ == Kind::kNull || size() == 0; }

std::size_t Value::size() const {
  switch (kind_) {
    case Kind::kList: return as_list().size();
    case Kind::kMap: return as_map().size();
    case Kind::kString:
    case Kind::kTimestamp: return as_string().size();
    default: return 1;
  }
}

bool Value::operator==(const Value& other) const {
  if (kind_ != other.kind_) return false;
  if (identity() != nullptr && identity() == other.identity()) return true;
  if (kind_ == Kind::kMap) {
    const auto same = [&](const Member& member) {
      const Value* theirs = other.find(member.key);
      return theirs != nullptr && *theirs == member.value;
    };
    return size() == other.size() && std::all_of(as_map().begin(), as_map().end(), same);
  }
  if (kind_ == Kind::kList) return as_list() == other.as_list();
  switch (kind_) {
    case Kind::kBool: return as_bool() == other.as_bool();
    case Kind::kInt: return as_int() == other.as_int();
    case Kind::kFloat: return as_double() == other.as_double();
    case Kind::kString:
    case Kind::kTimestamp: return as_string() == other.as_string();
    default: return true;
  }
}

std::string_view Value::kind_name() const {
  switch (kind_) {
    case Kind::kNull: return "null";
    case Kind::kBool: return "a boolean";
    case Kind::kInt: return "a whole number";
    case Kind::kFloat: return "a number";
    case Kind::kString: return "a string";
    case Kind::kTimestamp: return "a date";
    case Kind::kList: return "a list";
    case Kind::kMap: return "a mapping";
  }
  return "null";
}

}  // namespace floe::value
