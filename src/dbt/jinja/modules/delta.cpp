// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/modules/calendar.h"
#include "dbt/jinja/modules/modules.h"
#include "dbt/jinja/number.h"

#include <fmt/format.h>

#include <cmath>

namespace floe::jinja {

namespace {

Value delta_of(double micros) {
  if (!std::isfinite(micros) || std::fabs(micros) > 86399999999999.0 * 1e6) {
    raise(ErrorType::kOverflow,
          "days out of range for a timedelta; must have magnitude <= 999999999");
  }
  return make_object<Delta>(static_cast<std::int64_t>(std::nearbyint(micros)));
}

// Python's divmod with the sign of the divisor, halves to even where a float is involved.
std::int64_t round_half_even(double value) {
  return static_cast<std::int64_t>(std::nearbyint(value));
}

struct Parts {
  std::int64_t days;
  std::int64_t seconds;
  std::int64_t micros;
};

Parts parts_of(std::int64_t micros) {
  Parts parts{};
  parts.days = floor_div(micros, kMicrosPerDay);
  const std::int64_t rest = micros - parts.days * kMicrosPerDay;
  parts.seconds = rest / kMicrosPerSecond;
  parts.micros = rest % kMicrosPerSecond;
  return parts;
}

}  // namespace

std::string Delta::str() {
  const Parts p = parts_of(micros_);
  std::string out;
  if (p.days != 0) out = fmt::format("{} day{}, ", p.days, p.days == 1 || p.days == -1 ? "" : "s");
  out += fmt::format("{}:{:02d}:{:02d}", p.seconds / 3600, p.seconds / 60 % 60, p.seconds % 60);
  if (p.micros != 0) out += fmt::format(".{:06d}", p.micros);
  return out;
}

std::string Delta::repr() {
  const Parts p = parts_of(micros_);
  std::string inner;
  const auto add = [&inner](std::string_view name, std::int64_t value) {
    if (value == 0) return;
    if (!inner.empty()) inner += ", ";
    inner += fmt::format("{}={}", name, value);
  };
  add("days", p.days);
  add("seconds", p.seconds);
  add("microseconds", p.micros);
  return "datetime.timedelta(" + (inner.empty() ? "0" : inner) + ")";
}

std::optional<Value> Delta::attribute(Name name) {
  const Parts p = parts_of(micros_);
  if (name == "days") return Value(p.days);
  if (name == "seconds") return Value(p.seconds);
  if (name == "microseconds") return Value(p.micros);
  return std::nullopt;
}

bool Delta::equals(const Value& other) {
  const auto* right = other.as<Delta>();
  return right != nullptr && right->micros_ == micros_;
}

std::optional<std::uint64_t> Delta::hash() {
  return static_cast<std::uint64_t>(micros_) * 2654435761U;
}

std::optional<int> Delta::compare(const Value& other) {
  const auto* right = other.as<Delta>();
  if (right == nullptr) return std::nullopt;
  return micros_ < right->micros_ ? -1 : micros_ > right->micros_ ? 1 : 0;
}

std::optional<Value> Delta::absolute() { return make_object<Delta>(std::abs(micros_)); }

std::optional<Value> Delta::negate() { return make_object<Delta>(-micros_); }

std::optional<Value> Delta::binary(BinaryOp op, const Value& other, bool reflected) {
  if (const auto* right = other.as<Delta>()) {
    const std::int64_t a = reflected ? right->micros_ : micros_;
    const std::int64_t b = reflected ? micros_ : right->micros_;
    switch (op) {
      case BinaryOp::kAdd: return make_object<Delta>(a + b);
      case BinaryOp::kSub: return make_object<Delta>(a - b);
      default: break;
    }
    if (b == 0) raise(ErrorType::kZeroDivision, "division by zero");
    if (op == BinaryOp::kDiv) return Value(static_cast<double>(a) / static_cast<double>(b));
    if (op == BinaryOp::kFloorDiv) return Value(floor_div(a, b));
    if (op == BinaryOp::kMod) return make_object<Delta>(a - floor_div(a, b) * b);
    return std::nullopt;
  }
  if (!other.is_number()) return std::nullopt;
  if (op == BinaryOp::kMul) {
    if (other.is_float()) return delta_of(static_cast<double>(micros_) * other.as_float());
    const Value product = binary_op(BinaryOp::kMul, Value(micros_), other);
    if (product.kind() != Kind::kInt) {
      raise(ErrorType::kOverflow, "Python int too large to convert to C int");
    }
    return make_object<Delta>(product.as_int());
  }
  if (reflected) return std::nullopt;
  const double by = number_to_double(other);
  if (op == BinaryOp::kDiv) {
    if (by == 0) raise(ErrorType::kZeroDivision, "division by zero");
    return make_object<Delta>(round_half_even(static_cast<double>(micros_) / by));
  }
  if (op == BinaryOp::kFloorDiv && !other.is_float()) {
    if (by == 0) raise(ErrorType::kZeroDivision, "integer division or modulo by zero");
    return make_object<Delta>(floor_div(micros_, other.as_int()));
  }
  return std::nullopt;
}

namespace {

Value delta_total_seconds(CallContext&, const Value& self, const Args&) {
  return Value(static_cast<double>(self.as<Delta>()->micros()) / 1e6);
}

}  // namespace

const MethodTable& Delta::methods() const {
  static const MethodTable table = {{Name("total_seconds"), delta_total_seconds}};
  return table;
}

// --- Formatting and parsing of times -----------------------------------------------------------

namespace {

constexpr std::string_view kDays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                      "Friday", "Saturday", "Sunday"};
constexpr std::string_view kMonths[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};

int hour12(int hour) { return hour % 12 == 0 ? 12 : hour % 12; }

}  // namespace

std::string format_time(std::string_view pattern, std::int64_t local, Zone* zone) {
  const Fields f = fields_of(local);
  const std::int64_t day = floor_div(local, kMicrosPerDay);
  const int weekday = weekday_of(day);
  const std::int64_t yearday = day - days_from_civil(f.year, 1, 1);
  const std::int64_t thursday = day - weekday + 3;
  const int iso_year = fields_of(thursday * kMicrosPerDay).year;
  const std::int64_t iso_week = (thursday - days_from_civil(iso_year, 1, 1)) / 7 + 1;
  std::string out;
  const auto nested = [&](std::string_view inner) { out += format_time(inner, local, zone); };
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%' || i + 1 == pattern.size()) {
      out += pattern[i];
      continue;
    }
    char code = pattern[++i];
    bool plain = false;  // glibc's "%-d"
    if (code == '-' && i + 1 < pattern.size()) {
      plain = true;
      code = pattern[++i];
    }
    const auto two = [&](std::int64_t value) {
      out += plain ? fmt::format("{}", value) : fmt::format("{:02d}", value);
    };
    switch (code) {
      case 'a': out += kDays[weekday].substr(0, 3); break;
      case 'A': out += kDays[weekday]; break;
      case 'b':
      case 'h': out += kMonths[f.month - 1].substr(0, 3); break;
      case 'B': out += kMonths[f.month - 1]; break;
      case 'c': nested("%a %b %e %H:%M:%S %Y"); break;
      case 'C': two(f.year / 100); break;
      case 'd': two(f.day); break;
      case 'D':
      case 'x': nested("%m/%d/%y"); break;
      case 'e': out += plain ? fmt::format("{}", f.day) : fmt::format("{:2d}", f.day); break;
      case 'f': out += fmt::format("{:06d}", f.micro); break;
      case 'F': nested("%Y-%m-%d"); break;
      case 'G': out += fmt::format("{}", iso_year); break;
      case 'H': two(f.hour); break;
      case 'I': two(hour12(f.hour)); break;
      case 'j':
        out += plain ? fmt::format("{}", yearday + 1) : fmt::format("{:03d}", yearday + 1);
        break;
      case 'k': out += fmt::format("{:2d}", f.hour); break;
      case 'l': out += fmt::format("{:2d}", hour12(f.hour)); break;
      case 'm': two(f.month); break;
      case 'M': two(f.minute); break;
      case 'n': out += '\n'; break;
      case 'p': out += f.hour < 12 ? "AM" : "PM"; break;
      case 'P': out += f.hour < 12 ? "am" : "pm"; break;
      case 'r': nested("%I:%M:%S %p"); break;
      case 'R': nested("%H:%M"); break;
      case 's':
        out += fmt::format("{}", floor_div(instant_of_local(local), kMicrosPerSecond));
        break;
      case 'S': two(f.second); break;
      case 't': out += '\t'; break;
      case 'T':
      case 'X': nested("%H:%M:%S"); break;
      case 'u': out += fmt::format("{}", weekday + 1); break;
      case 'U': two((yearday + 7 - (weekday + 1) % 7) / 7); break;
      case 'V': two(iso_week); break;
      case 'w': out += fmt::format("{}", (weekday + 1) % 7); break;
      case 'W': two((yearday + 7 - weekday) / 7); break;
      case 'y': two(f.year % 100); break;
      case 'Y': out += fmt::format("{}", f.year); break;
      case 'z':
        if (zone != nullptr) out += offset_text(zone->offset(local), false);
        break;
      case 'Z':
        if (zone != nullptr) out += zone->abbreviation(local);
        break;
      case '%': out += '%'; break;
      default: out += '%'; out += code;
    }
  }
  return out;
}

namespace {

// strptime: one pass over the pattern.
class TimeReader {
 public:
  TimeReader(std::string_view text, std::string_view pattern) : text_(text), pattern_(pattern) {}

  Value read() {
    run(pattern_);
    if (at_ != text_.size()) {
      raise_value_error(fmt::format("unconverted data remains: {}", text_.substr(at_)));
    }
    if (pm_) f_.hour = f_.hour % 12 + (*pm_ ? 12 : 0);
    std::int64_t micros = 0;
    if (yearday_ > 0) {
      Fields first = f_;
      first.month = first.day = 1;
      micros = micros_of(first) + (yearday_ - 1) * kMicrosPerDay;
    } else {
      micros = micros_of(f_);
    }
    return make_object<Moment>(micros, zone_);
  }

 private:
  [[noreturn]] void mismatch() const {
    std::string text;
    std::string pattern;
    append_str_repr(text_, text);
    append_str_repr(pattern_, pattern);
    raise_value_error(fmt::format("time data {} does not match format {}", text, pattern));
  }

  int number(std::size_t most, int low, int high) {
    std::size_t end = at_;
    int value = 0;
    while (end < text_.size() && end - at_ < most && text_[end] >= '0' && text_[end] <= '9') {
      const int next = value * 10 + (text_[end] - '0');
      if (next > high) break;
      value = next;
      ++end;
    }
    if (end == at_ || value < low) mismatch();
    at_ = end;
    return value;
  }

  template <std::size_t kCount>
  int word(const std::string_view (&words)[kCount], bool full) {
    for (std::size_t i = 0; i < kCount; ++i) {
      const std::string_view wanted = full ? words[i] : words[i].substr(0, 3);
      const std::string_view got = text_.substr(at_, wanted.size());
      const bool same = got.size() == wanted.size() &&
                        std::equal(got.begin(), got.end(), wanted.begin(),
                                   [](char a, char b) { return (a | 32) == (b | 32); });
      if (!same) continue;
      at_ += wanted.size();
      return static_cast<int>(i);
    }
    mismatch();
  }

  void offset() {
    if (text_.substr(at_, 1) == "Z") {
      ++at_;
      zone_ = fixed_zone(0);
      return;
    }
    const char sign = at_ < text_.size() ? text_[at_] : ' ';
    if (sign != '+' && sign != '-') mismatch();
    ++at_;
    const int hours = number(2, 0, 23);
    if (text_.substr(at_, 1) == ":") ++at_;
    const int minutes = number(2, 0, 59);
    const int size = hours * 3600 + minutes * 60;
    zone_ = fixed_zone(sign == '-' ? -size : size);
  }

  void fraction() {
    std::size_t digits = 0;
    int value = 0;
    while (digits < 6 && at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
      value = value * 10 + (text_[at_++] - '0');
      ++digits;
    }
    if (digits == 0) mismatch();
    for (; digits < 6; ++digits) value *= 10;
    f_.micro = value;
  }

  void directive(char code) {
    switch (code) {
      case 'Y':
        if (at_ + 4 > text_.size()) mismatch();
        f_.year = number(4, 0, 9999);
        break;
      case 'y': {
        const int year = number(2, 0, 99);
        f_.year = year + (year <= 68 ? 2000 : 1900);
        break;
      }
      case 'm': f_.month = number(2, 1, 12); break;
      case 'd': f_.day = number(2, 1, 31); break;
      case 'H': f_.hour = number(2, 0, 23); break;
      case 'I': f_.hour = number(2, 1, 12); break;
      case 'M': f_.minute = number(2, 0, 59); break;
      case 'S': f_.second = number(2, 0, 61); break;
      case 'f': fraction(); break;
      case 'j': yearday_ = number(3, 1, 366); break;
      case 'b':
      case 'h': f_.month = word(kMonths, false) + 1; break;
      case 'B': f_.month = word(kMonths, true) + 1; break;
      case 'a': word(kDays, false); break;
      case 'A': word(kDays, true); break;
      case 'p': {
        const std::string_view half = text_.substr(at_, 2);
        if (half.size() < 2 || (half[1] | 32) != 'm' ||
            ((half[0] | 32) != 'a' && (half[0] | 32) != 'p')) {
          mismatch();
        }
        pm_ = (half[0] | 32) == 'p';
        at_ += 2;
        break;
      }
      case 'z': offset(); break;
      case 'Z':
        while (at_ < text_.size() && (text_[at_] | 32) >= 'a' && (text_[at_] | 32) <= 'z') ++at_;
        break;
      case 'F': run("%Y-%m-%d"); break;
      case 'T':
      case 'X': run("%H:%M:%S"); break;
      case 'x':
      case 'D': run("%m/%d/%y"); break;
      case '%':
        if (text_.substr(at_, 1) != "%") mismatch();
        ++at_;
        break;
      default: {
        std::string shown;
        append_str_repr(std::string_view(&code, 1), shown);
        std::string pattern;
        append_str_repr(pattern_, pattern);
        raise_value_error(fmt::format("{} is a bad directive in format {}", shown, pattern));
      }
    }
  }

  void run(std::string_view pattern) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (pattern[i] == '%' && i + 1 < pattern.size()) {
        directive(pattern[++i]);
        continue;
      }
      const bool blank = std::isspace(static_cast<unsigned char>(pattern[i])) != 0;
      if (blank) {
        if (at_ >= text_.size() || std::isspace(static_cast<unsigned char>(text_[at_])) == 0)
          mismatch();
        while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0)
          ++at_;
        while (i + 1 < pattern.size() &&
               std::isspace(static_cast<unsigned char>(pattern[i + 1])) != 0)
          ++i;
        continue;
      }
      if (at_ >= text_.size() ||
          (text_[at_] != pattern[i] && std::tolower(static_cast<unsigned char>(text_[at_])) !=
                                           std::tolower(static_cast<unsigned char>(pattern[i])))) {
        mismatch();
      }
      ++at_;
    }
  }

  std::string_view text_;
  std::string_view pattern_;
  std::size_t at_ = 0;
  Fields f_{1900, 1, 1, 0, 0, 0, 0};
  std::optional<bool> pm_;
  int yearday_ = 0;
  Value zone_;
};

}  // namespace

Value parse_time(std::string_view text, std::string_view pattern) {
  return TimeReader(text, pattern).read();
}

}  // namespace floe::jinja
