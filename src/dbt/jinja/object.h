// SPDX-License-Identifier: Apache-2.0
// What host code implements to appear in templates: objects, native functions, arguments, contexts.
#pragma once

#include "dbt/jinja/error.h"
#include "dbt/jinja/value.h"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace floe::jinja {

class Interp;

/// The arguments of a call.
struct Args {
  std::vector<Value> positional;
  std::vector<std::pair<Name, Value>> keyword;

  std::size_t size() const { return positional.size(); }
  const Value& operator[](std::size_t i) const { return positional[i]; }
  /// A keyword argument, or null.
  const Value* find(std::string_view name) const;
  bool empty() const { return positional.empty() && keyword.empty(); }
};

/// One parameter of a native function.
struct Param {
  std::string name;
  std::optional<Value> fallback;  ///< nothing: required
  bool keyword_only = false;
};

/// The parameters of a native function: binds Args to them with Python's TypeErrors.
class Signature {
 public:
  Signature(std::string function, std::vector<Param> params);
  /// One value a parameter, in order.
  std::vector<Value> bind(const Args& args) const;
  const std::string& function() const { return function_; }

 private:
  std::string function_;
  std::vector<Param> params_;
  std::vector<Name> names_;
};

/// What a native function gets to know about its call.
struct CallContext {
  Interp& interp;
  /// The call is a whole {{ }} or {% do %} statement: return_from_macro needs no exception.
  bool direct = false;

  /// dbt's return(): ends the innermost macro call with `value`. The native function returns right
  /// after.
  Value return_from_macro(Value value);
};

/// Steps through an iterable.
class ValueIterator {
 public:
  virtual ~ValueIterator() = default;
  /// Puts the next item into `out`; false at the end.
  virtual bool next(Value& out) = 0;
};
using IteratorPtr = std::unique_ptr<ValueIterator>;

enum class BinaryOp : std::uint8_t { kAdd, kSub, kMul, kDiv, kFloorDiv, kMod, kPow };

/// An object of host code. The defaults are those of a plain Python object. Objects that are shared
/// by threads must be immutable or lock by themselves.
class Object : public Payload {
 public:
  /// type(x).__name__
  virtual std::string type_name() const = 0;
  /// module.Class for error messages ("'datetime.date object' has no attribute 'x'"); default
  /// type_name().
  virtual std::string qualified_type_name() const { return type_name(); }

  /// How TypeErrors about operands name the type ('datetime.date'); default type_name().
  virtual std::string operand_type_name() const { return type_name(); }

  /// x.name; nothing when there is no such attribute. Names with a leading _ never get here.
  virtual std::optional<Value> get_attr(Name name);
  /// x[key]; nothing when there is no such item (the template then tries an attribute, then gets
  /// undefined).
  virtual std::optional<Value> get_item(const Value& key);
  /// x[start:stop:step] (None for a bound left out); nothing: cannot be sliced.
  virtual std::optional<Value> slice(const Value& start, const Value& stop, const Value& step);
  /// namespace-like assignment ({% set x.name = value %}); false when not allowed.
  virtual bool set_attr(Name name, const Value& value);

  virtual bool is_namespace() const { return false; }

  virtual bool callable() const { return false; }
  virtual Value call(CallContext& context, const Args& args);
  /// x.name(args) without making a bound method. false: there is no such method here; get_attr is
  /// tried.
  virtual bool call_method(CallContext& context, Name name, const Args& args, Value& result);
  /// The methods that only call_method() knows: as values (`x.name is defined`) they are made from
  /// it.
  virtual std::span<const std::string_view> method_names() const { return {}; }

  /// Null when not iterable.
  virtual IteratorPtr iterate();
  /// len(x); nothing when it has none.
  virtual std::optional<std::size_t> length();
  /// `item in x`; nothing: decided by iteration.
  virtual std::optional<bool> contains(const Value& item);
  virtual bool truthy();
  virtual std::string repr();
  virtual std::string str() { return repr(); }
  virtual bool equals(const Value& other);
  /// Nothing: unhashable. The default is identity.
  virtual std::optional<std::uint64_t> hash();
  /// <0, 0, >0; nothing when there is no order between the two.
  virtual std::optional<int> compare(const Value& other);
  /// Arithmetic; `reflected` means this object is on the right. Nothing: not supported.
  virtual std::optional<Value> binary(BinaryOp op, const Value& other, bool reflected);
  virtual std::optional<Value> negate() { return std::nullopt; }
  virtual std::optional<Value> absolute() { return std::nullopt; }

  // What the tests `mapping`, `sequence`, `number` say, and conversions for int(), float(),
  // round(), abs(), format().
  virtual bool is_mapping() const { return false; }
  virtual bool is_sequence() const { return false; }
  virtual bool is_numeric() const { return false; }
  virtual std::optional<Value> to_int() { return std::nullopt; }
  virtual std::optional<double> to_float() { return std::nullopt; }
  virtual std::optional<Value> round(std::optional<std::int64_t> digits);
  virtual std::optional<std::string> format(std::string_view spec);
  /// What json.dumps shall write instead; nothing: not serializable.
  virtual std::optional<Value> to_json_value() { return std::nullopt; }
};

/// Makes an object value: make_object<Relation>(args...).
template <class T, class... A>
Value make_object(A&&... args) {
  return Value::object(new T(std::forward<A>(args)...));
}

using NativeFunction = std::function<Value(CallContext&, const Args&)>;
/// A callable value around a lambda.
Value native(std::string name, NativeFunction function);
/// The same with declared parameters: the lambda gets one value a parameter.
Value native(std::string name, std::vector<Param> params,
             std::function<Value(CallContext&, std::vector<Value>&)> function);
/// A one-pass iterator value (what Python's generators are to templates).
Value generator(std::string type_name, std::function<bool(Value&)> next);
Value generator(std::string type_name, IteratorPtr iterator);

/// iter(x): TypeError "'int' object is not iterable".
IteratorPtr iterate(const Value& value);
/// list(x).
std::vector<Value> collect(const Value& value);

/// The names a template can see. Lookups must be cheap and may happen from the thread of the Interp
/// only.
class Context {
 public:
  virtual ~Context() = default;
  virtual std::optional<Value> lookup(Name name) const = 0;
};
using ContextRef = std::shared_ptr<const Context>;

/// Names in a hash table over an optional outer context.
class MapContext : public Context {
 public:
  explicit MapContext(ContextRef outer = nullptr) : outer_(std::move(outer)) {}
  void set(Name name, Value value) { names_[name] = std::move(value); }
  void set(std::string_view name, Value value) { set(Name(name), std::move(value)); }
  void erase(Name name) { names_.erase(name); }
  std::optional<Value> lookup(Name name) const override;
  const std::unordered_map<Name, Value>& names() const { return names_; }
  /// The names it has without its outer context, in any order.
  virtual std::vector<Name> own_names() const {
    std::vector<Name> all;
    for (const auto& entry : names_) all.push_back(entry.first);
    return all;
  }

 private:
  std::unordered_map<Name, Value> names_;
  ContextRef outer_;
};

/// A dict value (shared: later changes are seen) over an optional outer context.
class DictContext : public Context {
 public:
  explicit DictContext(Value dict, ContextRef outer = nullptr)
      : dict_(std::move(dict)), outer_(std::move(outer)) {}
  std::optional<Value> lookup(Name name) const override;

 private:
  Value dict_;
  ContextRef outer_;
};

}  // namespace floe::jinja
