// SPDX-License-Identifier: Apache-2.0
// Python's decimal.Decimal as far as query results and templates need it: exact decimal numbers
// with 28 significant digits in arithmetic.
#pragma once

#include "dbt/jinja/object.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace floe::dbt {

/// (-1)^negative * digits * 10^exponent, or a special value.
struct DecimalNumber {
  bool negative = false;
  std::string digits = "0";  // no leading zeros except "0" itself
  std::int64_t exponent = 0;
  enum class Special : std::uint8_t { kNone, kInfinity, kNan } special = Special::kNone;

  bool is_zero() const { return special == Special::kNone && digits == "0"; }
  bool is_finite() const { return special == Special::kNone; }
  /// str(): "1.50", "1E+3", "NaN".
  std::string to_text() const;
  double to_double() const;
  /// Without trailing zeros of the digits.
  DecimalNumber normalized() const;
};

/// What Decimal(text) accepts.
std::optional<DecimalNumber> parse_decimal(std::string_view text);
DecimalNumber decimal_from_int(const jinja::Value& value);
DecimalNumber decimal_add(const DecimalNumber& a, const DecimalNumber& b);
DecimalNumber decimal_multiply(const DecimalNumber& a, const DecimalNumber& b);
/// Nothing for a division by zero.
std::optional<DecimalNumber> decimal_divide(const DecimalNumber& a, const DecimalNumber& b);
/// <0, 0, >0; nothing with NaN.
std::optional<int> decimal_compare(const DecimalNumber& a, const DecimalNumber& b);
/// Rounded half to even to `places` digits after the point.
DecimalNumber decimal_round(const DecimalNumber& a, std::int64_t places);

/// A Decimal in templates. Immutable.
class DecimalObject : public jinja::Object {
 public:
  explicit DecimalObject(DecimalNumber number) : number_(std::move(number)) {}
  const DecimalNumber& number() const { return number_; }

  std::string type_name() const override { return "Decimal"; }
  std::string qualified_type_name() const override { return "decimal.Decimal"; }
  bool call_method(jinja::CallContext& context, jinja::Name name, const jinja::Args& args,
                   jinja::Value& result) override;
  bool truthy() override { return !number_.is_zero(); }
  std::string repr() override { return "Decimal('" + number_.to_text() + "')"; }
  std::string str() override { return number_.to_text(); }
  bool equals(const jinja::Value& other) override;
  std::optional<std::uint64_t> hash() override;
  std::optional<int> compare(const jinja::Value& other) override;
  std::optional<jinja::Value> binary(jinja::BinaryOp op, const jinja::Value& other,
                                     bool reflected) override;
  std::optional<jinja::Value> negate() override;
  bool is_numeric() const override { return true; }
  std::optional<jinja::Value> to_int() override;
  std::optional<double> to_float() override { return number_.to_double(); }
  std::optional<jinja::Value> round(std::optional<std::int64_t> digits) override;
  std::optional<std::string> format(std::string_view spec) override;

 private:
  DecimalNumber number_;
};

inline jinja::Value decimal_value(DecimalNumber number) {
  return jinja::make_object<DecimalObject>(std::move(number));
}
/// A Decimal from text that is known to be a number.
jinja::Value decimal_value(std::string_view text);

}  // namespace floe::dbt
