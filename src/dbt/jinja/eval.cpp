// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/machine.h"
#include "dbt/jinja/methods.h"
#include "dbt/jinja/number.h"
#include "dbt/jinja/text_ops.h"
#include "dbt/jinja/unicode.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::jinja {

namespace {

bool by_order(Cmp cmp, int order) {
  switch (cmp) {
    case Cmp::kLt: return order < 0;
    case Cmp::kLe: return order <= 0;
    case Cmp::kGt: return order > 0;
    case Cmp::kGe: return order >= 0;
    default: return false;
  }
}

bool order_sequences(Cmp cmp, const Value& left, const Value& right) {
  check_stack();
  const auto& a = left.items();
  const auto& b = right.items();
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (!a[i].same(b[i]) && !a[i].equals(b[i])) return compare_values(cmp, a[i], b[i]);
  }
  return by_order(cmp, a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0);
}

bool is_subset(const Dict& a, const Dict& b) {
  for (const auto& entry : a) {
    if (!b.contains(entry.key)) return false;
  }
  return true;
}

bool order_sets(Cmp cmp, const Dict& a, const Dict& b) {
  switch (cmp) {
    case Cmp::kLt: return a.size() < b.size() && is_subset(a, b);
    case Cmp::kLe: return is_subset(a, b);
    case Cmp::kGt: return a.size() > b.size() && is_subset(b, a);
    default: return is_subset(b, a);
  }
}

}  // namespace

bool compare_values(Cmp cmp, const Value& left, const Value& right) {
  switch (cmp) {
    case Cmp::kEq: return left.equals(right);
    case Cmp::kNe: return !left.equals(right);
    case Cmp::kIn: return right.contains(left);
    case Cmp::kNotIn: return !right.contains(left);
    default: break;
  }
  if (left.is_number() && right.is_number()) {
    const auto order = compare_numbers(left, right);
    return order && by_order(cmp, *order);
  }
  if (left.is_str() && right.is_str()) return by_order(cmp, left.as_str().compare(right.as_str()));
  if (left.is_undefined()) raise_undefined(left.undefined_data());
  if (right.is_undefined()) raise_undefined(right.undefined_data());
  if (Object* object = left.as_object()) {
    if (const auto order = object->compare(right)) return by_order(cmp, *order);
  }
  if (Object* object = right.as_object()) {
    if (const auto order = object->compare(left)) return by_order(cmp, -*order);
  }
  if (left.kind() == right.kind() && (left.is_list() || left.is_tuple())) {
    return order_sequences(cmp, left, right);
  }
  if (left.is_set() && right.is_set()) return order_sets(cmp, left.as_set(), right.as_set());
  raise_type_error(fmt::format("'{}' not supported between instances of '{}' and '{}'",
                               cmp_text(cmp).source, operand_type(left), operand_type(right)));
}

std::string object_type_repr(const Value& value) {
  if (value.is_none()) return "None";
  if (value.is_object()) return value.as_object()->qualified_type_name() + " object";
  if (value.str_kind() == StrKind::kMarkup) return "markupsafe.Markup object";
  return value.type_name() + " object";
}

namespace {

// Python's slice.indices(length).
struct SliceRange {
  std::int64_t start = 0;
  std::int64_t stop = 0;
  std::int64_t step = 1;
};

std::int64_t slice_bound(const Value& value) {
  if (value.kind() == Kind::kInt || value.is_bool()) return value.as_int();
  if (value.kind() == Kind::kBigInt) {
    return *compare_numbers(value, Value(0)) < 0 ? INT64_MIN / 2 : INT64_MAX / 2;
  }
  raise_type_error("slice indices must be integers or None or have an __index__ method");
}

SliceRange slice_range(std::int64_t length, const Value& start, const Value& stop,
                       const Value& step) {
  SliceRange range;
  if (!step.is_none()) range.step = slice_bound(step);
  if (range.step == 0) raise_value_error("slice step cannot be zero");
  const bool back = range.step < 0;
  const auto clip = [&](const Value& bound, std::int64_t fallback) {
    if (bound.is_none()) return fallback;
    std::int64_t at = slice_bound(bound);
    if (at < 0) {
      at += length;
      if (at < 0) at = back ? -1 : 0;
    } else if (at >= length) {
      at = back ? length - 1 : length;
    }
    return at;
  };
  range.start = clip(start, back ? length - 1 : 0);
  range.stop = clip(stop, back ? -1 : length);
  return range;
}

template <class Take>
void walk(const SliceRange& range, Take take) {
  if (range.step > 0) {
    for (std::int64_t i = range.start; i < range.stop; i += range.step) take(i);
  } else {
    for (std::int64_t i = range.start; i > range.stop; i += range.step) take(i);
  }
}

}  // namespace

Value slice_value(const Value& object, const Value& start, const Value& stop, const Value& step) {
  if (object.is_str()) {
    const std::string& text = object.as_str();
    const SliceRange range =
        slice_range(static_cast<std::int64_t>(object.length()), start, stop, step);
    const StrKind kind = object.str_kind() == StrKind::kMarkup ? StrKind::kMarkup : StrKind::kPlain;
    if (object.length() == text.size()) {
      std::string out;
      walk(range, [&](std::int64_t i) { out += text[static_cast<std::size_t>(i)]; });
      return Value::str(std::move(out), kind);
    }
    const std::u32string points = to_points(text);
    std::u32string out;
    walk(range, [&](std::int64_t i) { out += points[static_cast<std::size_t>(i)]; });
    return Value::str(from_points(out), kind);
  }
  if (object.is_list() || object.is_tuple()) {
    const auto& items = object.items();
    const SliceRange range =
        slice_range(static_cast<std::int64_t>(items.size()), start, stop, step);
    std::vector<Value> out;
    walk(range, [&](std::int64_t i) { out.push_back(items[static_cast<std::size_t>(i)]); });
    return object.is_list() ? Value::list(std::move(out)) : Value::tuple(std::move(out));
  }
  if (object.is_undefined()) raise_undefined(object.undefined_data());
  if (Object* host = object.as_object()) {
    if (auto sliced = host->slice(start, stop, step)) return *sliced;
  }
  if (object.is_dict()) raise_type_error("unhashable type: 'slice'");
  raise_type_error(fmt::format("'{}' object is not subscriptable", object.type_name()));
}

// --- Names and operators ---------------------------------------------------------------------

Value Machine::undefined_name(Name name) { return Value::undefined(name.view(), module->mode); }

Value Machine::undefined_hint(std::string hint) const {
  return Value::undefined_hint(std::move(hint),
                               module == nullptr ? interp.undefined_mode() : module->mode);
}

Value Machine::eval_name(const Node* node, Frame* frame) {
  if (constants_only) raise(ErrorType::kRuntime, "not constant");
  const Value& value = slot(node->ref, frame);
  if (value.is_missing()) return undefined_name(node->name);
  return value;
}

const Value& Machine::operand(const Node* node, Frame* frame, Value& scratch) {
  if (node->op == Op::kConst) return *node->constant;
  if (node->op == Op::kName && !constants_only) {
    const Value& value = slot(node->ref, frame);
    if (!value.is_missing()) return value;
  }
  scratch = eval(node, frame);
  return scratch;
}

bool Machine::eval_bool(const Node* node, Frame* frame) {
  Value scratch;
  switch (node->op) {
    case Op::kNot: return !eval_bool(node->a, frame);
    case Op::kAnd: return eval_bool(node->a, frame) && eval_bool(node->b, frame);
    case Op::kOr: return eval_bool(node->a, frame) || eval_bool(node->b, frame);
    default: return operand(node, frame, scratch).truthy();
  }
}

std::vector<Value> Machine::eval_items(const Span<Node*>& nodes, Frame* frame) {
  std::vector<Value> items;
  items.reserve(nodes.size);
  for (const Node* child : nodes) items.push_back(eval(child, frame));
  return items;
}

Value Machine::eval_dict(const Node* node, Frame* frame) {
  Value dict = Value::dict();
  dict.mutable_dict().reserve(node->list.size);
  for (const Node* pair : node->list) {
    Value key = eval(pair->a, frame);
    dict.mutable_dict().set(key, eval(pair->b, frame));
  }
  return dict;
}

Value Machine::eval_compare(const Node* node, Frame* frame) {
  Value left_scratch;
  Value right_scratch;
  const Value* left = &operand(node->a, frame, left_scratch);
  bool result = true;
  for (const Node* next : node->list) {
    Value held;
    const Value& right = operand(next->a, frame, held);
    result = compare_values(next->cmp, *left, right);
    if (!result) return Value(false);
    right_scratch = right;
    left_scratch = right_scratch;
    left = &left_scratch;
  }
  return Value(result);
}

Value Machine::eval(const Node* node, Frame* frame) {
  switch (node->op) {
    case Op::kConst: return *node->constant;
    case Op::kName: return eval_name(node, frame);
    case Op::kData: return Value(node->text);
    case Op::kGetattr: {
      Value scratch;
      return get_attr(operand(node->a, frame, scratch), node->name);
    }
    case Op::kCall: return eval_call(node, frame, false);
    case Op::kFilter: return eval_filter(node, frame, nullptr);
    case Op::kTest: return eval_test(node, frame);
    default: return eval_plain(node, frame);
  }
}

namespace {

std::optional<BinaryOp> binary_of(Op op) {
  switch (op) {
    case Op::kAdd: return BinaryOp::kAdd;
    case Op::kSub: return BinaryOp::kSub;
    case Op::kMul: return BinaryOp::kMul;
    case Op::kDiv: return BinaryOp::kDiv;
    case Op::kFloorDiv: return BinaryOp::kFloorDiv;
    case Op::kMod: return BinaryOp::kMod;
    case Op::kPow: return BinaryOp::kPow;
    default: return std::nullopt;
  }
}

}  // namespace

Value Machine::eval_plain(const Node* node, Frame* frame) {
  check_stack();
  if (const auto op = binary_of(node->op)) {
    const Value left = eval(node->a, frame);
    Value right;
    return binary_op(*op, left, operand(node->b, frame, right));
  }
  switch (node->op) {
    case Op::kAnd: {
      Value left = eval(node->a, frame);
      return left.truthy() ? eval(node->b, frame) : left;
    }
    case Op::kOr: {
      Value left = eval(node->a, frame);
      return left.truthy() ? left : eval(node->b, frame);
    }
    case Op::kNot: return Value(!eval_bool(node->a, frame));
    case Op::kNeg: return negate(eval(node->a, frame));
    case Op::kPos: return positive(eval(node->a, frame));
    case Op::kTuple: return Value::tuple(eval_items(node->list, frame));
    case Op::kList: return Value::list(eval_items(node->list, frame));
    case Op::kDict: return eval_dict(node, frame);
    case Op::kConcat: {
      std::string text;
      for (const Node* part : node->list) {
        Value scratch;
        operand(part, frame, scratch).append_str(text);
      }
      return Value(std::move(text));
    }
    case Op::kCompare: return eval_compare(node, frame);
    case Op::kGetitem: {
      if (node->b->op == Op::kSlice) return eval_slice(node, frame);
      const Value object = eval(node->a, frame);
      Value scratch;
      return get_item(object, operand(node->b, frame, scratch));
    }
    case Op::kCond: {
      if (eval_bool(node->a, frame)) return eval(node->b, frame);
      if (node->c != nullptr) return eval(node->c, frame);
      const int line = line_and_column(module->source->source(), node->begin).first;
      return Value::undefined_hint(
          fmt::format("the inline if-expression on line {} evaluated to false and no else section "
                      "was defined.",
                      line));
    }
    default: raise(ErrorType::kPyRuntime, "this expression cannot be evaluated");
  }
}

// Where Jinja computes constants ahead of time, what cannot be sliced gives undefined.
Value Machine::eval_slice(const Node* node, Frame* frame) {
  const Value object = eval(node->a, frame);
  if (!constants_only) return slice_operand(object, node->b, frame);
  try {
    return slice_operand(object, node->b, frame);
  } catch (const TemplateError& error) {
    if (error.type != ErrorType::kTypeError) throw;
    return undefined_hint(object_type_repr(object) + " has no element slice");
  }
}

Value Machine::slice_operand(const Value& object, const Node* slice, Frame* frame) {
  const auto bound = [&](const Node* node) {
    return node == nullptr ? Value() : eval(node, frame);
  };
  const Value start = bound(slice->a);
  const Value stop = bound(slice->b);
  return slice_value(object, start, stop, bound(slice->c));
}

// --- Attributes and items --------------------------------------------------------------------

namespace {

bool known_dunder(std::string_view name) {
  static constexpr std::string_view kNames[] = {"__class__",        "__init__",
                                                "__doc__",          "__eq__",
                                                "__ne__",           "__lt__",
                                                "__le__",           "__gt__",
                                                "__ge__",           "__str__",
                                                "__repr__",         "__hash__",
                                                "__new__",          "__dir__",
                                                "__format__",       "__reduce__",
                                                "__reduce_ex__",    "__sizeof__",
                                                "__setattr__",      "__delattr__",
                                                "__getattribute__", "__init_subclass__",
                                                "__subclasshook__"};
  for (const auto known : kNames) {
    if (name == known) return true;
  }
  return false;
}

Value missing_of(const Value& object, Name name, UndefinedMode mode) {
  auto* data = new UndefinedData;
  data->name = name.string();
  data->has_name = true;
  data->mode = mode;
  // dbt's own undefined class forgets the object.
  if (mode == UndefinedMode::kStandard) data->object_type = object_type_repr(object);
  return Value::undefined(data);
}

Value unsafe_of(const Value& object, Name name) {
  auto* data = new UndefinedData;
  data->hint = fmt::format("access to attribute '{}' of '{}' object is unsafe.", name.view(),
                           object.type_name());
  data->security = true;
  return Value::undefined(data);
}

Value undefined_attribute(const Value& object, Name name) {
  const UndefinedData* data = object.undefined_data();
  const std::string_view text = name.view();
  if (data != nullptr && data->mode == UndefinedMode::kLenient) {
    if (text == "name") return data->has_name ? Value(data->name) : Value();
    if (text == "hint") return data->hint.empty() ? Value() : Value(data->hint);
    if (text == "node") return Value();
    if (text == "unsafe_callable" || text == "alters_data") return Value(false);
    if (text.starts_with("__") && text.ends_with("__")) return object;
    return Value::undefined(text, UndefinedMode::kLenient);
  }
  raise_undefined(data);
}

std::optional<Value> number_attribute(const Value& object, std::string_view name) {
  if (!object.is_number()) return std::nullopt;
  if (name == "real") return positive(object);
  if (name == "imag") return object.is_float() ? Value(0.0) : Value(0);
  if (object.is_float()) return std::nullopt;
  if (name == "numerator") return positive(object);
  if (name == "denominator") return Value(1);
  return std::nullopt;
}

/// A method of a host object as a value of its own.
std::optional<Value> host_method(const Value& object, Name name) {
  const auto names = object.as_object()->method_names();
  if (std::find(names.begin(), names.end(), name.view()) == names.end()) return std::nullopt;
  return native(name.string(), [object, name](CallContext& context, const Args& args) {
    Value result;
    object.as_object()->call_method(context, name, args, result);
    return result;
  });
}

}  // namespace

Value Machine::get_attr(const Value& object, Name name) {
  const UndefinedMode mode = module == nullptr ? interp.undefined_mode() : module->mode;
  if (object.is_undefined()) return undefined_attribute(object, name);
  const bool hidden = name.view().starts_with('_');
  if (Object* host = object.as_object()) {
    if (!hidden) {
      if (auto found = host->get_attr(name)) return std::move(*found);
      if (auto found = host_method(object, name)) return std::move(*found);
    } else if (known_dunder(name.view())) {
      return unsafe_of(object, name);
    }
    if (auto found = host->get_item(name.value())) return std::move(*found);
    return missing_of(object, name, mode);
  }
  if (hidden && known_dunder(name.view())) return unsafe_of(object, name);
  if (const MethodFn method = find_method(object, name)) return bound_method(object, name, method);
  if (object.is_dict()) {
    if (const Value* found = object.as_dict().find(name.value())) return *found;
  } else if (auto number = number_attribute(object, name.view())) {
    return *number;
  }
  return missing_of(object, name, mode);
}

namespace {

// obj[key] without the fallback to attributes.
std::optional<Value> plain_item(const Value& object, const Value& key) {
  switch (object.kind()) {
    case Kind::kDict: {
      if (key.is_list() || key.is_dict() || key.is_set()) return std::nullopt;
      const Value* found = object.as_dict().find(key);
      return found == nullptr ? std::nullopt : std::optional<Value>(*found);
    }
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kStr: {
      if (key.kind() != Kind::kInt && !key.is_bool()) return std::nullopt;
      const auto size = static_cast<std::int64_t>(object.length());
      std::int64_t at = key.as_int();
      if (at < 0) at += size;
      if (at < 0 || at >= size) return std::nullopt;
      if (!object.is_str()) return object.items()[static_cast<std::size_t>(at)];
      const std::string& text = object.as_str();
      const std::size_t begin = static_cast<std::size_t>(size) == text.size()
                                    ? static_cast<std::size_t>(at)
                                    : point_offset(text, static_cast<std::size_t>(at));
      std::size_t width = 0;
      decode_at(text, begin, width);
      return Value::str(text.substr(begin, width),
                        object.str_kind() == StrKind::kMarkup ? StrKind::kMarkup : StrKind::kPlain);
    }
    case Kind::kObject: return object.as_object()->get_item(key);
    default: return std::nullopt;
  }
}

}  // namespace

Value Machine::get_item(const Value& object, const Value& key) {
  const UndefinedMode mode = module == nullptr ? interp.undefined_mode() : module->mode;
  if (object.is_undefined()) {
    const UndefinedData* data = object.undefined_data();
    if (data != nullptr && data->mode == UndefinedMode::kLenient) return object;
    raise_undefined(data);
  }
  if (auto found = plain_item(object, key)) return std::move(*found);
  if (key.is_str()) {
    const Name name(key.as_str());
    if (name.view().starts_with('_')) {
      if (known_dunder(name.view())) return unsafe_of(object, name);
      return missing_of(object, name, mode);
    }
    if (Object* host = object.as_object()) {
      if (auto found = host->get_attr(name)) return std::move(*found);
    } else if (const MethodFn method = find_method(object, name)) {
      return bound_method(object, name, method);
    } else if (auto number = number_attribute(object, name.view())) {
      return *number;
    }
    return missing_of(object, name, mode);
  }
  auto* data = new UndefinedData;
  data->mode = mode;
  data->element = key.repr();
  if (mode == UndefinedMode::kStandard) data->object_type = object_type_repr(object);
  else data->hint = data->element + " is undefined";
  return Value::undefined(data);
}

// --- Calls -----------------------------------------------------------------------------------

void Machine::eval_args(const Node* node, Frame* frame, Args& args) {
  args.positional.reserve(node->list.size);
  for (const Node* child : node->list) args.positional.push_back(eval(child, frame));
  for (const Node* child : node->list2)
    args.keyword.emplace_back(child->name, eval(child->a, frame));
  if (node->dyn_args != nullptr) {
    const Value more = eval(node->dyn_args, frame);
    IteratorPtr items;
    try {
      items = iterate(more);
    } catch (const TemplateError& error) {
      if (error.type != ErrorType::kTypeError) throw;
      raise_type_error(fmt::format("Value after * must be an iterable, not {}", more.type_name()));
    }
    Value item;
    while (items->next(item)) args.positional.push_back(item);
  }
  if (node->dyn_kwargs != nullptr) {
    const Value more = eval(node->dyn_kwargs, frame);
    if (more.is_dict()) {
      for (const auto& entry : more.as_dict()) {
        if (!entry.key.is_str()) raise_type_error("keywords must be strings");
        args.keyword.emplace_back(Name(entry.key.as_str()), entry.value);
      }
    } else if (more.is_mapping()) {
      IteratorPtr keys = iterate(more);
      Value key;
      while (keys->next(key)) {
        args.keyword.emplace_back(Name(key.to_str()), get_item(more, key));
      }
    } else {
      raise_type_error(
          fmt::format("jinja2.sandbox.SandboxedEnvironment.call() argument after ** must be a "
                      "mapping, not {}",
                      more.type_name()));
    }
  }
}

Value Machine::call_value(const Value& callee, const Args& args, bool direct) {
  tick();
  if (Object* object = callee.as_object(); object != nullptr && object->callable()) {
    CallContext context{interp, direct};
    return object->call(context, args);
  }
  if (callee.is_undefined()) {
    const UndefinedData* data = callee.undefined_data();
    if (data != nullptr && data->mode == UndefinedMode::kLenient) return callee;
    raise_undefined(data);
  }
  raise_type_error(fmt::format("'{}' object is not callable", callee.type_name()));
}

Value Machine::call_method(const Value& object, Name name, const Args& args, bool direct) {
  CallContext context{interp, direct};
  if (const MethodFn method = find_method(object, name)) {
    tick();
    return method(context, object, args);
  }
  if (Object* host = object.as_object(); host != nullptr && !name.view().starts_with('_')) {
    Value result;
    tick();
    if (host->call_method(context, name, args, result)) return result;
  }
  return call_value(get_attr(object, name), args, direct);
}

Value Machine::eval_call(const Node* node, Frame* frame, bool direct, const Value* caller) {
  if (constants_only) raise(ErrorType::kRuntime, "not constant");
  check_stack();
  const Node* callee = node->a;
  Args args;
  Value result;
  if (callee->op == Op::kGetattr) {
    const Value object = eval(callee->a, frame);
    if (object.is_undefined()) {
      const Value attribute = get_attr(object, callee->name);
      eval_args(node, frame, args);
      position = node;
      result = call_value(attribute, args, direct);
    } else {
      eval_args(node, frame, args);
      if (caller != nullptr) args.keyword.emplace_back(Name("caller"), *caller);
      position = node;
      result = call_method(object, callee->name, args, direct);
    }
  } else {
    const Value function = eval(callee, frame);
    eval_args(node, frame, args);
    if (caller != nullptr) args.keyword.emplace_back(Name("caller"), *caller);
    position = node;
    result = call_value(function, args, direct);
  }
  if (returning && !direct) {
    returning = false;
    throw ReturnSignal{std::move(returned)};
  }
  return result;
}

Value Machine::eval_filter(const Node* node, Frame* frame, const Value* subject) {
  Value scratch;
  Value value;
  if (subject != nullptr) value = *subject;
  else if (node->a == nullptr) value = Value(sink->text);
  else if (node->a->op == Op::kFilter) value = eval_filter(node->a, frame, nullptr);
  else value = eval(node->a, frame);
  if (node->filter == nullptr) {
    raise(ErrorType::kRuntime, fmt::format("No filter named '{}' found.", node->name.view()));
  }
  if (constants_only && filter_needs_context(node->name)) {
    raise(ErrorType::kRuntime, "not constant");
  }
  Args args;
  eval_args(node, frame, args);
  position = node;
  tick();
  return node->filter({interp, value, args, module->native});
}

Value Machine::eval_test(const Node* node, Frame* frame) {
  Value scratch;
  const Value value = operand(node->a, frame, scratch);
  if (node->test == nullptr) {
    raise(ErrorType::kRuntime, fmt::format("No test named '{}' found.", node->name.view()));
  }
  Args args;
  if (!node->list.empty() || !node->list2.empty() || node->dyn_args != nullptr ||
      node->dyn_kwargs != nullptr) {
    eval_args(node, frame, args);
  }
  position = node;
  return Value(node->test({interp, value, args, module->native}));
}

}  // namespace floe::jinja
