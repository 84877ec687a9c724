// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/object.h"

#include "base/text.h"
#include "dbt/jinja/interp.h"
#include "dbt/jinja/number.h"
#include "dbt/jinja/unicode.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::jinja {

const Value* Args::find(std::string_view name) const {
  for (const auto& [key, value] : keyword) {
    if (key == name) return &value;
  }
  return nullptr;
}

// --- Signatures ------------------------------------------------------------------------------

Signature::Signature(std::string function, std::vector<Param> params)
    : function_(std::move(function)), params_(std::move(params)) {
  for (const Param& param : params_) names_.emplace_back(param.name);
}

namespace {

std::string quoted_and(const std::vector<std::string>& names) {
  std::vector<std::string> quoted;
  for (const std::string& name : names) quoted.push_back("'" + name + "'");
  if (quoted.size() == 2) return quoted[0] + " and " + quoted[1];
  return list_and(quoted);
}

}  // namespace

std::vector<Value> Signature::bind(const Args& args) const {
  std::vector<Value> out(params_.size());
  std::vector<bool> given(params_.size(), false);
  std::size_t most = 0;
  std::size_t least = 0;
  for (const Param& param : params_) {
    if (param.keyword_only) continue;
    ++most;
    if (!param.fallback) ++least;
  }
  if (args.size() > most) {
    const char* verb = args.size() == 1 ? "was" : "were";
    raise_type_error(
        least == most ? fmt::format("{}() takes {} positional argument{} but {} {} given",
                                    function_, most, most == 1 ? "" : "s", args.size(), verb)
                      : fmt::format("{}() takes from {} to {} positional arguments but {} {} given",
                                    function_, least, most, args.size(), verb));
  }
  for (std::size_t i = 0; i < args.size(); ++i) {
    out[i] = args[i];
    given[i] = true;
  }
  for (const auto& [name, value] : args.keyword) {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end()) {
      raise_type_error(
          fmt::format("{}() got an unexpected keyword argument '{}'", function_, name.view()));
    }
    const auto i = static_cast<std::size_t>(found - names_.begin());
    if (given[i]) {
      raise_type_error(
          fmt::format("{}() got multiple values for argument '{}'", function_, name.view()));
    }
    out[i] = value;
    given[i] = true;
  }
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < params_.size(); ++i) {
    if (given[i]) continue;
    if (params_[i].fallback) out[i] = *params_[i].fallback;
    else missing.push_back(params_[i].name);
  }
  if (!missing.empty()) {
    raise_type_error(fmt::format("{}() missing {} required positional argument{}: {}", function_,
                                 missing.size(), missing.size() == 1 ? "" : "s",
                                 quoted_and(missing)));
  }
  return out;
}

// --- The default object ----------------------------------------------------------------------

std::optional<Value> Object::get_attr(Name) { return std::nullopt; }
std::optional<Value> Object::get_item(const Value&) { return std::nullopt; }
std::optional<Value> Object::slice(const Value&, const Value&, const Value&) {
  return std::nullopt;
}
bool Object::set_attr(Name, const Value&) { return false; }

Value Object::call(CallContext&, const Args&) {
  raise_type_error(fmt::format("'{}' object is not callable", type_name()));
}

bool Object::call_method(CallContext&, Name, const Args&, Value&) { return false; }
IteratorPtr Object::iterate() { return nullptr; }
std::optional<std::size_t> Object::length() { return std::nullopt; }
std::optional<bool> Object::contains(const Value&) { return std::nullopt; }
bool Object::truthy() {
  const auto size = length();
  return !size || *size != 0;
}
std::string Object::repr() { return fmt::format("<{} object>", type_name()); }
bool Object::equals(const Value& other) { return other.as_object() == this; }
std::optional<std::uint64_t> Object::hash() {
  return reinterpret_cast<std::uint64_t>(this) * 0x9e3779b97f4a7c15ULL;
}
std::optional<int> Object::compare(const Value&) { return std::nullopt; }
std::optional<Value> Object::binary(BinaryOp, const Value&, bool) { return std::nullopt; }
std::optional<Value> Object::round(std::optional<std::int64_t>) { return std::nullopt; }
std::optional<std::string> Object::format(std::string_view) { return std::nullopt; }

// --- Native functions and generators ---------------------------------------------------------

namespace {

class NativeObject : public Object {
 public:
  NativeObject(std::string name, NativeFunction function)
      : name_(std::move(name)), function_(std::move(function)) {}
  std::string type_name() const override { return "function"; }
  bool callable() const override { return true; }
  Value call(CallContext& context, const Args& args) override { return function_(context, args); }
  std::string repr() override { return fmt::format("<function {}>", name_); }

 private:
  std::string name_;
  NativeFunction function_;
};

class FunctionIterator : public ValueIterator {
 public:
  explicit FunctionIterator(std::function<bool(Value&)> next) : next_(std::move(next)) {}
  bool next(Value& out) override { return next_(out); }

 private:
  std::function<bool(Value&)> next_;
};

// A one-pass iterable: whoever iterates it continues where the last one stopped.
class GeneratorObject : public Object {
 public:
  GeneratorObject(std::string type, IteratorPtr source)
      : type_(std::move(type)), source_(std::move(source)) {}
  std::string type_name() const override { return type_; }
  bool truthy() override { return true; }
  IteratorPtr iterate() override {
    refs.fetch_add(1, std::memory_order_relaxed);
    const Value self = Value::object(this);
    return std::make_unique<FunctionIterator>(
        [self, this](Value& out) { return source_->next(out); });
  }

 private:
  std::string type_;
  IteratorPtr source_;
};

}  // namespace

Value native(std::string name, NativeFunction function) {
  return make_object<NativeObject>(std::move(name), std::move(function));
}

Value native(std::string name, std::vector<Param> params,
             std::function<Value(CallContext&, std::vector<Value>&)> function) {
  auto signature = std::make_shared<Signature>(name, std::move(params));
  return native(std::move(name), [signature, function](CallContext& context, const Args& args) {
    std::vector<Value> bound = signature->bind(args);
    return function(context, bound);
  });
}

Value generator(std::string type_name, IteratorPtr iterator) {
  return make_object<GeneratorObject>(std::move(type_name), std::move(iterator));
}

Value generator(std::string type_name, std::function<bool(Value&)> next) {
  return generator(std::move(type_name), std::make_unique<FunctionIterator>(std::move(next)));
}

// --- Iteration -------------------------------------------------------------------------------

namespace {

class SequenceIterator : public ValueIterator {
 public:
  explicit SequenceIterator(Value sequence) : sequence_(std::move(sequence)) {}
  bool next(Value& out) override {
    const auto& items = sequence_.items();
    if (at_ >= items.size()) return false;
    out = items[at_++];
    return true;
  }

 private:
  Value sequence_;
  std::size_t at_ = 0;
};

class TextIterator : public ValueIterator {
 public:
  explicit TextIterator(Value text) : text_(std::move(text)) {}
  bool next(Value& out) override {
    const std::string& text = text_.as_str();
    if (at_ >= text.size()) return false;
    std::size_t size = 0;
    decode_at(text, at_, size);
    out = Value(text.substr(at_, size));
    at_ += size;
    return true;
  }

 private:
  Value text_;
  std::size_t at_ = 0;
};

class KeyIterator : public ValueIterator {
 public:
  explicit KeyIterator(Value dict) : dict_(std::move(dict)), size_(members().size()) {}
  bool next(Value& out) override {
    if (members().size() != size_) {
      raise(ErrorType::kPyRuntime, dict_.is_dict() ? "dictionary changed size during iteration"
                                                   : "Set changed size during iteration");
    }
    const auto& slots = members().slots();
    while (at_ < slots.size() && !slots[at_].live) ++at_;
    if (at_ >= slots.size()) return false;
    out = slots[at_++].key;
    return true;
  }

 private:
  const Dict& members() const { return dict_.is_dict() ? dict_.as_dict() : dict_.as_set(); }
  Value dict_;
  std::size_t size_;
  std::size_t at_ = 0;
};

class NothingIterator : public ValueIterator {
 public:
  bool next(Value&) override { return false; }
};

}  // namespace

IteratorPtr iterate(const Value& value) {
  switch (value.kind()) {
    case Kind::kList:
    case Kind::kTuple: return std::make_unique<SequenceIterator>(value);
    case Kind::kStr: return std::make_unique<TextIterator>(value);
    case Kind::kDict:
    case Kind::kSet: return std::make_unique<KeyIterator>(value);
    case Kind::kUndefined: return std::make_unique<NothingIterator>();
    case Kind::kObject:
      if (IteratorPtr iterator = value.as_object()->iterate()) return iterator;
      break;
    default: break;
  }
  raise_type_error(fmt::format("'{}' object is not iterable", value.type_name()));
}

std::vector<Value> collect(const Value& value) {
  if (value.is_list() || value.is_tuple()) return value.items();
  IteratorPtr source = iterate(value);
  std::vector<Value> items;
  Value item;
  constexpr std::size_t kMost = 50'000'000;
  while (source->next(item)) {
    items.push_back(item);
    if (items.size() > kMost) raise(ErrorType::kLimit, "the list is too large");
  }
  return items;
}

// --- Contexts --------------------------------------------------------------------------------

std::optional<Value> MapContext::lookup(Name name) const {
  const auto found = names_.find(name);
  if (found != names_.end()) return found->second;
  return outer_ == nullptr ? std::nullopt : outer_->lookup(name);
}

std::optional<Value> DictContext::lookup(Name name) const {
  if (const Value* found = dict_.as_dict().find(name.value())) return *found;
  return outer_ == nullptr ? std::nullopt : outer_->lookup(name);
}

}  // namespace floe::jinja
