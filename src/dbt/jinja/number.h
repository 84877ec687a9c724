// SPDX-License-Identifier: Apache-2.0
// Python's numbers: int of any size, float, and the arithmetic between all kinds of values.
#pragma once

#include "dbt/jinja/object.h"
#include "dbt/jinja/value.h"

#include <openssl/bn.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace floe::jinja {

/// An int beyond 64 bits.
struct BigIntData : Payload {
  explicit BigIntData(BIGNUM* value) : number(value) {}
  BigIntData(const BigIntData&) = delete;
  ~BigIntData() { BN_free(number); }
  BIGNUM* number;
};

/// left op right with Python's rules for every kind (str * int, list + list, "%"-formatting, ...).
Value binary_op(BinaryOp op, const Value& left, const Value& right);
/// The name of a value's type in TypeErrors about operands.
std::string operand_type(const Value& value);
Value negate(const Value& value);
Value positive(const Value& value);
Value absolute(const Value& value);

/// Three-way comparison of two numbers; nothing when one is NaN.
std::optional<int> compare_numbers(const Value& left, const Value& right);
/// The number as a double (OverflowError when too large).
double number_to_double(const Value& value);
/// Decimal digits of an int value.
std::string int_to_string(const Value& value);
/// Digits in another base (2, 8, 16), no prefix, with sign.
std::string int_to_base(const Value& value, int base);
/// int(text, base); nothing when it is not one.
std::optional<Value> parse_int(std::string_view text, int base);
/// float(text); nothing when it is not one.
std::optional<double> parse_float(std::string_view text);
/// int(float): truncation; raises for inf and nan.
Value int_from_double(double value);
/// int(value): TypeError / ValueError like Python.
Value to_int(const Value& value);
/// float(value): TypeError / ValueError like Python.
double to_float(const Value& value);
/// round(value, digits); without digits an int comes back for floats.
Value round_value(const Value& value, std::optional<std::int64_t> digits);
/// An index or count argument: int or bool, else TypeError "'str' object cannot be interpreted as
/// an integer".
std::int64_t to_index(const Value& value);

}  // namespace floe::jinja
