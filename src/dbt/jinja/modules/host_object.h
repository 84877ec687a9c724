// SPDX-License-Identifier: Apache-2.0
// Bases for objects with method tables and for classes as values (internal to the modules).
#pragma once

#include "dbt/jinja/methods.h"
#include "dbt/jinja/object.h"

#include <string>
#include <unordered_map>

namespace floe::jinja {

/// An object whose methods are in a table.
class MethodObject : public Object {
 public:
  virtual const MethodTable& methods() const = 0;
  virtual std::optional<Value> attribute(Name name) = 0;
  std::optional<Value> get_attr(Name name) override;
  bool call_method(CallContext& context, Name name, const Args& args, Value& result) override;

 protected:
  /// This object as a value.
  Value self();
};

/// A class: call it to make an instance; its attributes are class methods and constants.
class TypeObject : public Object {
 public:
  TypeObject(std::string name, NativeFunction make)
      : name_(std::move(name)), make_(std::move(make)) {}
  TypeObject& with(std::string_view name, Value value);
  TypeObject& method(std::string_view name, NativeFunction function);
  std::string type_name() const override { return "type"; }
  bool callable() const override { return true; }
  Value call(CallContext& context, const Args& args) override { return make_(context, args); }
  std::optional<Value> get_attr(Name name) override;
  std::string repr() override { return "<class '" + name_ + "'>"; }

 private:
  std::string name_;
  NativeFunction make_;
  std::unordered_map<Name, Value> attributes_;
};

}  // namespace floe::jinja
