// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/number.h"

#include "dbt/jinja/format.h"
#include "dbt/jinja/text_ops.h"
#include "dbt/jinja/unicode.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <memory>

namespace floe::jinja {

namespace {

struct BnFree {
  void operator()(BIGNUM* n) const { BN_free(n); }
};
struct BnCtxFree {
  void operator()(BN_CTX* c) const { BN_CTX_free(c); }
};
using Bn = std::unique_ptr<BIGNUM, BnFree>;
using BnCtx = std::unique_ptr<BN_CTX, BnCtxFree>;

constexpr int kMaxStringDigits = 4300;
constexpr int kMaxBits = 1 << 22;

Bn big_of(std::int64_t value) {
  Bn n(BN_new());
  const std::uint64_t magnitude =
      value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
  BN_set_word(n.get(), magnitude);
  if (value < 0) BN_set_negative(n.get(), 1);
  return n;
}

Bn big_of(const Value& value) {
  if (value.kind() == Kind::kBigInt) return Bn(BN_dup(value.as_big().number));
  return big_of(value.as_int());
}

Value big_value(Bn number) {
  if (BN_num_bits(number.get()) < 64) {
    const auto word = static_cast<std::int64_t>(BN_get_word(number.get()));
    return Value(BN_is_negative(number.get()) != 0 ? -word : word);
  }
  return Value::big(new BigIntData(number.release()));
}

const char* op_text(BinaryOp op) {
  switch (op) {
    case BinaryOp::kAdd: return "+";
    case BinaryOp::kSub: return "-";
    case BinaryOp::kMul: return "*";
    case BinaryOp::kDiv: return "/";
    case BinaryOp::kFloorDiv: return "//";
    case BinaryOp::kMod: return "%";
    case BinaryOp::kPow: return "** or pow()";
  }
  return "?";
}

bool is_integral(const Value& value) { return value.is_int() || value.is_bool(); }

[[noreturn]] void unsupported(BinaryOp op, const Value& left, const Value& right) {
  raise_type_error(fmt::format("unsupported operand type(s) for {}: '{}' and '{}'", op_text(op),
                               operand_type(left), operand_type(right)));
}

// Quotient and remainder that round towards minus infinity.
std::pair<Value, Value> big_divmod(const Value& left, const Value& right) {
  Bn a = big_of(left);
  Bn b = big_of(right);
  Bn q(BN_new());
  Bn r(BN_new());
  BnCtx ctx(BN_CTX_new());
  BN_div(q.get(), r.get(), a.get(), b.get(), ctx.get());
  if (!BN_is_zero(r.get()) && BN_is_negative(r.get()) != BN_is_negative(b.get())) {
    Bn one = big_of(1);
    BN_sub(q.get(), q.get(), one.get());
    BN_add(r.get(), r.get(), b.get());
  }
  return {big_value(std::move(q)), big_value(std::move(r))};
}

Value big_pow(const Value& base, std::int64_t exponent) {
  Bn b = big_of(base);
  if (static_cast<double>(BN_num_bits(b.get())) * static_cast<double>(exponent) > kMaxBits) {
    raise(ErrorType::kOverflow, "integer power is too large");
  }
  Bn e = big_of(exponent);
  Bn result(BN_new());
  BnCtx ctx(BN_CTX_new());
  BN_exp(result.get(), b.get(), e.get(), ctx.get());
  // BN_exp knows no signs.
  BN_set_negative(result.get(), BN_is_negative(b.get()) != 0 && exponent % 2 != 0 ? 1 : 0);
  return big_value(std::move(result));
}

double big_to_double(const BIGNUM* number) {
  char* digits = BN_bn2dec(number);
  const double value = std::strtod(digits, nullptr);
  OPENSSL_free(digits);
  if (std::isinf(value)) raise(ErrorType::kOverflow, "int too large to convert to float");
  return value;
}

Value int_add_like(BinaryOp op, const Value& left, const Value& right) {
  if (left.kind() != Kind::kBigInt && right.kind() != Kind::kBigInt) {
    std::int64_t out = 0;
    const std::int64_t a = left.as_int();
    const std::int64_t b = right.as_int();
    const bool overflow = op == BinaryOp::kAdd   ? __builtin_add_overflow(a, b, &out)
                          : op == BinaryOp::kSub ? __builtin_sub_overflow(a, b, &out)
                                                 : __builtin_mul_overflow(a, b, &out);
    if (!overflow) return Value(out);
  }
  Bn a = big_of(left);
  Bn b = big_of(right);
  Bn out(BN_new());
  if (op == BinaryOp::kAdd) {
    BN_add(out.get(), a.get(), b.get());
  } else if (op == BinaryOp::kSub) {
    BN_sub(out.get(), a.get(), b.get());
  } else {
    if (BN_num_bits(a.get()) + BN_num_bits(b.get()) > kMaxBits) {
      raise(ErrorType::kOverflow, "integer product is too large");
    }
    BnCtx ctx(BN_CTX_new());
    BN_mul(out.get(), a.get(), b.get(), ctx.get());
  }
  return big_value(std::move(out));
}

bool is_zero(const Value& value) { return value.kind() != Kind::kBigInt && value.as_int() == 0; }

Value int_divide(BinaryOp op, const Value& left, const Value& right) {
  if (is_zero(right)) {
    raise(ErrorType::kZeroDivision, op == BinaryOp::kDiv   ? "division by zero"
                                    : op == BinaryOp::kMod ? "integer modulo by zero"
                                                           : "integer division or modulo by zero");
  }
  if (op == BinaryOp::kDiv) return Value(number_to_double(left) / number_to_double(right));
  const bool big = left.kind() == Kind::kBigInt || right.kind() == Kind::kBigInt;
  const bool edge = !big && left.as_int() == std::numeric_limits<std::int64_t>::min();
  if (big || edge) {
    auto [q, r] = big_divmod(left, right);
    return op == BinaryOp::kFloorDiv ? q : r;
  }
  const std::int64_t a = left.as_int();
  const std::int64_t b = right.as_int();
  std::int64_t q = a / b;
  std::int64_t r = a % b;
  if (r != 0 && (r < 0) != (b < 0)) {
    --q;
    r += b;
  }
  return Value(op == BinaryOp::kFloorDiv ? q : r);
}

Value int_power(const Value& left, const Value& right) {
  if (right.kind() == Kind::kBigInt) raise(ErrorType::kOverflow, "integer power is too large");
  if (right.as_int() < 0) {
    const double base = number_to_double(left);
    if (base == 0) {
      raise(ErrorType::kZeroDivision, "0.0 cannot be raised to a negative power");
    }
    return Value(std::pow(base, static_cast<double>(right.as_int())));
  }
  if (left.kind() == Kind::kInt || left.is_bool()) {
    const std::int64_t base = left.as_int();
    if (base == 0 || base == 1) return right.as_int() == 0 ? Value(1) : Value(base);
    if (base == -1) return Value(right.as_int() % 2 == 0 ? 1 : -1);
  }
  return big_pow(left, right.as_int());
}

Value float_op(BinaryOp op, double a, double b) {
  switch (op) {
    case BinaryOp::kAdd: return Value(a + b);
    case BinaryOp::kSub: return Value(a - b);
    case BinaryOp::kMul: return Value(a * b);
    case BinaryOp::kDiv:
      if (b == 0) raise(ErrorType::kZeroDivision, "float division by zero");
      return Value(a / b);
    case BinaryOp::kFloorDiv:
    case BinaryOp::kMod: {
      if (b == 0) {
        raise(ErrorType::kZeroDivision,
              op == BinaryOp::kMod ? "float modulo" : "float floor division by zero");
      }
      double mod = std::fmod(a, b);
      double div = (a - mod) / b;
      if (mod != 0) {
        if ((b < 0) != (mod < 0)) {
          mod += b;
          div -= 1.0;
        }
      } else {
        mod = std::copysign(0.0, b);
      }
      if (op == BinaryOp::kMod) return Value(mod);
      if (div == 0) return Value(std::copysign(0.0, a / b));
      double floored = std::floor(div);
      if (div - floored > 0.5) floored += 1.0;
      return Value(floored);
    }
    case BinaryOp::kPow: {
      if (a == 0 && b < 0) {
        raise(ErrorType::kZeroDivision, "0.0 cannot be raised to a negative power");
      }
      if (a < 0 && std::isfinite(a) && std::isfinite(b) && b != std::floor(b)) {
        raise_type_error("complex numbers are not supported");
      }
      const double result = std::pow(a, b);
      if (std::isinf(result) && std::isfinite(a) && std::isfinite(b)) {
        raise(ErrorType::kOverflow, "(34, 'Numerical result out of range')");
      }
      return Value(result);
    }
  }
  return Value();
}

Value repeat_sequence(const Value& value, const Value& times) {
  if (times.kind() == Kind::kBigInt) {
    raise(ErrorType::kOverflow, "cannot fit 'int' into an index-sized integer");
  }
  const auto count = static_cast<std::size_t>(std::max<std::int64_t>(0, times.as_int()));
  constexpr std::size_t kMaxBytes = std::size_t{1} << 29;
  if (value.is_str()) {
    const std::string& text = value.as_str();
    if (!text.empty() && count > kMaxBytes / text.size()) {
      raise(ErrorType::kLimit, "the repeated string is too large");
    }
    std::string out;
    out.reserve(text.size() * count);
    for (std::size_t i = 0; i < count; ++i) out += text;
    return Value::str(std::move(out),
                      value.str_kind() == StrKind::kMarkup ? StrKind::kMarkup : StrKind::kPlain);
  }
  const auto& items = value.items();
  if (!items.empty() && count > kMaxBytes / 16 / items.size()) {
    raise(ErrorType::kLimit, "the repeated sequence is too large");
  }
  std::vector<Value> out;
  out.reserve(items.size() * count);
  for (std::size_t i = 0; i < count; ++i) out.insert(out.end(), items.begin(), items.end());
  return value.is_list() ? Value::list(std::move(out)) : Value::tuple(std::move(out));
}

Value add_sequences(const Value& left, const Value& right) {
  if (left.is_str()) {
    if (!right.is_str()) {
      raise_type_error(
          fmt::format("can only concatenate str (not \"{}\") to str", right.type_name()));
    }
    return concat_str(left, right);
  }
  if (left.kind() != right.kind()) {
    const char* name = left.is_list() ? "list" : "tuple";
    raise_type_error(
        fmt::format("can only concatenate {} (not \"{}\") to {}", name, right.type_name(), name));
  }
  std::vector<Value> out(left.items());
  out.insert(out.end(), right.items().begin(), right.items().end());
  return left.is_list() ? Value::list(std::move(out)) : Value::tuple(std::move(out));
}

bool is_sequence(const Value& v) { return v.is_str() || v.is_list() || v.is_tuple(); }

std::optional<Value> set_op(BinaryOp op, const Value& left, const Value& right) {
  if (!left.is_set() || !right.is_set() || op != BinaryOp::kSub) return std::nullopt;
  Value out = Value::set();
  for (const auto& entry : left.as_set()) {
    if (!right.as_set().contains(entry.key)) out.mutable_set().set(entry.key, Value());
  }
  return out;
}

std::optional<Value> object_op(BinaryOp op, const Value& left, const Value& right) {
  if (Object* object = left.as_object()) {
    if (auto result = object->binary(op, right, false)) return result;
  }
  if (Object* object = right.as_object()) {
    if (auto result = object->binary(op, left, true)) return result;
  }
  return std::nullopt;
}

Value number_op(BinaryOp op, const Value& left, const Value& right) {
  if (left.is_float() || right.is_float()) {
    return float_op(op, number_to_double(left), number_to_double(right));
  }
  switch (op) {
    case BinaryOp::kAdd:
    case BinaryOp::kSub:
    case BinaryOp::kMul: return int_add_like(op, left, right);
    case BinaryOp::kDiv:
    case BinaryOp::kFloorDiv:
    case BinaryOp::kMod: return int_divide(op, left, right);
    case BinaryOp::kPow: return int_power(left, right);
  }
  return Value();
}

}  // namespace

Value binary_op(BinaryOp op, const Value& left, const Value& right) {
  if (left.is_number() && right.is_number()) return number_op(op, left, right);
  if (right.is_undefined() && left.str_kind() == StrKind::kMarkup && op == BinaryOp::kMul) {
    raise_type_error(
        fmt::format("'{}' object cannot be interpreted as an integer", right.type_name()));
  }
  if (left.is_undefined() || right.is_undefined()) {
    // str % undefined formats it; everything else refuses.
    if (!(op == BinaryOp::kMod && left.is_str())) {
      const auto* data = (left.is_undefined() ? left : right).undefined_data();
      raise_undefined(data);
    }
  }
  if (op == BinaryOp::kMod && left.is_str()) return format_percent(left, right);
  if (left.is_object() || right.is_object()) {
    if (auto result = object_op(op, left, right)) return *result;
  }
  if (op == BinaryOp::kAdd && is_sequence(left)) return add_sequences(left, right);
  if (op == BinaryOp::kMul) {
    if (is_sequence(left) && is_integral(right)) return repeat_sequence(left, right);
    if (is_sequence(right) && is_integral(left)) return repeat_sequence(right, left);
    if (left.str_kind() == StrKind::kMarkup && !right.is_float()) {
      raise_type_error(
          fmt::format("'{}' object cannot be interpreted as an integer", right.type_name()));
    }
    if (is_sequence(left) || is_sequence(right)) {
      raise_type_error(fmt::format("can't multiply sequence by non-int of type '{}'",
                                   (is_sequence(left) ? right : left).type_name()));
    }
  }
  if (auto result = set_op(op, left, right)) return *result;
  unsupported(op, left, right);
}

std::string operand_type(const Value& value) {
  return value.is_object() ? value.as_object()->operand_type_name() : value.type_name();
}

Value negate(const Value& value) {
  switch (value.kind()) {
    case Kind::kBool:
    case Kind::kInt:
    case Kind::kBigInt: return int_add_like(BinaryOp::kSub, Value(0), value);
    case Kind::kFloat: return Value(-value.as_float());
    case Kind::kUndefined: raise_undefined(value.undefined_data());
    case Kind::kObject:
      if (auto result = value.as_object()->negate()) return *result;
      break;
    default: break;
  }
  raise_type_error(fmt::format("bad operand type for unary -: '{}'", value.type_name()));
}

Value positive(const Value& value) {
  if (value.is_bool()) return Value(value.as_int());
  if (value.is_number()) return value;
  if (value.is_undefined()) raise_undefined(value.undefined_data());
  if (value.is_object() && value.as_object()->is_numeric()) return value;
  raise_type_error(fmt::format("bad operand type for unary +: '{}'", value.type_name()));
}

Value absolute(const Value& value) {
  if (value.is_float()) return Value(std::fabs(value.as_float()));
  if (value.is_number())
    return compare_numbers(value, Value(0)) < 0 ? negate(value) : positive(value);
  if (Object* object = value.as_object()) {
    if (auto size = object->absolute()) return *size;
    const auto order = object->compare(Value(0));
    if (order && *order < 0) return negate(value);
    if (order) return value;
  }
  raise_type_error(fmt::format("bad operand type for abs(): '{}'", value.type_name()));
}

std::optional<int> compare_numbers(const Value& left, const Value& right) {
  if (left.is_float() || right.is_float()) {
    if (left.kind() == Kind::kBigInt || right.kind() == Kind::kBigInt) {
      const double f = left.is_float() ? left.as_float() : right.as_float();
      if (std::isnan(f)) return std::nullopt;
      const Value& big = left.is_float() ? right : left;
      const int sign = left.is_float() ? -1 : 1;
      if (std::isinf(f)) return f > 0 ? -sign : sign;
      const Value whole = int_from_double(f);
      return sign * *compare_numbers(big, whole);
    }
    // An 80-bit long double holds every int64 and every double.
    const long double a = left.is_float() ? static_cast<long double>(left.as_float())
                                          : static_cast<long double>(left.as_int());
    const long double b = right.is_float() ? static_cast<long double>(right.as_float())
                                           : static_cast<long double>(right.as_int());
    if (std::isnan(a) || std::isnan(b)) return std::nullopt;
    return a < b ? -1 : a > b ? 1 : 0;
  }
  if (left.kind() != Kind::kBigInt && right.kind() != Kind::kBigInt) {
    return left.as_int() < right.as_int() ? -1 : left.as_int() > right.as_int() ? 1 : 0;
  }
  Bn a = big_of(left);
  Bn b = big_of(right);
  return BN_cmp(a.get(), b.get());
}

double number_to_double(const Value& value) {
  if (value.is_float()) return value.as_float();
  if (value.kind() == Kind::kBigInt) return big_to_double(value.as_big().number);
  return static_cast<double>(value.as_int());
}

std::string int_to_string(const Value& value) {
  if (value.kind() != Kind::kBigInt) return std::to_string(value.as_int());
  char* digits = BN_bn2dec(value.as_big().number);
  std::string text(digits);
  OPENSSL_free(digits);
  if (text.size() > kMaxStringDigits + (text[0] == '-' ? 1U : 0U)) {
    raise_value_error(
        "Exceeds the limit (4300 digits) for integer string conversion; use "
        "sys.set_int_max_str_digits() to increase the limit");
  }
  return text;
}

std::string int_to_base(const Value& value, int base) {
  if (base == 10) return int_to_string(value);
  Bn n = big_of(value);
  const bool negative = BN_is_negative(n.get()) != 0;
  BN_set_negative(n.get(), 0);
  std::string out;
  while (!BN_is_zero(n.get())) {
    const BN_ULONG digit = BN_div_word(n.get(), static_cast<BN_ULONG>(base));
    out += "0123456789abcdefghijklmnopqrstuvwxyz"[digit];
  }
  if (out.empty()) out = "0";
  if (negative) out += '-';
  return {out.rbegin(), out.rend()};
}

Value Value::integer(std::string_view digits) {
  auto parsed = parse_int(digits, 10);
  if (!parsed) raise_value_error("not an integer: " + std::string(digits));
  return *parsed;
}

namespace {

// Sign and base prefix of int()'s text; what is left are digits and underscores.
struct IntText {
  bool negative = false;
  int base = 10;
  std::string digits;
};

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char low = static_cast<char>(c | 32);
  return low >= 'a' && low <= 'z' ? low - 'a' + 10 : 99;
}

// Python's int() takes any Unicode decimal digits.
std::string ascii_digits(std::string_view text) {
  if (is_ascii(text)) return std::string(text);
  std::string out;
  for (const char32_t c : to_points(text)) {
    if (c < 128 || !is_decimal(c)) {
      append_utf8(c, out);
      continue;
    }
    // Decimal digits come in runs of ten that begin at a multiple found by walking back.
    std::uint32_t zero = c;
    while (zero > 0 && c - zero < 9 && is_decimal(zero - 1)) --zero;
    out += static_cast<char>('0' + (c - zero) % 10);
  }
  return out;
}

std::optional<IntText> split_int(std::string_view raw, int base) {
  std::string text = ascii_digits(raw);
  IntText out;
  out.base = base;
  std::string_view rest = strip_space(text);
  if (!rest.empty() && (rest[0] == '+' || rest[0] == '-')) {
    out.negative = rest[0] == '-';
    rest.remove_prefix(1);
  }
  const char mark = rest.size() > 1 && rest[0] == '0' ? static_cast<char>(rest[1] | 32) : ' ';
  const int marked = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
  if (marked != 0 && (base == 0 || base == marked)) {
    out.base = marked;
    rest.remove_prefix(2);
    if (!rest.empty() && rest[0] == '_') rest.remove_prefix(1);
  } else if (base == 0) {
    out.base = 10;
    if (rest.size() > 1 && rest[0] == '0' &&
        rest.find_first_not_of("0_") != std::string_view::npos) {
      return std::nullopt;
    }
  }
  bool digit_before = false;
  for (const char c : rest) {
    if (c == '_') {
      if (!digit_before) return std::nullopt;
      digit_before = false;
      continue;
    }
    if (digit_value(c) >= out.base) return std::nullopt;
    digit_before = true;
    out.digits += c;
  }
  if (!digit_before) return std::nullopt;
  return out;
}

}  // namespace

std::optional<Value> parse_int(std::string_view text, int base) {
  const auto split = split_int(text, base);
  if (!split) return std::nullopt;
  std::int64_t small = 0;
  bool overflow = false;
  for (const char c : split->digits) {
    overflow = overflow || __builtin_mul_overflow(small, split->base, &small) ||
               __builtin_add_overflow(small, digit_value(c), &small);
    if (overflow) break;
  }
  if (!overflow) return Value(split->negative ? -small : small);
  const bool power_of_two = (split->base & (split->base - 1)) == 0;
  if (!power_of_two && split->digits.size() > kMaxStringDigits) {
    raise_value_error(fmt::format(
        "Exceeds the limit (4300 digits) for integer string conversion: value has {} digits; use "
        "sys.set_int_max_str_digits() to increase the limit",
        split->digits.size()));
  }
  Bn n(BN_new());
  BN_zero(n.get());
  if (split->base == 10) {
    BIGNUM* raw = n.get();
    BN_dec2bn(&raw, split->digits.c_str());
  } else {
    for (const char c : split->digits) {
      BN_mul_word(n.get(), static_cast<BN_ULONG>(split->base));
      BN_add_word(n.get(), static_cast<BN_ULONG>(digit_value(c)));
    }
  }
  if (split->negative) BN_set_negative(n.get(), 1);
  return big_value(std::move(n));
}

std::optional<double> parse_float(std::string_view raw) {
  const std::string ascii = ascii_digits(raw);
  std::string text(strip_space(ascii));
  std::string clean;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      clean += text[i];
      continue;
    }
    const bool between = i > 0 && i + 1 < text.size() && digit_value(text[i - 1]) < 10 &&
                         digit_value(text[i + 1]) < 10;
    if (!between) return std::nullopt;
  }
  if (clean.empty()) return std::nullopt;
  std::string_view body = clean;
  const bool negative = body[0] == '-';
  if (body[0] == '+' || body[0] == '-') body.remove_prefix(1);
  const std::string word = lower(body);
  if (word == "inf" || word == "infinity") {
    return negative ? -std::numeric_limits<double>::infinity()
                    : std::numeric_limits<double>::infinity();
  }
  if (word == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (body.empty() || !(digit_value(body[0]) < 10 || body[0] == '.')) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), value);
  if (end != body.data() + body.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range)
    value = std::strtod(std::string(body).c_str(), nullptr);
  else if (error != std::errc()) return std::nullopt;
  return negative ? -value : value;
}

Value int_from_double(double value) {
  if (std::isinf(value)) raise(ErrorType::kOverflow, "cannot convert float infinity to integer");
  if (std::isnan(value)) raise_value_error("cannot convert float NaN to integer");
  const double whole = std::trunc(value);
  if (std::fabs(whole) < 9.2e18) return Value(static_cast<std::int64_t>(whole));
  return *parse_int(fmt::format("{:.0f}", whole), 10);
}

Value to_int(const Value& value) {
  switch (value.kind()) {
    case Kind::kBool: return Value(value.as_int());
    case Kind::kInt:
    case Kind::kBigInt: return value;
    case Kind::kFloat: return int_from_double(value.as_float());
    case Kind::kStr: {
      if (auto parsed = parse_int(value.as_str(), 10)) return *parsed;
      raise_value_error("invalid literal for int() with base 10: " + value.repr());
    }
    case Kind::kUndefined: raise_undefined(value.undefined_data());
    case Kind::kObject:
      if (auto number = value.as_object()->to_int()) return *number;
      break;
    default: break;
  }
  raise_type_error(
      fmt::format("int() argument must be a string, a bytes-like object or a real "
                  "number, not '{}'",
                  value.type_name()));
}

double to_float(const Value& value) {
  if (value.is_number()) return number_to_double(value);
  if (value.is_str()) {
    if (auto parsed = parse_float(value.as_str())) return *parsed;
    raise_value_error("could not convert string to float: " + value.repr());
  }
  if (value.is_undefined()) raise_undefined(value.undefined_data());
  if (Object* object = value.as_object()) {
    if (auto number = object->to_float()) return *number;
  }
  raise_type_error(fmt::format("float() argument must be a string or a real number, not '{}'",
                               value.type_name()));
}

namespace {

Value round_int(const Value& value, std::int64_t digits) {
  if (digits >= 0) return positive(value);
  if (digits < -4300) return Value(0);
  // Half to even at the given power of ten.
  const Value unit = big_pow(Value(10), -digits);
  auto [quotient, rest] = big_divmod(value, unit);
  const Value twice = binary_op(BinaryOp::kMul, rest, Value(2));
  const int order = *compare_numbers(twice, unit);
  const bool odd = binary_op(BinaryOp::kMod, quotient, Value(2)).as_int() != 0;
  if (order > 0 || (order == 0 && odd)) quotient = binary_op(BinaryOp::kAdd, quotient, Value(1));
  return binary_op(BinaryOp::kMul, quotient, unit);
}

double round_double(double value, std::int64_t digits) {
  if (!std::isfinite(value) || digits > 323) return value;
  if (digits < -308) return std::copysign(0.0, value);
  if (digits >= 0) {
    // The decimal expansion of a double is exact in printf, so ties go to even as in Python.
    return std::strtod(fixed_digits(value, static_cast<int>(digits)).c_str(), nullptr);
  }
  const double unit = std::pow(10.0, static_cast<double>(-digits));
  const double scaled = value / unit;
  double whole = std::round(scaled);
  if (std::fabs(scaled - whole) == 0.5) whole = 2.0 * std::round(scaled / 2.0);
  return whole * unit;
}

}  // namespace

Value round_value(const Value& value, std::optional<std::int64_t> digits) {
  if (value.is_int() || value.is_bool()) return round_int(value, digits.value_or(0));
  if (value.is_float()) {
    if (digits) return Value(round_double(value.as_float(), *digits));
    return int_from_double(std::nearbyint(value.as_float()));
  }
  if (Object* object = value.as_object()) {
    if (auto rounded = object->round(digits)) return *rounded;
  }
  if (value.is_undefined()) {
    raise_type_error("type Undefined doesn't define __round__ method");
  }
  raise_type_error(fmt::format("type {} doesn't define __round__ method", value.type_name()));
}

std::int64_t to_index(const Value& value) {
  if (value.kind() == Kind::kInt || value.is_bool()) return value.as_int();
  if (value.kind() == Kind::kBigInt) {
    raise(ErrorType::kOverflow, "Python int too large to convert to C ssize_t");
  }
  raise_type_error(
      fmt::format("'{}' object cannot be interpreted as an integer", value.type_name()));
}

}  // namespace floe::jinja
