// SPDX-License-Identifier: Apache-2.0
#include "dbt/adapter/decimal.h"

#include "base/text.h"
#include "dbt/jinja/format.h"
#include "dbt/jinja/number.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace floe::dbt {

namespace {

using JValue = jinja::Value;
using Special = DecimalNumber::Special;

constexpr std::size_t kPrecision = 28;

void strip_leading_zeros(std::string& digits) {
  const std::size_t first = digits.find_first_not_of('0');
  digits.erase(0, first == std::string::npos ? digits.size() - 1 : first);
}

/// Sum and difference of digit strings; subtract needs a >= b.
std::string add_digits(const std::string& a, const std::string& b) {
  std::string out;
  int carry = 0;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()) || carry != 0; ++i) {
    int sum = carry;
    if (i < a.size()) sum += a[a.size() - 1 - i] - '0';
    if (i < b.size()) sum += b[b.size() - 1 - i] - '0';
    out.push_back(static_cast<char>('0' + sum % 10));
    carry = sum / 10;
  }
  if (out.empty()) out = "0";
  std::reverse(out.begin(), out.end());
  strip_leading_zeros(out);
  return out;
}

std::string subtract_digits(const std::string& a, const std::string& b) {
  std::string out;
  int borrow = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    int difference = a[a.size() - 1 - i] - '0' - borrow;
    if (i < b.size()) difference -= b[b.size() - 1 - i] - '0';
    borrow = difference < 0 ? 1 : 0;
    out.push_back(static_cast<char>('0' + difference + borrow * 10));
  }
  std::reverse(out.begin(), out.end());
  strip_leading_zeros(out);
  return out;
}

int compare_digits(const std::string& a, const std::string& b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a.compare(b);
}

std::string multiply_digits(const std::string& a, const std::string& b) {
  std::vector<int> cells(a.size() + b.size(), 0);
  for (std::size_t i = a.size(); i-- > 0;) {
    for (std::size_t j = b.size(); j-- > 0;) {
      const int sum = cells[i + j + 1] + (a[i] - '0') * (b[j] - '0');
      cells[i + j + 1] = sum % 10;
      cells[i + j] += sum / 10;
    }
  }
  std::string out;
  for (const int cell : cells) out.push_back(static_cast<char>('0' + cell));
  strip_leading_zeros(out);
  return out;
}

/// Cuts digits to `keep` places from the left, rounding half to even; returns what was cut.
void round_digits(DecimalNumber& number, std::size_t keep) {
  if (number.digits.size() <= keep) return;
  const std::size_t cut = number.digits.size() - keep;
  const std::string rest = number.digits.substr(keep);
  std::string kept = number.digits.substr(0, keep);
  if (kept.empty()) kept = "0";
  const int half = rest.compare("5" + std::string(rest.size() - 1, '0'));
  const bool odd = (kept.back() - '0') % 2 != 0;
  if (half > 0 || (half == 0 && odd)) kept = add_digits(kept, "1");
  strip_leading_zeros(kept);
  number.digits = kept;
  number.exponent += static_cast<std::int64_t>(cut);
  if (number.digits.size() > keep && keep > 0) round_digits(number, keep);
}

DecimalNumber to_precision(DecimalNumber number) {
  round_digits(number, kPrecision);
  return number;
}

/// Both numbers with the smaller exponent.
void align(DecimalNumber& a, DecimalNumber& b) {
  if (a.exponent > b.exponent) std::swap(a, b);
  if (a.is_zero() || b.is_zero() || b.exponent - a.exponent < 400) {
    if (b.digits != "0") b.digits.append(static_cast<std::size_t>(b.exponent - a.exponent), '0');
    b.exponent = a.exponent;
  }
}

DecimalNumber special_number(Special special, bool negative = false) {
  DecimalNumber number;
  number.special = special;
  number.negative = negative;
  return number;
}

/// The number that a template value stands for: int, bool, Decimal.
std::optional<DecimalNumber> operand(const JValue& value) {
  if (const auto* decimal = value.as<DecimalObject>()) return decimal->number();
  if (value.is_bool() || value.is_int()) return decimal_from_int(value);
  return std::nullopt;
}

DecimalNumber exact_double(double value) {
  // 17 significant digits tell any two doubles apart.
  return parse_decimal(fmt::format("{:.17g}", value)).value_or(DecimalNumber{});
}

DecimalNumber negated(DecimalNumber number) {
  number.negative = !number.negative;
  return number;
}

}  // namespace

std::string DecimalNumber::to_text() const {
  const std::string sign = negative ? "-" : "";
  if (special == Special::kInfinity) return sign + "Infinity";
  if (special == Special::kNan) return sign + "NaN";
  const auto left = static_cast<std::int64_t>(digits.size()) + exponent;
  if (exponent <= 0 && left > -6) {
    if (exponent == 0) return sign + digits;
    if (left <= 0) return sign + "0." + std::string(static_cast<std::size_t>(-left), '0') + digits;
    return sign + digits.substr(0, static_cast<std::size_t>(left)) + "." +
           digits.substr(static_cast<std::size_t>(left));
  }
  std::string text = sign + digits.substr(0, 1);
  if (digits.size() > 1) text += "." + digits.substr(1);
  return text + fmt::format("E{:+}", left - 1);
}

double DecimalNumber::to_double() const { return std::strtod(to_text().c_str(), nullptr); }

DecimalNumber DecimalNumber::normalized() const {
  DecimalNumber copy = *this;
  if (!is_finite()) return copy;
  while (copy.digits.size() > 1 && copy.digits.back() == '0') {
    copy.digits.pop_back();
    ++copy.exponent;
  }
  if (copy.is_zero()) copy.exponent = 0;
  return copy;
}

std::optional<DecimalNumber> parse_decimal(std::string_view text) {
  std::string clean;
  for (const char c : trim(text)) {
    if (c != '_') clean.push_back(c);
  }
  DecimalNumber number;
  std::size_t at = 0;
  if (at < clean.size() && (clean[at] == '+' || clean[at] == '-')) {
    number.negative = clean[at++] == '-';
  }
  const std::string word = to_lower(std::string_view(clean).substr(at));
  if (word == "inf" || word == "infinity") {
    return special_number(Special::kInfinity, number.negative);
  }
  if (word == "nan" || word == "snan") return special_number(Special::kNan, number.negative);
  std::string digits;
  std::int64_t scale = 0;
  bool point = false;
  for (; at < clean.size(); ++at) {
    if (clean[at] == '.' && !point) {
      point = true;
    } else if (clean[at] >= '0' && clean[at] <= '9') {
      digits.push_back(clean[at]);
      if (point) ++scale;
    } else {
      break;
    }
  }
  if (digits.empty()) return std::nullopt;
  if (at < clean.size()) {
    if (clean[at] != 'e' && clean[at] != 'E') return std::nullopt;
    const std::string tail = clean.substr(at + 1);
    const std::size_t sign = !tail.empty() && (tail[0] == '+' || tail[0] == '-') ? 1 : 0;
    if (tail.size() == sign || tail.size() > 10 ||
        tail.find_first_not_of("0123456789", sign) != std::string::npos) {
      return std::nullopt;
    }
    scale -= std::strtoll(tail.c_str(), nullptr, 10);
  }
  strip_leading_zeros(digits);
  number.digits = digits;
  number.exponent = -scale;
  return number;
}

DecimalNumber decimal_from_int(const JValue& value) {
  return parse_decimal(jinja::int_to_string(value)).value_or(DecimalNumber{});
}

DecimalNumber decimal_add(const DecimalNumber& left, const DecimalNumber& right) {
  if (!left.is_finite()) return left;
  if (!right.is_finite()) return right;
  DecimalNumber a = left;
  DecimalNumber b = right;
  align(a, b);
  DecimalNumber out;
  out.exponent = a.exponent;
  if (a.negative == b.negative) {
    out.digits = add_digits(a.digits, b.digits);
    out.negative = a.negative;
  } else {
    const int order = compare_digits(a.digits, b.digits);
    out.digits =
        order >= 0 ? subtract_digits(a.digits, b.digits) : subtract_digits(b.digits, a.digits);
    out.negative = order != 0 && (order > 0 ? a.negative : b.negative);
  }
  return to_precision(std::move(out));
}

DecimalNumber decimal_multiply(const DecimalNumber& a, const DecimalNumber& b) {
  if (!a.is_finite() || !b.is_finite()) {
    return a.is_zero() || b.is_zero() || a.special == Special::kNan || b.special == Special::kNan
               ? special_number(Special::kNan)
               : special_number(Special::kInfinity, a.negative != b.negative);
  }
  DecimalNumber out;
  out.negative = a.negative != b.negative;
  out.digits = multiply_digits(a.digits, b.digits);
  out.exponent = a.exponent + b.exponent;
  return to_precision(std::move(out));
}

std::optional<DecimalNumber> decimal_divide(const DecimalNumber& a, const DecimalNumber& b) {
  if (b.is_zero()) return std::nullopt;
  if (!a.is_finite() || !b.is_finite()) return special_number(Special::kNan);
  DecimalNumber out;
  out.negative = a.negative != b.negative;
  const std::int64_t ideal = a.exponent - b.exponent;
  if (a.is_zero()) {
    out.exponent = ideal;
    return out;
  }
  // Enough digits for the precision and one to round, then the sticky remainder.
  const std::size_t extra =
      kPrecision + 2 + (b.digits.size() > a.digits.size() ? b.digits.size() - a.digits.size() : 0);
  const std::string dividend = a.digits + std::string(extra, '0');
  std::string remainder = "0";
  std::string quotient;
  for (const char digit : dividend) {
    remainder.push_back(digit);
    strip_leading_zeros(remainder);
    char count = '0';
    while (compare_digits(remainder, b.digits) >= 0) {
      remainder = subtract_digits(remainder, b.digits);
      ++count;
    }
    quotient.push_back(count);
  }
  strip_leading_zeros(quotient);
  const bool exact = remainder == "0";
  if (!exact && (quotient.back() == '0' || quotient.back() == '5')) ++quotient.back();
  out.digits = quotient;
  out.exponent = ideal - static_cast<std::int64_t>(extra);
  out = to_precision(std::move(out));
  if (exact) {
    while (out.exponent < ideal && out.digits.size() > 1 && out.digits.back() == '0') {
      out.digits.pop_back();
      ++out.exponent;
    }
  }
  return out;
}

std::optional<int> decimal_compare(const DecimalNumber& left, const DecimalNumber& right) {
  if (left.special == Special::kNan || right.special == Special::kNan) return std::nullopt;
  if (!left.is_finite() || !right.is_finite()) {
    const int a = left.is_finite() ? 0 : (left.negative ? -1 : 1);
    const int b = right.is_finite() ? 0 : (right.negative ? -1 : 1);
    return a - b;
  }
  DecimalNumber difference = decimal_add(left, negated(right));
  if (difference.is_zero()) return 0;
  return difference.negative ? -1 : 1;
}

DecimalNumber decimal_round(const DecimalNumber& a, std::int64_t places) {
  if (!a.is_finite()) return a;
  DecimalNumber out = a;
  const std::int64_t cut = -places - a.exponent;
  if (cut <= 0) {
    if (out.digits != "0") out.digits.append(static_cast<std::size_t>(-cut), '0');
  } else if (cut > static_cast<std::int64_t>(out.digits.size())) {
    out.digits = "0";
  } else {
    round_digits(out, out.digits.size() - static_cast<std::size_t>(cut));
  }
  out.exponent = -places;
  return out;
}

bool DecimalObject::call_method(jinja::CallContext&, jinja::Name name, const jinja::Args& args,
                                JValue& result) {
  const std::string_view key = name.view();
  if (key == "is_nan") {
    result = JValue(number_.special == Special::kNan);
  } else if (key == "is_finite") {
    result = JValue(number_.is_finite());
  } else if (key == "is_zero") {
    result = JValue(number_.is_zero());
  } else if (key == "normalize") {
    result = decimal_value(number_.normalized());
  } else if (key == "to_integral_value") {
    result = decimal_value(decimal_round(number_, 0));
  } else if (key == "quantize" && args.size() == 1 && operand(args[0])) {
    result = decimal_value(decimal_round(number_, -operand(args[0])->exponent));
  } else {
    return false;
  }
  return true;
}

bool DecimalObject::equals(const JValue& other) {
  const std::optional<int> order = compare(other);
  return order && *order == 0;
}

std::optional<std::uint64_t> DecimalObject::hash() {
  const DecimalNumber plain = number_.normalized();
  if (plain.is_finite() && plain.exponent >= 0 && plain.exponent < 40) {
    return JValue::integer((plain.negative ? "-" : "") + plain.digits +
                           std::string(static_cast<std::size_t>(plain.exponent), '0'))
        .hash();
  }
  return JValue(number_.to_double()).hash();
}

std::optional<int> DecimalObject::compare(const JValue& other) {
  if (other.is_float()) return decimal_compare(number_, exact_double(other.as_float()));
  const auto right = operand(other);
  if (!right) return std::nullopt;
  return decimal_compare(number_, *right);
}

std::optional<JValue> DecimalObject::binary(jinja::BinaryOp op, const JValue& other,
                                            bool reflected) {
  const auto given = operand(other);
  if (!given) return std::nullopt;
  const DecimalNumber& a = reflected ? *given : number_;
  const DecimalNumber& b = reflected ? number_ : *given;
  const auto quotient_of = [&] {
    auto quotient = decimal_divide(a, b);
    if (!quotient) {
      jinja::raise(jinja::ErrorType::kZeroDivision, "[<class 'decimal.DivisionByZero'>]");
    }
    return *quotient;
  };
  // Towards zero, as decimal's // does.
  const auto whole_of = [](DecimalNumber quotient) {
    const std::int64_t cut = -quotient.exponent;
    if (cut > 0) {
      const auto size = static_cast<std::int64_t>(quotient.digits.size());
      quotient.digits =
          cut >= size ? "0" : quotient.digits.substr(0, static_cast<std::size_t>(size - cut));
      quotient.exponent = 0;
    }
    return quotient;
  };
  switch (op) {
    case jinja::BinaryOp::kAdd: return decimal_value(decimal_add(a, b));
    case jinja::BinaryOp::kSub: return decimal_value(decimal_add(a, negated(b)));
    case jinja::BinaryOp::kMul: return decimal_value(decimal_multiply(a, b));
    case jinja::BinaryOp::kDiv: return decimal_value(quotient_of());
    case jinja::BinaryOp::kFloorDiv: return decimal_value(whole_of(quotient_of()));
    case jinja::BinaryOp::kMod:
      return decimal_value(decimal_add(a, negated(decimal_multiply(whole_of(quotient_of()), b))));
    case jinja::BinaryOp::kPow: {
      const JValue power = JValue::integer(b.to_text());
      if (b.exponent != 0 || b.negative || b.digits.size() > 4) return std::nullopt;
      DecimalNumber out = *parse_decimal("1");
      for (std::int64_t i = 0; i < power.as_int(); ++i) out = decimal_multiply(out, a);
      return decimal_value(std::move(out));
    }
  }
  return std::nullopt;
}

std::optional<JValue> DecimalObject::negate() { return decimal_value(negated(number_)); }

std::optional<JValue> DecimalObject::to_int() {
  if (!number_.is_finite()) return std::nullopt;
  std::string digits = number_.digits;
  if (number_.exponent >= 0) {
    digits.append(static_cast<std::size_t>(number_.exponent), '0');
  } else {
    const auto cut = static_cast<std::size_t>(-number_.exponent);
    digits = cut >= digits.size() ? "0" : digits.substr(0, digits.size() - cut);
  }
  return JValue::integer((number_.negative ? "-" : "") + digits);
}

std::optional<JValue> DecimalObject::round(std::optional<std::int64_t> digits) {
  if (!digits) return DecimalObject(decimal_round(number_, 0)).to_int();
  return decimal_value(decimal_round(number_, *digits));
}

std::optional<std::string> DecimalObject::format(std::string_view spec) {
  if (spec.empty()) return number_.to_text();
  return jinja::format_value(JValue(number_.to_double()), spec);
}

JValue decimal_value(std::string_view text) {
  return decimal_value(parse_decimal(text).value_or(DecimalNumber{}));
}

}  // namespace floe::dbt
