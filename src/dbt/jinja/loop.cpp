// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/loop.h"

#include <fmt/format.h>

namespace floe::jinja {

namespace {

class CollectedItems : public ValueIterator {
 public:
  explicit CollectedItems(std::vector<Value> items) : items_(std::move(items)) {}
  bool next(Value& out) override {
    if (at_ == items_.size()) return false;
    out = items_[at_++];
    return true;
  }

 private:
  std::vector<Value> items_;
  std::size_t at_ = 0;
};

}  // namespace

LoopObject::LoopObject(Machine& machine, const Node* node, Value iterable, IteratorPtr source,
                       Frame* definer, int depth0)
    : machine_(machine),
      node_(node),
      iterable_(std::move(iterable)),
      source_(std::move(source)),
      definer_(definer),
      module_(machine.module),
      depth0_(depth0) {
  retain(definer_);
}

LoopObject::~LoopObject() { release(definer_); }

bool LoopObject::advance(Value& out) {
  Value item;
  if (after_) {
    item = std::move(*after_);
    after_.reset();
  } else if (exhausted_ || !source_->next(item)) {
    exhausted_ = true;
    return false;
  }
  ++index0_;
  before_ = current_;
  current_ = item;
  out = std::move(item);
  return true;
}

bool LoopObject::peek() {
  if (after_) return true;
  Value item;
  if (exhausted_ || !source_->next(item)) {
    exhausted_ = true;
    return false;
  }
  after_ = std::move(item);
  return true;
}

std::int64_t LoopObject::count() {
  if (length_) return *length_;
  const bool sized =
      node_->c == nullptr && (!iterable_.is_object() || iterable_.as_object()->length());
  if (sized) {
    length_ = static_cast<std::int64_t>(iterable_.length());
    return *length_;
  }
  std::vector<Value> rest;
  Value item;
  while (!exhausted_ && source_->next(item)) rest.push_back(item);
  length_ = static_cast<std::int64_t>(rest.size()) + index0_ + 1 + (after_ ? 1 : 0);
  source_ = std::make_unique<CollectedItems>(std::move(rest));
  return *length_;
}

std::optional<Value> LoopObject::get_attr(Name name) {
  const std::string_view text = name.view();
  if (text == "index") return Value(index0_ + 1);
  if (text == "index0") return Value(index0_);
  if (text == "first") return Value(index0_ == 0);
  if (text == "last") return Value(!peek());
  if (text == "length") return Value(count());
  if (text == "revindex") return Value(count() - index0_);
  if (text == "revindex0") return Value(count() - index0_ - 1);
  if (text == "depth") return Value(depth0_ + 1);
  if (text == "depth0") return Value(depth0_);
  if (text == "previtem") {
    return index0_ == 0 ? machine_.undefined_hint("there is no previous item") : before_;
  }
  if (text == "nextitem") {
    return peek() ? *after_ : machine_.undefined_hint("there is no next item");
  }
  if (text == "cycle" || text == "changed") {
    const Value self = Value::object(this);
    refs.fetch_add(1, std::memory_order_relaxed);
    return native(std::string(text), [self, name](CallContext& context, const Args& args) {
      Value result;
      self.as_object()->call_method(context, name, args, result);
      return result;
    });
  }
  return std::nullopt;
}

Value LoopObject::cycle(const Args& args) const {
  if (args.positional.empty()) raise_type_error("no items for cycling given");
  return args[static_cast<std::size_t>(index0_) % args.size()];
}

bool LoopObject::changed(const Args& args) {
  if (last_changed_ && Value::tuple(*last_changed_).equals(Value::tuple(args.positional))) {
    return false;
  }
  last_changed_ = args.positional;
  return true;
}

bool LoopObject::call_method(CallContext&, Name name, const Args& args, Value& result) {
  if (name == "cycle") result = cycle(args);
  else if (name == "changed") result = Value(changed(args));
  else return false;
  return true;
}

Value LoopObject::call(CallContext&, const Args& args) {
  if (!node_->flag) {
    raise_type_error("The loop must have the 'recursive' marker to be called recursively.");
  }
  if (args.size() != 1) {
    raise_type_error(
        args.size() == 0
            ? "LoopContext.__call__() missing 1 required positional argument: 'iterable'"
            : fmt::format("LoopContext.__call__() takes 2 positional arguments but {} were given",
                          args.size() + 1));
  }
  Module* old = machine_.module;
  machine_.module = module_;
  Value result = machine_.run_recursive(node_, definer_, args[0], depth0_ + 1);
  machine_.module = old;
  return result;
}

IteratorPtr LoopObject::iterate() {
  class Rest : public ValueIterator {
   public:
    explicit Rest(Value loop) : loop_(std::move(loop)) {}
    bool next(Value& out) override {
      Value item;
      if (!loop_.as<LoopObject>()->advance(item)) return false;
      out = Value::tuple({item, loop_});
      return true;
    }

   private:
    Value loop_;
  };
  refs.fetch_add(1, std::memory_order_relaxed);
  return std::make_unique<Rest>(Value::object(this));
}

std::string LoopObject::repr() { return fmt::format("<LoopContext {}/{}>", index0_ + 1, count()); }

}  // namespace floe::jinja
