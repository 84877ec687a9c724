// SPDX-License-Identifier: Apache-2.0
// Turns structs into JSON values and back from one list of fields per struct (platform_fields.h).
#pragma once

#include "value/value.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace floe::artifact {

/// The first thing that is wrong with a document, told by its path in it.
struct Problem {
  std::string text;  // "" while all is well
  void add(std::string_view path, std::string_view what);
};

/// How strict a reader is; it follows from the document's schemaVersion.
struct Strictness {
  bool unknown_keys_are_errors = true;  // false for documents of a newer minor version
  bool missing_keys_are_errors = true;  // false for documents of an older minor version
};

/// The words of an enumeration, in the order of its values from zero on; specialised per type.
template <class T>
struct EnumWords;

namespace detail {

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsMap : std::false_type {};
template <class T>
struct IsMap<std::map<std::string, T>> : std::true_type {};

}  // namespace detail

/// Collects the fields of one object.
class Writer {
 public:
  /// Adds a member; an empty optional is left out.
  template <class T>
  void field(std::string_view key, const T& from) {
    if constexpr (detail::IsOptional<T>::value) {
      if (from) object_.set(std::string(key), to_value(*from));
    } else {
      object_.set(std::string(key), to_value(from));
    }
  }

  /// A member that older minor versions of the schema do not have.
  template <class T>
  void added_field(std::string_view key, const T& from) {
    field(key, from);
  }

  value::Value take() { return std::move(object_); }

  template <class T>
  static value::Value to_value(const T& from) {
    if constexpr (std::is_same_v<T, value::Value> || std::is_same_v<T, std::string> ||
                  std::is_same_v<T, bool> || std::is_same_v<T, double> ||
                  std::is_same_v<T, std::int64_t>) {
      return value::Value(from);
    } else if constexpr (std::is_enum_v<T>) {
      return value::Value(EnumWords<T>::words[static_cast<std::size_t>(from)]);
    } else if constexpr (detail::IsVector<T>::value) {
      value::Value list = value::Value::list();
      for (const auto& item : from) list.push(to_value(item));
      return list;
    } else if constexpr (detail::IsMap<T>::value) {
      value::Value map = value::Value::map();
      for (const auto& [key, item] : from) map.set(key, to_value(item));
      return map;
    } else {
      Writer inner;
      fields(inner, from);
      return inner.take();
    }
  }

 private:
  value::Value object_ = value::Value::map();
};

/// Reads the fields of one object; what is wrong goes to the shared Problem.
class Reader {
 public:
  Reader(const value::Value& object, std::string path, Strictness strictness, Problem& problem)
      : object_(object), path_(std::move(path)), strictness_(strictness), problem_(problem) {
    if (!object.is_map()) problem_.add(path_, "a mapping is needed");
  }

  /// Reads a member into `to`, which keeps its value if the member is wrong or absent.
  template <class T>
  void field(std::string_view key, T& to) {
    read_field(key, to, true);
  }

  /// A member that older minor versions of the schema do not have.
  template <class T>
  void added_field(std::string_view key, T& to) {
    read_field(key, to, strictness_.missing_keys_are_errors);
  }

  /// Reports members that no field asked for. Call it last.
  void finish();

 private:
  template <class T>
  void read_field(std::string_view key, T& to, bool is_needed) {
    seen_.insert(std::string(key));
    const value::Value* member = object_.find(key);
    const std::string path = path_.empty() ? std::string(key) : path_ + "." + std::string(key);
    if constexpr (detail::IsOptional<T>::value) {
      if (member == nullptr) return;
      typename T::value_type item{};
      read(*member, path, item);
      to = std::move(item);
    } else if (member != nullptr) {
      read(*member, path, to);
    } else if (is_needed) {
      problem_.add(path, "it is missing");
    }
  }

  template <class T>
  void read(const value::Value& from, const std::string& path, T& to) {
    if constexpr (std::is_same_v<T, value::Value>) {
      read_data(from, path, to);
    } else if constexpr (std::is_same_v<T, std::string>) {
      read_text(from, path, to);
    } else if constexpr (std::is_same_v<T, bool>) {
      from.is_bool() ? void(to = from.as_bool()) : problem_.add(path, "true or false is needed");
    } else if constexpr (std::is_same_v<T, double>) {
      from.is_number() ? void(to = from.as_double()) : problem_.add(path, "a number is needed");
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
      from.is_int() ? void(to = from.as_int()) : problem_.add(path, "a whole number is needed");
    } else if constexpr (std::is_enum_v<T>) {
      read_enum(from, path, to);
    } else if constexpr (detail::IsVector<T>::value) {
      read_list(from, path, to);
    } else if constexpr (detail::IsMap<T>::value) {
      read_map(from, path, to);
    } else {
      Reader inner(from, path, strictness_, problem_);
      if (!from.is_map()) return;
      fields(inner, to);
      inner.finish();
    }
  }

  /// Keeps the kind (mapping, list) that the field has by default.
  void read_data(const value::Value& from, const std::string& path, value::Value& to);
  /// Refuses control characters: these texts are printed on terminals.
  void read_text(const value::Value& from, const std::string& path, std::string& to);

  template <class T>
  void read_enum(const value::Value& from, const std::string& path, T& to) {
    std::size_t index = 0;
    for (const std::string_view word : EnumWords<T>::words) {
      if (from.is_string() && from.as_string() == word) {
        to = static_cast<T>(index);
        return;
      }
      ++index;
    }
    problem_.add(path, "it is none of the allowed words");
  }

  template <class T>
  void read_list(const value::Value& from, const std::string& path, std::vector<T>& to) {
    if (!from.is_list()) return problem_.add(path, "a list is needed");
    to.clear();
    for (const value::Value& item : from.as_list()) {
      read(item, path + "[" + std::to_string(to.size()) + "]", to.emplace_back());
    }
  }

  template <class T>
  void read_map(const value::Value& from, const std::string& path, std::map<std::string, T>& to) {
    if (!from.is_map()) return problem_.add(path, "a mapping is needed");
    to.clear();
    for (const value::Member& member : from.as_map()) {
      std::string key;
      read_text(value::Value(member.key), path, key);
      read(member.value, path + "." + key, to[key]);
    }
  }

  const value::Value& object_;
  std::string path_;
  Strictness strictness_;
  Problem& problem_;
  std::set<std::string, std::less<>> seen_;
};

}  // namespace floe::artifact
