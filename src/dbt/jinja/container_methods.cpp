// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/interp.h"
#include "dbt/jinja/methods.h"
#include "dbt/jinja/number.h"
#include "dbt/jinja/text_ops.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace floe::jinja {

namespace {

void expect_arguments(const Args& args, const char* method, std::size_t least, std::size_t most) {
  if (!args.keyword.empty()) {
    raise_type_error(fmt::format("{}() takes no keyword arguments", method));
  }
  if (least == most && args.size() != least) {
    if (least == 0) {
      raise_type_error(fmt::format("{}() takes no arguments ({} given)", method, args.size()));
    }
    if (least == 1) {
      raise_type_error(
          fmt::format("{}() takes exactly one argument ({} given)", method, args.size()));
    }
    raise_type_error(fmt::format("{} expected {} arguments, got {}", method, least, args.size()));
  }
  if (args.size() < least || args.size() > most) {
    const bool few = args.size() < least;
    const std::size_t bound = few ? least : most;
    const std::string_view name =
        std::string_view(method).substr(std::string_view(method).find('.') + 1);
    raise_type_error(fmt::format("{} expected at {} {} argument{}, got {}", name,
                                 few ? "least" : "most", bound, bound == 1 ? "" : "s",
                                 args.size()));
  }
}

// --- list ------------------------------------------------------------------------------------

Value l_append(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "list.append", 1, 1);
  Value copy = self;
  copy.mutable_items().push_back(args[0]);
  return Value();
}

Value l_extend(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "list.extend", 1, 1);
  const std::vector<Value> more = collect(args[0]);
  Value copy = self;
  auto& items = copy.mutable_items();
  items.insert(items.end(), more.begin(), more.end());
  return Value();
}

Value l_insert(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "insert", 2, 2);
  Value copy = self;
  auto& items = copy.mutable_items();
  const auto size = static_cast<std::int64_t>(items.size());
  std::int64_t at = to_index(args[0]);
  if (at < 0) at = std::max<std::int64_t>(0, at + size);
  items.insert(items.begin() + std::min(at, size), args[1]);
  return Value();
}

Value l_pop(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "list.pop", 0, 1);
  Value copy = self;
  auto& items = copy.mutable_items();
  const auto size = static_cast<std::int64_t>(items.size());
  std::int64_t at = args.size() == 0 ? -1 : to_index(args[0]);
  if (size == 0) raise(ErrorType::kIndexError, "pop from empty list");
  if (at < 0) at += size;
  if (at < 0 || at >= size) raise(ErrorType::kIndexError, "pop index out of range");
  Value out = items[static_cast<std::size_t>(at)];
  items.erase(items.begin() + at);
  return out;
}

Value l_remove(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "list.remove", 1, 1);
  Value copy = self;
  auto& items = copy.mutable_items();
  const auto found = std::find_if(items.begin(), items.end(), [&](const Value& item) {
    return item.same(args[0]) || item.equals(args[0]);
  });
  if (found == items.end()) raise_value_error("list.remove(x): x not in list");
  items.erase(found);
  return Value();
}

Value l_clear(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "list.clear", 0, 0);
  Value copy = self;
  copy.mutable_items().clear();
  return Value();
}

Value l_copy(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "list.copy", 0, 0);
  return Value::list(self.items());
}

Value l_reverse(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "list.reverse", 0, 0);
  Value copy = self;
  std::reverse(copy.mutable_items().begin(), copy.mutable_items().end());
  return Value();
}

Value l_count(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, self.is_list() ? "list.count" : "tuple.count", 1, 1);
  const auto& items = self.items();
  return Value(std::count_if(items.begin(), items.end(), [&](const Value& item) {
    return item.same(args[0]) || item.equals(args[0]);
  }));
}

Value l_index(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, self.is_list() ? "list.index" : "tuple.index", 1, 3);
  const auto& items = self.items();
  const auto size = static_cast<std::int64_t>(items.size());
  const auto bound = [&](std::size_t i, std::int64_t fallback) {
    if (args.size() <= i) return fallback;
    const std::int64_t at = to_index(args[i]);
    return at < 0 ? std::max<std::int64_t>(0, at + size) : at;
  };
  const std::int64_t end = std::min(bound(2, size), size);
  for (std::int64_t i = bound(1, 0); i < end; ++i) {
    const Value& item = items[static_cast<std::size_t>(i)];
    if (item.same(args[0]) || item.equals(args[0])) return Value(i);
  }
  if (self.is_tuple()) raise_value_error("tuple.index(x): x not in tuple");
  raise_value_error(args[0].repr() + " is not in list");
}

Value l_sort(CallContext& context, const Value& self, const Args& args) {
  static const Signature signature("sort",
                                   {{"key", Value(), true}, {"reverse", Value(false), true}});
  const auto bound = signature.bind(args);
  Value copy = self;
  std::vector<Value> items = self.items();
  std::vector<Value> keys = items;
  if (!bound[0].is_none()) {
    for (Value& key : keys) {
      Args one;
      one.positional.push_back(key);
      key = context.interp.call(bound[0], one);
    }
  }
  sort_values(items, keys, bound[1].truthy());
  copy.mutable_items() = std::move(items);
  return Value();
}

// --- dict ------------------------------------------------------------------------------------

// keys(), values() and items(): live views that print, compare and count like Python's.
class DictView : public Object {
 public:
  enum class What { kKeys, kValues, kItems };
  DictView(Value dict, What what) : dict_(std::move(dict)), what_(what) {}
  std::string type_name() const override {
    return what_ == What::kKeys     ? "dict_keys"
           : what_ == What::kValues ? "dict_values"
                                    : "dict_items";
  }
  std::optional<std::size_t> length() override { return dict_.as_dict().size(); }
  IteratorPtr iterate() override {
    class Items : public ValueIterator {
     public:
      Items(Value dict, What what)
          : dict_(std::move(dict)), what_(what), size_(dict_.as_dict().size()) {}
      bool next(Value& out) override {
        const Dict& dict = dict_.as_dict();
        if (dict.size() != size_) {
          raise(ErrorType::kPyRuntime, "dictionary changed size during iteration");
        }
        const auto& slots = dict.slots();
        while (at_ < slots.size() && !slots[at_].live) ++at_;
        if (at_ >= slots.size()) return false;
        const auto& entry = slots[at_++];
        out = what_ == What::kKeys     ? entry.key
              : what_ == What::kValues ? entry.value
                                       : Value::tuple({entry.key, entry.value});
        return true;
      }

     private:
      Value dict_;
      What what_;
      std::size_t size_;
      std::size_t at_ = 0;
    };
    return std::make_unique<Items>(dict_, what_);
  }
  std::optional<bool> contains(const Value& item) override {
    if (what_ != What::kKeys) return std::nullopt;
    return dict_.as_dict().contains(item);
  }
  std::string repr() override {
    refs.fetch_add(1, std::memory_order_relaxed);
    const Value self = Value::object(this);
    return type_name() + "(" + Value::list(collect(self)).repr() + ")";
  }
  bool equals(const Value& other) override {
    if (other.as_object() == this) return true;
    if (what_ == What::kValues) return false;
    refs.fetch_add(1, std::memory_order_relaxed);
    const Value self = Value::object(this);
    if (!other.is_set() &&
        (other.as<DictView>() == nullptr || other.as<DictView>()->what_ == What::kValues)) {
      return false;
    }
    return Value::set(collect(self)).equals(Value::set(collect(other)));
  }
  std::optional<std::uint64_t> hash() override { return std::nullopt; }
  std::optional<Value> binary(BinaryOp op, const Value& other, bool reflected) override {
    if (op != BinaryOp::kSub || what_ == What::kValues) return std::nullopt;
    refs.fetch_add(1, std::memory_order_relaxed);
    const Value mine = Value::set(collect(Value::object(this)));
    const Value theirs = Value::set(collect(other));
    return reflected ? binary_op(op, theirs, mine) : binary_op(op, mine, theirs);
  }

 private:
  Value dict_;
  What what_;
};

Value d_keys(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "dict.keys", 0, 0);
  return make_object<DictView>(self, DictView::What::kKeys);
}
Value d_values(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "dict.values", 0, 0);
  return make_object<DictView>(self, DictView::What::kValues);
}
Value d_items(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "dict.items", 0, 0);
  return make_object<DictView>(self, DictView::What::kItems);
}

Value d_get(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "dict.get", 1, 2);
  if (const Value* found = self.as_dict().find(args[0])) return *found;
  return args.size() == 2 ? args[1] : Value();
}

Value d_setdefault(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "dict.setdefault", 1, 2);
  if (const Value* found = self.as_dict().find(args[0])) return *found;
  Value copy = self;
  const Value value = args.size() == 2 ? args[1] : Value();
  copy.mutable_dict().set(args[0], value);
  return value;
}

Value d_update(CallContext&, const Value& self, const Args& args) {
  if (args.size() > 1) {
    raise_type_error(fmt::format("update expected at most 1 argument, got {}", args.size()));
  }
  Value copy = self;
  if (args.size() == 1) {
    if (args[0].is_none() || args[0].is_number()) {
      raise_type_error(fmt::format("'{}' object is not iterable", args[0].type_name()));
    }
    update_dict(copy.mutable_dict(), args[0]);
  }
  for (const auto& [name, value] : args.keyword) copy.mutable_dict().set(name.value(), value);
  return Value();
}

Value d_pop(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "dict.pop", 1, 2);
  Value copy = self;
  if (const Value* found = self.as_dict().find(args[0])) {
    Value out = *found;
    copy.mutable_dict().erase(args[0]);
    return out;
  }
  if (args.size() == 2) return args[1];
  raise(ErrorType::kKeyError, args[0].repr());
}

Value d_popitem(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "dict.popitem", 0, 0);
  const auto& slots = self.as_dict().slots();
  for (std::size_t i = slots.size(); i-- > 0;) {
    if (!slots[i].live) continue;
    Value out = Value::tuple({slots[i].key, slots[i].value});
    Value copy = self;
    copy.mutable_dict().erase(out.items()[0]);
    return out;
  }
  raise(ErrorType::kKeyError, "'popitem(): dictionary is empty'");
}

Value d_clear(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "dict.clear", 0, 0);
  Value copy = self;
  copy.mutable_dict().clear();
  return Value();
}

Value d_copy(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "dict.copy", 0, 0);
  Value copy = self.type_name() == "dict" ? Value::dict() : Value::ordered_dict();
  update_dict(copy.mutable_dict(), self);
  return copy;
}

Value d_fromkeys(CallContext&, const Value&, const Args& args) {
  expect_arguments(args, "dict.fromkeys", 1, 2);
  Value out = Value::dict();
  for (const Value& key : collect(args[0])) {
    out.mutable_dict().set(key, args.size() == 2 ? args[1] : Value());
  }
  return out;
}

// --- set -------------------------------------------------------------------------------------

Value copy_set(const Value& self) {
  Value out = Value::set();
  for (const auto& entry : self.as_set()) out.mutable_set().set(entry.key, Value());
  return out;
}

Value s_add(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "set.add", 1, 1);
  Value copy = self;
  if (!self.as_set().contains(args[0])) copy.mutable_set().set(args[0], Value());
  return Value();
}

Value s_remove(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "set.remove", 1, 1);
  Value copy = self;
  if (!copy.mutable_set().erase(args[0])) raise(ErrorType::kKeyError, args[0].repr());
  return Value();
}

Value s_discard(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "set.discard", 1, 1);
  Value copy = self;
  copy.mutable_set().erase(args[0]);
  return Value();
}

Value s_pop(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "set.pop", 0, 0);
  if (self.as_set().empty()) raise(ErrorType::kKeyError, "'pop from an empty set'");
  const Value first = self.as_set().begin()->key;
  Value copy = self;
  copy.mutable_set().erase(first);
  return first;
}

Value s_clear(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "set.clear", 0, 0);
  Value copy = self;
  copy.mutable_set().clear();
  return Value();
}

Value s_copy(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "set.copy", 0, 0);
  return copy_set(self);
}

void add_all(Value& target, const Value& source) {
  for (const Value& item : collect(source)) {
    if (!target.as_set().contains(item)) target.mutable_set().set(item, Value());
  }
}

Value s_update(CallContext&, const Value& self, const Args& args) {
  Value copy = self;
  for (const Value& source : args.positional) add_all(copy, source);
  return Value();
}

Value s_union(CallContext&, const Value& self, const Args& args) {
  Value out = copy_set(self);
  for (const Value& source : args.positional) add_all(out, source);
  return out;
}

// Members of `self` that are in every (or in none) of the arguments.
Value sift(const Value& self, const Args& args, bool keep) {
  Value out = Value::set();
  std::vector<Value> others;
  for (const Value& source : args.positional) others.push_back(Value::set(collect(source)));
  for (const auto& entry : self.as_set()) {
    const bool stays = std::all_of(others.begin(), others.end(), [&](const Value& other) {
      return other.as_set().contains(entry.key) == keep;
    });
    if (stays) out.mutable_set().set(entry.key, Value());
  }
  return out;
}

Value s_intersection(CallContext&, const Value& self, const Args& args) {
  return sift(self, args, true);
}
Value s_difference(CallContext&, const Value& self, const Args& args) {
  return sift(self, args, false);
}

Value s_symmetric(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "set.symmetric_difference", 1, 1);
  Value out = sift(self, args, false);
  for (const Value& item : collect(args[0])) {
    if (!self.as_set().contains(item)) out.mutable_set().set(item, Value());
  }
  return out;
}

Value replace_set(const Value& self, const Value& members) {
  Value copy = self;
  copy.mutable_set() = members.as_set();
  return Value();
}

Value s_difference_update(CallContext&, const Value& self, const Args& args) {
  return replace_set(self, sift(self, args, false));
}
Value s_intersection_update(CallContext&, const Value& self, const Args& args) {
  return replace_set(self, sift(self, args, true));
}

bool subset(const Dict& a, const Dict& b) {
  return std::all_of(a.slots().begin(), a.slots().end(), [&](const Dict::Entry& entry) {
    return !entry.live || b.contains(entry.key);
  });
}

Value s_issubset(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "set.issubset", 1, 1);
  return Value(subset(self.as_set(), Value::set(collect(args[0])).as_set()));
}
Value s_issuperset(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "set.issuperset", 1, 1);
  return Value(subset(Value::set(collect(args[0])).as_set(), self.as_set()));
}
Value s_isdisjoint(CallContext&, const Value& self, const Args& args) {
  expect_arguments(args, "set.isdisjoint", 1, 1);
  return Value(sift(self, args, true).as_set().empty());
}

// --- numbers ---------------------------------------------------------------------------------

Value n_is_integer(CallContext&, const Value& self, const Args&) {
  return Value(!self.is_float() ||
               (std::isfinite(self.as_float()) && self.as_float() == std::floor(self.as_float())));
}
Value n_bit_length(CallContext&, const Value& self, const Args&) {
  std::string digits = int_to_base(self, 2);
  if (digits[0] == '-') digits.erase(0, 1);
  return Value(digits == "0" ? 0 : static_cast<std::int64_t>(digits.size()));
}
Value n_conjugate(CallContext&, const Value& self, const Args&) { return positive(self); }

class BoundMethod : public Object {
 public:
  BoundMethod(Value self, Name name, MethodFn method)
      : self_(std::move(self)), name_(name), method_(method) {}
  std::string type_name() const override { return "builtin_function_or_method"; }
  bool callable() const override { return true; }
  Value call(CallContext& context, const Args& args) override {
    return method_(context, self_, args);
  }
  std::string repr() override {
    return fmt::format("<built-in method {} of {} object>", name_.view(), self_.type_name());
  }

 private:
  Value self_;
  Name name_;
  MethodFn method_;
};

}  // namespace

void sort_values(std::vector<Value>& items, const std::vector<Value>& keys, bool reverse,
                 bool equal_first) {
  std::vector<std::size_t> order(items.size());
  std::iota(order.begin(), order.end(), 0);
  // Comparing what has no order throws out of the sort; reversing twice keeps it stable.
  if (reverse) std::reverse(order.begin(), order.end());
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return !(equal_first && keys[a].equals(keys[b])) && keys[a].less(keys[b]);
  });
  if (reverse) std::reverse(order.begin(), order.end());
  std::vector<Value> sorted;
  sorted.reserve(items.size());
  for (const std::size_t i : order) sorted.push_back(items[i]);
  items = std::move(sorted);
}

const MethodTable& list_methods() {
  static const MethodTable table = {
      {Name("append"), l_append}, {Name("extend"), l_extend},   {Name("insert"), l_insert},
      {Name("pop"), l_pop},       {Name("remove"), l_remove},   {Name("clear"), l_clear},
      {Name("copy"), l_copy},     {Name("reverse"), l_reverse}, {Name("count"), l_count},
      {Name("index"), l_index},   {Name("sort"), l_sort},
  };
  return table;
}

const MethodTable& tuple_methods() {
  static const MethodTable table = {{Name("count"), l_count}, {Name("index"), l_index}};
  return table;
}

const MethodTable& dict_methods() {
  static const MethodTable table = {
      {Name("keys"), d_keys}, {Name("values"), d_values},         {Name("items"), d_items},
      {Name("get"), d_get},   {Name("setdefault"), d_setdefault}, {Name("update"), d_update},
      {Name("pop"), d_pop},   {Name("popitem"), d_popitem},       {Name("clear"), d_clear},
      {Name("copy"), d_copy}, {Name("fromkeys"), d_fromkeys},
  };
  return table;
}

const MethodTable& set_methods() {
  static const MethodTable table = {
      {Name("add"), s_add},
      {Name("remove"), s_remove},
      {Name("discard"), s_discard},
      {Name("pop"), s_pop},
      {Name("clear"), s_clear},
      {Name("copy"), s_copy},
      {Name("update"), s_update},
      {Name("union"), s_union},
      {Name("intersection"), s_intersection},
      {Name("difference"), s_difference},
      {Name("symmetric_difference"), s_symmetric},
      {Name("difference_update"), s_difference_update},
      {Name("intersection_update"), s_intersection_update},
      {Name("issubset"), s_issubset},
      {Name("issuperset"), s_issuperset},
      {Name("isdisjoint"), s_isdisjoint},
  };
  return table;
}

const MethodTable& number_methods(bool is_float) {
  static const MethodTable floats = {{Name("is_integer"), n_is_integer},
                                     {Name("conjugate"), n_conjugate}};
  static const MethodTable ints = {{Name("bit_length"), n_bit_length},
                                   {Name("conjugate"), n_conjugate}};
  return is_float ? floats : ints;
}

MethodFn find_method(const Value& value, Name name) {
  const MethodTable* table = nullptr;
  switch (value.kind()) {
    case Kind::kStr: table = &str_methods(); break;
    case Kind::kList: table = &list_methods(); break;
    case Kind::kTuple: table = &tuple_methods(); break;
    case Kind::kDict: table = &dict_methods(); break;
    case Kind::kSet: table = &set_methods(); break;
    case Kind::kBool:
    case Kind::kInt:
    case Kind::kBigInt: table = &number_methods(false); break;
    case Kind::kFloat: table = &number_methods(true); break;
    default: return nullptr;
  }
  const auto found = table->find(name);
  return found == table->end() ? nullptr : found->second;
}

Value bound_method(const Value& self, Name name, MethodFn method) {
  return make_object<BoundMethod>(self, name, method);
}

}  // namespace floe::jinja
