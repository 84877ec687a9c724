// SPDX-License-Identifier: Apache-2.0
#include "value/yaml_scalar.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace floe::value {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Reads a scalar from left to right, a pattern at a time.
class ScalarScan {
 public:
  explicit ScalarScan(std::string_view text) : rest_(text) {}
  bool done() const { return rest_.empty(); }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool skip(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  bool skip_any(std::string_view set) {
    if (rest_.empty() || set.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// Skips characters that `accept`s; how many.
  template <class Accept>
  std::size_t skip_while(Accept accept, std::size_t most = std::string_view::npos) {
    std::size_t count = 0;
    while (count < most && count < rest_.size() && accept(rest_[count])) ++count;
    rest_.remove_prefix(count);
    return count;
  }
  /// [0-9]{least,most}
  bool digits(std::size_t least, std::size_t most) { return skip_while(is_digit, most) >= least; }

 private:
  std::string_view rest_;
};

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool is_null_word(std::string_view text) {
  return text.empty() || is_one_of(text, {"~", "null", "Null", "NULL"});
}

bool is_bool_word(std::string_view text, YamlSchema schema) {
  if (is_one_of(text, {"true", "True", "TRUE", "false", "False", "FALSE"})) return true;
  return schema == YamlSchema::kYaml11 && is_one_of(text, {"yes", "Yes", "YES", "no", "No", "NO",
                                                           "on", "On", "ON", "off", "Off", "OFF"});
}

bool is_infinity_or_nan(std::string_view text) {
  if (is_one_of(text, {".nan", ".NaN", ".NAN"})) return true;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return is_one_of(text, {".inf", ".Inf", ".INF"});
}

bool is_digit_or_underscore(char c) { return is_digit(c) || c == '_'; }

/// (?::[0-5]?[0-9])+ : the minutes and seconds of a YAML 1.1 base-60 number.
bool skip_sexagesimal(ScalarScan& scan) {
  std::size_t groups = 0;
  while (scan.peek() == ':') {
    scan.skip(":");
    const char first = scan.peek();
    if (!scan.digits(1, 1)) return false;
    if (first <= '5') scan.digits(0, 1);
    ++groups;
  }
  return groups > 0;
}

bool is_int11(std::string_view text) {
  ScalarScan scan(text);
  scan.skip_any("-+");
  if (scan.skip("0b")) {
    return scan.skip_while([](char c) { return c == '0' || c == '1' || c == '_'; }) > 0 &&
           scan.done();
  }
  if (scan.skip("0x")) {
    return scan.skip_while([](char c) { return is_hex_digit(c) || c == '_'; }) > 0 && scan.done();
  }
  if (scan.skip("0")) {
    scan.skip_while([](char c) { return (c >= '0' && c <= '7') || c == '_'; });
    return scan.done();
  }
  if (!is_digit(scan.peek())) return false;
  scan.skip_while(is_digit_or_underscore);
  return scan.done() || (skip_sexagesimal(scan) && scan.done());
}

/// (?:[eE][-+][0-9]+)? : PyYAML wants the sign, so `1.5e3` is a string.
bool skip_exponent11(ScalarScan& scan) {
  if (!scan.skip_any("eE")) return true;
  return scan.skip_any("-+") && scan.digits(1, std::string_view::npos);
}

bool is_float11(std::string_view text) {
  if (is_infinity_or_nan(text)) return true;
  ScalarScan scan(text);
  if (scan.skip(".")) {
    if (!is_digit(scan.peek())) return false;
    scan.skip_while(is_digit_or_underscore);
    return skip_exponent11(scan) && scan.done();
  }
  scan.skip_any("-+");
  if (!is_digit(scan.peek())) return false;
  scan.skip_while(is_digit_or_underscore);
  if (scan.peek() == ':') {
    if (!skip_sexagesimal(scan) || !scan.skip(".")) return false;
    scan.skip_while(is_digit_or_underscore);
    return scan.done();
  }
  if (!scan.skip(".")) return false;
  scan.skip_while(is_digit_or_underscore);
  return skip_exponent11(scan) && scan.done();
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool is_timestamp(std::string_view text) {
  ScalarScan date(text);
  const bool whole = date.digits(4, 4) && date.skip("-") && date.digits(2, 2) && date.skip("-") &&
                     date.digits(2, 2) && date.done();
  if (whole) return true;
  ScalarScan scan(text);
  if (!(scan.digits(4, 4) && scan.skip("-") && scan.digits(1, 2) && scan.skip("-") &&
        scan.digits(1, 2))) {
    return false;
  }
  if (!scan.skip_any("Tt") && scan.skip_while(is_blank) == 0) return false;
  if (!(scan.digits(1, 2) && scan.skip(":") && scan.digits(2, 2) && scan.skip(":") &&
        scan.digits(2, 2))) {
    return false;
  }
  if (scan.skip(".")) scan.skip_while(is_digit);
  const bool spaced = scan.skip_while(is_blank) > 0;
  if (scan.skip("Z")) return scan.done();
  if (!scan.skip_any("-+")) return !spaced && scan.done();
  if (!scan.digits(1, 2)) return false;
  if (scan.skip(":") && !scan.digits(2, 2)) return false;
  return scan.done();
}

bool is_int_core(std::string_view text) {
  ScalarScan scan(text);
  if (scan.skip("0o")) {
    return scan.skip_while([](char c) { return c >= '0' && c <= '7'; }) > 0 && scan.done();
  }
  if (scan.skip("0x")) return scan.skip_while(is_hex_digit) > 0 && scan.done();
  scan.skip_any("-+");
  return scan.digits(1, std::string_view::npos) && scan.done();
}

bool is_float_core(std::string_view text) {
  if (is_infinity_or_nan(text)) return true;
  ScalarScan scan(text);
  scan.skip_any("-+");
  const bool whole = scan.digits(1, std::string_view::npos);
  if (scan.skip(".")) {
    const bool part = scan.digits(1, std::string_view::npos);
    if (!whole && !part) return false;
  } else if (!whole) {
    return false;
  }
  if (scan.skip_any("eE")) {
    scan.skip_any("-+");
    if (!scan.digits(1, std::string_view::npos)) return false;
  }
  return scan.done();
}

std::string without_underscores(std::string_view text) {
  std::string plain(text);
  std::erase(plain, '_');
  return plain;
}

/// The digits of `text` in a base, or nothing if there are none, others, or too many for 64 bits.
std::optional<std::uint64_t> parse_digits(std::string_view text, int base, bool& overflow) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  overflow = error == std::errc::result_out_of_range;
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> parse_base60(std::string_view text, bool& overflow) {
  std::uint64_t number = 0;
  for (const std::string_view part : split(text, ':')) {
    const auto digit = parse_digits(part, 10, overflow);
    if (!digit) return std::nullopt;
    overflow = number > (std::numeric_limits<std::uint64_t>::max() - *digit) / 60;
    if (overflow) return std::nullopt;
    number = number * 60 + *digit;
  }
  return number;
}

std::optional<std::uint64_t> parse_magnitude(std::string_view text, YamlSchema schema,
                                             bool& overflow) {
  overflow = false;
  if (text.starts_with("0x")) return parse_digits(text.substr(2), 16, overflow);
  if (text.starts_with("0o")) return parse_digits(text.substr(2), 8, overflow);
  if (schema == YamlSchema::kCore) return parse_digits(text, 10, overflow);
  if (text.starts_with("0b")) return parse_digits(text.substr(2), 2, overflow);
  if (text.size() > 1 && text[0] == '0') return parse_digits(text, 8, overflow);
  if (contains(text, ":")) return parse_base60(text, overflow);
  return parse_digits(text, 10, overflow);
}

std::optional<Value> make_int(std::string_view text, YamlSchema schema) {
  std::string stripped;
  std::string_view digits = text;
  if (schema == YamlSchema::kYaml11 && contains(text, "_")) {
    stripped = without_underscores(text);
    digits = stripped;
  }
  const bool negative = digits.starts_with('-');
  if (digits.starts_with('-') || digits.starts_with('+')) digits.remove_prefix(1);
  bool overflow = false;
  const auto magnitude = parse_magnitude(digits, schema, overflow);
  if (!magnitude && !overflow) return std::nullopt;
  const std::uint64_t limit =
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) + (negative ? 1 : 0);
  if (overflow || *magnitude > limit) return Value(text);
  return Value(static_cast<std::int64_t>(negative ? ~*magnitude + 1 : *magnitude));
}

std::optional<double> parse_decimal(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range)
    return std::strtod(std::string(text).c_str(), nullptr);
  if (error != std::errc()) return std::nullopt;
  return number;
}

std::optional<Value> make_float(std::string_view text) {
  const std::string lower = to_lower(without_underscores(text));
  std::string_view digits = lower;
  const double sign = digits.starts_with('-') ? -1 : 1;
  if (digits.starts_with('-') || digits.starts_with('+')) digits.remove_prefix(1);
  if (digits == ".inf") return Value(sign * std::numeric_limits<double>::infinity());
  if (digits == ".nan") return Value(std::numeric_limits<double>::quiet_NaN());
  double number = 0;
  for (const std::string_view part : split(digits, ':')) {
    const auto parsed = parse_decimal(part);
    if (!parsed) return std::nullopt;
    number = number * 60 + *parsed;
  }
  return Value(sign * number);
}

int days_of_month(int year, int month) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

/// Whether the date (and time) exists, as Python's datetime would have it.
bool is_real_timestamp(std::string_view text) {
  std::vector<int> numbers;
  for (std::size_t at = 0; at < text.size() && numbers.size() < 6;) {
    if (!is_digit(text[at])) {
      ++at;
      continue;
    }
    int number = 0;
    const auto result = std::from_chars(text.data() + at, text.data() + text.size(), number);
    numbers.push_back(number);
    at = static_cast<std::size_t>(result.ptr - text.data());
  }
  if (numbers.size() < 3 || numbers[0] < 1 || numbers[1] < 1 || numbers[1] > 12) return false;
  if (numbers[2] < 1 || numbers[2] > days_of_month(numbers[0], numbers[1])) return false;
  return numbers.size() < 6 || (numbers[3] < 24 && numbers[4] < 60 && numbers[5] < 60);
}

}  // namespace

ScalarKind classify_scalar(std::string_view text, YamlSchema schema) {
  const char first = text.empty() ? '\0' : text.front();
  if (is_digit(first) || first == '-' || first == '+' || first == '.') {
    if (schema == YamlSchema::kCore) {
      if (is_int_core(text)) return ScalarKind::kInt;
      return is_float_core(text) ? ScalarKind::kFloat : ScalarKind::kString;
    }
    if (is_float11(text)) return ScalarKind::kFloat;
    if (is_int11(text)) return ScalarKind::kInt;
    return is_digit(first) && is_timestamp(text) ? ScalarKind::kTimestamp : ScalarKind::kString;
  }
  constexpr std::string_view kWordStarts = "yYnNtTfFoO~";
  if (text.empty()) return ScalarKind::kNull;
  if (kWordStarts.find(first) != std::string_view::npos) {
    if (text.size() > 5) return ScalarKind::kString;
    if (is_bool_word(text, schema)) return ScalarKind::kBool;
    return is_null_word(text) ? ScalarKind::kNull : ScalarKind::kString;
  }
  if (schema == YamlSchema::kYaml11) {
    if (text == "<<") return ScalarKind::kMerge;
    if (text == "=") return ScalarKind::kEquals;
  }
  return ScalarKind::kString;
}

std::optional<Value> make_scalar(std::string_view text, ScalarKind kind, YamlSchema schema) {
  switch (kind) {
    case ScalarKind::kNull: return Value();
    case ScalarKind::kBool: {
      if (!is_bool_word(text, schema)) return std::nullopt;
      const std::string lower = to_lower(text);
      return Value(is_one_of(lower, {"true", "yes", "on"}));
    }
    case ScalarKind::kInt: return make_int(text, schema);
    case ScalarKind::kFloat: return make_float(text);
    case ScalarKind::kTimestamp:
      if (!is_timestamp(text) || !is_real_timestamp(text)) return std::nullopt;
      return Value::timestamp(std::string(text));
    default: return Value(text);
  }
}

std::string iso_timestamp(std::string_view text) {
  if (text.size() <= 10 && text.find(':') == std::string_view::npos) return std::string(text);
  std::size_t at = 0;
  const auto number = [&](std::size_t width) {
    while (at < text.size() && !is_digit(text[at])) ++at;
    const std::size_t begin = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    std::string digits(text.substr(begin, at - begin));
    if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
    return digits;
  };
  std::string iso = number(4);
  iso += "-" + number(2);
  iso += "-" + number(2);
  iso += "T" + number(2);
  iso += ":" + number(2);
  iso += ":" + number(2);
  if (at < text.size() && text[at] == '.') {
    std::string fraction;
    for (++at; at < text.size() && is_digit(text[at]); ++at) fraction += text[at];
    fraction.resize(6, '0');
    if (fraction != "000000") iso += "." + fraction;
  }
  const std::size_t zone = text.find_first_of("Z+-", at);
  if (zone == std::string_view::npos) return iso;
  at = zone;
  const std::string hours = text[zone] == 'Z' ? "00" : number(2);
  const std::string minutes = text[zone] == 'Z' ? "00" : number(2);
  const bool utc = hours == "00" && minutes == "00";
  return iso + (text[zone] == '-' && !utc ? "-" : "+") + hours + ":" + minutes;
}

}  // namespace floe::value
