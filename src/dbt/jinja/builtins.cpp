// SPDX-License-Identifier: Apache-2.0
// range, dict, namespace, cycler and joiner.
#include "dbt/jinja/interp.h"
#include "dbt/jinja/number.h"
#include "dbt/jinja/text_ops.h"

#include <fmt/format.h>

namespace floe::jinja {

namespace {

class RangeObject : public Object {
 public:
  RangeObject(std::int64_t start, std::int64_t stop, std::int64_t step)
      : start_(start), stop_(stop), step_(step) {}
  std::string type_name() const override { return "range"; }
  std::int64_t count() const {
    if (step_ > 0) return start_ >= stop_ ? 0 : (stop_ - start_ - 1) / step_ + 1;
    return start_ <= stop_ ? 0 : (start_ - stop_ - 1) / -step_ + 1;
  }
  std::optional<std::size_t> length() override { return static_cast<std::size_t>(count()); }
  bool is_sequence() const override { return true; }
  std::optional<Value> get_item(const Value& key) override {
    if (key.kind() != Kind::kInt && !key.is_bool()) return std::nullopt;
    const std::int64_t at = key.as_int() < 0 ? key.as_int() + count() : key.as_int();
    if (at < 0 || at >= count()) return std::nullopt;
    return Value(start_ + at * step_);
  }
  std::optional<Value> get_attr(Name name) override {
    if (name == "start") return Value(start_);
    if (name == "stop") return Value(stop_);
    if (name == "step") return Value(step_);
    return std::nullopt;
  }
  IteratorPtr iterate() override {
    class Steps : public ValueIterator {
     public:
      Steps(std::int64_t at, std::int64_t left, std::int64_t step)
          : at_(at), left_(left), step_(step) {}
      bool next(Value& out) override {
        if (left_-- <= 0) return false;
        out = Value(at_);
        at_ += step_;
        return true;
      }

     private:
      std::int64_t at_;
      std::int64_t left_;
      std::int64_t step_;
    };
    return std::make_unique<Steps>(start_, count(), step_);
  }
  std::optional<bool> contains(const Value& item) override {
    if (item.kind() != Kind::kInt && !item.is_bool()) return std::nullopt;
    const std::int64_t at = item.as_int();
    if (step_ > 0 ? (at < start_ || at >= stop_) : (at > start_ || at <= stop_)) return false;
    return (at - start_) % step_ == 0;
  }
  bool equals(const Value& other) override {
    const auto* range = other.as<RangeObject>();
    if (range == nullptr || range->count() != count()) return false;
    return count() == 0 || (range->start_ == start_ && (count() == 1 || range->step_ == step_));
  }
  std::string repr() override {
    if (step_ == 1) return fmt::format("range({}, {})", start_, stop_);
    return fmt::format("range({}, {}, {})", start_, stop_, step_);
  }

 private:
  std::int64_t start_;
  std::int64_t stop_;
  std::int64_t step_;
};

Value make_range(CallContext&, const Args& args) {
  constexpr std::int64_t kMaxRange = 100000;
  if (!args.keyword.empty()) raise_type_error("range() takes no keyword arguments");
  if (args.size() == 0) raise_type_error("range expected at least 1 argument, got 0");
  if (args.size() > 3) {
    raise_type_error(fmt::format("range expected at most 3 arguments, got {}", args.size()));
  }
  for (const Value& arg : args.positional) {
    if (arg.is_undefined()) {
      raise_type_error("'Undefined' object cannot be interpreted as an integer");
    }
  }
  const std::int64_t start = args.size() > 1 ? to_index(args[0]) : 0;
  const std::int64_t stop = to_index(args[args.size() > 1 ? 1 : 0]);
  const std::int64_t step = args.size() > 2 ? to_index(args[2]) : 1;
  if (step == 0) raise_value_error("range() arg 3 must not be zero");
  const auto span = static_cast<long double>(stop) - static_cast<long double>(start);
  if (span / static_cast<long double>(step) > static_cast<long double>(kMaxRange)) {
    raise(ErrorType::kOverflow,
          "Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).");
  }
  return make_object<RangeObject>(start, stop, step);
}

// dict(mapping or pairs, **kwargs) into `target`.
void fill_dict(Value& target, const Args& args, const char* function) {
  if (args.size() > 1) {
    raise_type_error(fmt::format("{} expected at most 1 argument, got {}", function, args.size()));
  }
  if (args.size() == 1) update_dict(target.mutable_dict(), args[0]);
  for (const auto& [name, value] : args.keyword) target.mutable_dict().set(name.value(), value);
}

class NamespaceObject : public Object {
 public:
  explicit NamespaceObject(Value attributes) : attributes_(std::move(attributes)) {}
  std::string type_name() const override { return "Namespace"; }
  std::string qualified_type_name() const override { return "jinja2.utils.Namespace"; }
  bool is_namespace() const override { return true; }
  std::optional<Value> get_attr(Name name) override {
    const Value* found = attributes_.as_dict().find(name.value());
    return found == nullptr ? std::nullopt : std::optional<Value>(*found);
  }
  bool set_attr(Name name, const Value& value) override {
    attributes_.mutable_dict().set(name.value(), value);
    return true;
  }
  std::string repr() override { return "<Namespace " + attributes_.repr() + ">"; }

 private:
  Value attributes_;
};

class CyclerObject : public Object {
 public:
  explicit CyclerObject(std::vector<Value> items) : items_(std::move(items)) {}
  std::string type_name() const override { return "Cycler"; }
  std::string qualified_type_name() const override { return "jinja2.utils.Cycler"; }
  std::optional<Value> get_attr(Name name) override {
    if (name == "current") return items_[at_];
    if (name == "items") return Value::tuple(items_);
    if (name == "pos") return Value(at_);
    return std::nullopt;
  }
  bool call_method(CallContext&, Name name, const Args&, Value& result) override {
    if (name == "next") {
      result = items_[at_];
      at_ = (at_ + 1) % items_.size();
      return true;
    }
    if (!(name == "reset")) return false;
    at_ = 0;
    result = Value();
    return true;
  }

 private:
  std::vector<Value> items_;
  std::size_t at_ = 0;
};

class JoinerObject : public Object {
 public:
  explicit JoinerObject(Value separator) : separator_(std::move(separator)) {}
  std::string type_name() const override { return "Joiner"; }
  std::string qualified_type_name() const override { return "jinja2.utils.Joiner"; }
  bool callable() const override { return true; }
  Value call(CallContext&, const Args&) override {
    if (used_) return separator_;
    used_ = true;
    return Value(std::string());
  }

 private:
  Value separator_;
  bool used_ = false;
};

ContextRef make_builtins() {
  auto context = std::make_shared<MapContext>();
  context->set("range", native("range", make_range));
  context->set("dict", native("dict", [](CallContext&, const Args& args) {
                 Value dict = Value::dict();
                 fill_dict(dict, args, "dict");
                 return dict;
               }));
  context->set("namespace", native("namespace", [](CallContext&, const Args& args) {
                 Value attributes = Value::dict();
                 fill_dict(attributes, args, "dict");
                 return make_object<NamespaceObject>(std::move(attributes));
               }));
  context->set("cycler", native("cycler", [](CallContext&, const Args& args) {
                 if (args.positional.empty()) {
                   raise(ErrorType::kPyRuntime, "at least one item has to be provided");
                 }
                 return make_object<CyclerObject>(args.positional);
               }));
  context->set("joiner",
               native("joiner", {{"sep", Value(", ")}}, [](CallContext&, std::vector<Value>& args) {
                 return make_object<JoinerObject>(args[0]);
               }));
  return context;
}

}  // namespace

void update_dict(Dict& target, const Value& source) {
  if (source.is_dict()) {
    const auto slots = source.as_dict().slots();
    for (const auto& entry : slots) {
      if (entry.live) target.set(entry.key, entry.value);
    }
    return;
  }
  if (source.is_mapping()) {
    IteratorPtr keys = iterate(source);
    Value key;
    while (keys->next(key)) {
      target.set(key, source.as_object()->get_item(key).value_or(Value()));
    }
    return;
  }
  IteratorPtr pairs = iterate(source);
  Value pair;
  for (std::size_t i = 0; pairs->next(pair); ++i) {
    std::vector<Value> items;
    try {
      items = collect(pair);
    } catch (const TemplateError&) {
      raise_type_error(
          fmt::format("cannot convert dictionary update sequence element #{} to a sequence", i));
    }
    if (items.size() != 2) {
      raise_value_error(fmt::format(
          "dictionary update sequence element #{} has length {}; 2 is required", i, items.size()));
    }
    target.set(items[0], items[1]);
  }
}

ContextRef builtin_context() {
  static const ContextRef context = make_builtins();
  return context;
}

}  // namespace floe::jinja
