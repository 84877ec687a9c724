// SPDX-License-Identifier: Apache-2.0
// The builtin tests: what follows `is`.
#include "dbt/jinja/filter_support.h"
#include "dbt/jinja/filters.h"
#include "dbt/jinja/machine.h"
#include "dbt/jinja/number.h"
#include "dbt/jinja/text_ops.h"

#include <fmt/format.h>

#include <unordered_map>

namespace floe::jinja {

namespace {

const Value& argument(const FilterCall& call, const char* function, const char* name) {
  if (call.args.size() == 1 && call.args.keyword.empty()) return call.args[0];
  if (call.args.size() == 0) {
    if (const Value* found = call.args.find(name)) return *found;
    raise_type_error(
        fmt::format("{}() missing 1 required positional argument: '{}'", function, name));
  }
  raise_type_error(fmt::format("{}() takes 2 positional arguments but {} were given", function,
                               call.args.size() + 1));
}

void no_argument(const FilterCall& call, const char* function) {
  if (call.args.empty()) return;
  const Signature signature(function, {{"value", {}}});
  bind_filter(signature, call);
}

const Value& operand_of(const FilterCall& call, const char* name) {
  if (call.args.size() == 1 && call.args.keyword.empty()) return call.args[0];
  raise_type_error(fmt::format("{} expected 2 arguments, got {}", name, call.args.size() + 1));
}

Value remainder(const Value& value, const Value& by) {
  return binary_op(BinaryOp::kMod, value, by);
}

bool t_odd(const FilterCall& call) { return remainder(call.value, Value(2)).equals(Value(1)); }
bool t_even(const FilterCall& call) { return remainder(call.value, Value(2)).equals(Value(0)); }
bool t_divisibleby(const FilterCall& call) {
  return remainder(call.value, argument(call, "test_divisibleby", "num")).equals(Value(0));
}
bool t_defined(const FilterCall& call) {
  no_argument(call, "test_defined");
  return !call.value.is_undefined();
}
bool t_undefined(const FilterCall& call) {
  no_argument(call, "test_undefined");
  return call.value.is_undefined();
}
bool t_filter(const FilterCall& call) {
  return call.value.is_str() && find_filter(Name(call.value.as_str())) != nullptr;
}
bool t_test(const FilterCall& call) {
  return call.value.is_str() && find_test(Name(call.value.as_str())) != nullptr;
}
bool t_none(const FilterCall& call) {
  no_argument(call, "test_none");
  return call.value.is_none();
}
bool t_boolean(const FilterCall& call) { return call.value.is_bool(); }
bool t_false(const FilterCall& call) { return call.value.is_bool() && !call.value.as_bool(); }
bool t_true(const FilterCall& call) { return call.value.is_bool() && call.value.as_bool(); }
bool t_integer(const FilterCall& call) { return call.value.is_int(); }
bool t_float(const FilterCall& call) { return call.value.is_float(); }
bool t_lower(const FilterCall& call) { return text_is_lower(call.value.to_str()); }
bool t_upper(const FilterCall& call) { return text_is_upper(call.value.to_str()); }
bool t_string(const FilterCall& call) {
  no_argument(call, "test_string");
  return call.value.is_str();
}
bool t_mapping(const FilterCall& call) {
  no_argument(call, "test_mapping");
  return call.value.is_mapping();
}
bool t_number(const FilterCall& call) {
  if (call.value.is_object()) return call.value.as_object()->is_numeric();
  return call.value.is_number();
}

bool t_sequence(const FilterCall& call) {
  switch (call.value.kind()) {
    case Kind::kStr:
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kDict:
    case Kind::kUndefined: return true;
    case Kind::kObject: {
      Object* object = call.value.as_object();
      return object->is_sequence() || (object->is_mapping() && object->length());
    }
    default: return false;
  }
}

bool t_iterable(const FilterCall& call) {
  switch (call.value.kind()) {
    case Kind::kStr:
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kDict:
    case Kind::kSet:
    case Kind::kUndefined: return true;
    case Kind::kObject: return call.value.as_object()->iterate() != nullptr;
    default: return false;
  }
}

bool t_callable(const FilterCall& call) { return call.value.is_callable(); }
bool t_sameas(const FilterCall& call) {
  return call.value.same(argument(call, "test_sameas", "other"));
}
bool t_escaped(const FilterCall& call) { return call.value.str_kind() == StrKind::kMarkup; }
bool t_in(const FilterCall& call) { return argument(call, "test_in", "seq").contains(call.value); }

bool t_eq(const FilterCall& call) { return call.value.equals(operand_of(call, "eq")); }
bool t_ne(const FilterCall& call) { return !call.value.equals(operand_of(call, "ne")); }
bool t_gt(const FilterCall& call) {
  return compare_values(Cmp::kGt, call.value, operand_of(call, "gt"));
}
bool t_ge(const FilterCall& call) {
  return compare_values(Cmp::kGe, call.value, operand_of(call, "ge"));
}
bool t_lt(const FilterCall& call) {
  return compare_values(Cmp::kLt, call.value, operand_of(call, "lt"));
}
bool t_le(const FilterCall& call) {
  return compare_values(Cmp::kLe, call.value, operand_of(call, "le"));
}

}  // namespace

TestFn find_test(Name name) {
  static const std::unordered_map<Name, TestFn> table = {
      {Name("odd"), t_odd},
      {Name("even"), t_even},
      {Name("divisibleby"), t_divisibleby},
      {Name("defined"), t_defined},
      {Name("undefined"), t_undefined},
      {Name("filter"), t_filter},
      {Name("test"), t_test},
      {Name("none"), t_none},
      {Name("boolean"), t_boolean},
      {Name("false"), t_false},
      {Name("true"), t_true},
      {Name("integer"), t_integer},
      {Name("float"), t_float},
      {Name("lower"), t_lower},
      {Name("upper"), t_upper},
      {Name("string"), t_string},
      {Name("mapping"), t_mapping},
      {Name("number"), t_number},
      {Name("sequence"), t_sequence},
      {Name("iterable"), t_iterable},
      {Name("callable"), t_callable},
      {Name("sameas"), t_sameas},
      {Name("escaped"), t_escaped},
      {Name("in"), t_in},
      {Name("=="), t_eq},
      {Name("eq"), t_eq},
      {Name("equalto"), t_eq},
      {Name("!="), t_ne},
      {Name("ne"), t_ne},
      {Name(">"), t_gt},
      {Name("gt"), t_gt},
      {Name("greaterthan"), t_gt},
      {Name("ge"), t_ge},
      {Name(">="), t_ge},
      {Name("<"), t_lt},
      {Name("lt"), t_lt},
      {Name("lessthan"), t_lt},
      {Name("<="), t_le},
      {Name("le"), t_le},
  };
  const auto found = table.find(name);
  return found == table.end() ? nullptr : found->second;
}

}  // namespace floe::jinja
