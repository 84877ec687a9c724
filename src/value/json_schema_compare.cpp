// SPDX-License-Identifier: Apache-2.0
// Equality, order and divisibility of JSON values, exact where a conversion to double is not.
#include "value/json_schema_program.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace floe::value {

namespace {

__extension__ using WideInt = unsigned __int128;

int json_rank(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull: return 0;
    case Kind::kBool: return 1;
    case Kind::kInt:
    case Kind::kFloat: return 2;
    case Kind::kString:
    case Kind::kTimestamp: return 3;
    case Kind::kList: return 4;
    case Kind::kMap: return 5;
  }
  return 0;
}

template <class T>
int order_of(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

/// NaN, which YAML can write, equals itself and comes last.
int compare_numbers(const Value& a, const Value& b) {
  if (a.is_int() && b.is_int()) return order_of(a.as_int(), b.as_int());
  const bool a_is_nan = std::isnan(a.as_double());
  const bool b_is_nan = std::isnan(b.as_double());
  if (a_is_nan || b_is_nan) return order_of(a_is_nan, b_is_nan);
  // Wide enough for all 64 bits of a whole number.
  const auto wide = [](const Value& value) {
    return value.is_int() ? static_cast<long double>(value.as_int())
                          : static_cast<long double>(value.as_double());
  };
  return order_of(wide(a), wide(b));
}

int compare_maps(const Value::Map& a, const Value::Map& b) {
  if (a.size() != b.size()) return order_of(a.size(), b.size());
  const auto sorted = [](const Value::Map& map) {
    std::vector<const Member*> members;
    for (const Member& member : map) members.push_back(&member);
    std::sort(members.begin(), members.end(),
              [](const Member* x, const Member* y) { return x->key < y->key; });
    return members;
  };
  const auto ours = sorted(a);
  const auto theirs = sorted(b);
  for (std::size_t i = 0; i < ours.size(); ++i) {
    if (const int order = order_of(ours[i]->key, theirs[i]->key); order != 0) return order;
    const int order = compare_json(ours[i]->value, theirs[i]->value);
    if (order != 0) return order;
  }
  return 0;
}

/// A number without its sign as digits times a power of ten.
struct DecimalNumber {
  std::uint64_t digits = 0;
  int power = 0;
};

DecimalNumber decimal_of(const Value& value) {
  DecimalNumber decimal;
  if (value.is_int()) {
    const std::int64_t number = value.as_int();
    decimal.digits =
        number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
    return decimal;
  }
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, std::abs(value.as_double()),
                                 std::chars_format::scientific);
  bool after_point = false;
  for (const char* at = buffer; at != end.ptr; ++at) {
    if (*at == '.') {
      after_point = true;
    } else if (*at == 'e') {
      int exponent = 0;
      std::from_chars(at[1] == '+' ? at + 2 : at + 1, end.ptr, exponent);
      decimal.power += exponent;
      break;
    } else {
      decimal.digits = decimal.digits * 10 + static_cast<std::uint64_t>(*at - '0');
      if (after_point) --decimal.power;
    }
  }
  return decimal;
}

}  // namespace

int compare_json(const Value& a, const Value& b) {
  if (const int order = order_of(json_rank(a), json_rank(b)); order != 0) return order;
  switch (a.kind()) {
    case Kind::kNull: return 0;
    case Kind::kBool: return order_of(a.as_bool(), b.as_bool());
    case Kind::kInt:
    case Kind::kFloat: return compare_numbers(a, b);
    case Kind::kString:
    case Kind::kTimestamp: return order_of(a.as_string(), b.as_string());
    case Kind::kMap: return compare_maps(a.as_map(), b.as_map());
    case Kind::kList: break;
  }
  if (a.size() != b.size()) return order_of(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    const int order = compare_json(a.as_list()[i], b.as_list()[i]);
    if (order != 0) return order;
  }
  return 0;
}

bool is_multiple_of(const Value& number, const Value& divisor) {
  if (!std::isfinite(number.as_double())) return false;
  const DecimalNumber a = decimal_of(number);
  const DecimalNumber b = decimal_of(divisor);
  if (a.digits == 0) return true;
  if (b.digits == 0) return false;
  constexpr int kMostDigits = 19;  // of a 64-bit number; beyond, the divisor is the larger one
  if (a.power < b.power) {
    if (b.power - a.power > kMostDigits) return false;
    WideInt wide = b.digits;
    for (int i = a.power; i < b.power; ++i) wide *= 10;
    return a.digits % wide == 0;
  }
  WideInt rest = a.digits % b.digits;
  for (int i = b.power; i < a.power && rest != 0; ++i) rest = rest * 10 % b.digits;
  return rest == 0;
}

bool is_json_integer(const Value& value) {
  if (value.is_int()) return true;
  return value.is_number() && std::isfinite(value.as_double()) &&
         std::trunc(value.as_double()) == value.as_double();
}

std::string pointer_step(std::string_view token) {
  std::string step = "/";
  for (const char c : token) {
    if (c == '~') {
      step += "~0";
    } else if (c == '/') {
      step += "~1";
    } else {
      step += c;
    }
  }
  return step;
}

}  // namespace floe::value
