// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/modules/calendar.h"

#include "dbt/jinja/interp.h"
#include "dbt/jinja/modules/modules.h"
#include "dbt/jinja/number.h"

#include <fmt/format.h>

#include <cmath>
#include <ctime>

namespace floe::jinja {

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b != 0 && (a % b < 0) != (b < 0) ? 1 : 0);
}

std::int64_t days_from_civil(int year, int month, int day) {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = floor_div(y, 400);
  const std::int64_t yoe = y - era * 400;
  const std::int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

Fields fields_of(std::int64_t micros) {
  const std::int64_t days = floor_div(micros, kMicrosPerDay);
  std::int64_t rest = micros - days * kMicrosPerDay;
  const std::int64_t z = days + 719468;
  const std::int64_t era = floor_div(z, 146097);
  const std::int64_t doe = z - era * 146097;
  const std::int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const std::int64_t mp = (5 * doy + 2) / 153;
  Fields out;
  out.day = static_cast<int>(doy - (153 * mp + 2) / 5 + 1);
  out.month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
  out.year = static_cast<int>(yoe + era * 400 + (out.month <= 2 ? 1 : 0));
  out.micro = static_cast<int>(rest % kMicrosPerSecond);
  rest /= kMicrosPerSecond;
  out.second = static_cast<int>(rest % 60);
  out.minute = static_cast<int>(rest / 60 % 60);
  out.hour = static_cast<int>(rest / 3600);
  return out;
}

std::int64_t micros_of(const Fields& f) {
  if (f.year < 1 || f.year > 9999) {
    raise_value_error(fmt::format("year {} is out of range", f.year));
  }
  if (f.month < 1 || f.month > 12) raise_value_error("month must be in 1..12");
  const std::int64_t first = days_from_civil(f.year, f.month, 1);
  const std::int64_t next =
      f.month == 12 ? days_from_civil(f.year + 1, 1, 1) : days_from_civil(f.year, f.month + 1, 1);
  if (f.day < 1 || f.day > next - first) raise_value_error("day is out of range for month");
  if (f.hour < 0 || f.hour > 23) raise_value_error("hour must be in 0..23");
  if (f.minute < 0 || f.minute > 59) raise_value_error("minute must be in 0..59");
  if (f.second < 0 || f.second > 59) raise_value_error("second must be in 0..59");
  if (f.micro < 0 || f.micro > 999999) raise_value_error("microsecond must be in 0..999999");
  return (first + f.day - 1) * kMicrosPerDay +
         ((f.hour * 60LL + f.minute) * 60 + f.second) * kMicrosPerSecond + f.micro;
}

int weekday_of(std::int64_t days) { return static_cast<int>(((days + 3) % 7 + 7) % 7); }

std::int64_t local_of_instant(std::int64_t utc_micros) {
  const std::int64_t seconds = floor_div(utc_micros, kMicrosPerSecond);
  const auto stamp = static_cast<std::time_t>(seconds);
  std::tm broken{};
  localtime_r(&stamp, &broken);
  return utc_micros + broken.tm_gmtoff * kMicrosPerSecond;
}

std::int64_t instant_of_local(std::int64_t local_micros) {
  const Fields f = fields_of(local_micros);
  std::tm broken{};
  broken.tm_year = f.year - 1900;
  broken.tm_mon = f.month - 1;
  broken.tm_mday = f.day;
  broken.tm_hour = f.hour;
  broken.tm_min = f.minute;
  broken.tm_sec = f.second;
  broken.tm_isdst = -1;
  return static_cast<std::int64_t>(std::mktime(&broken)) * kMicrosPerSecond + f.micro;
}

std::string clock_text(std::int64_t micros, std::string_view precision) {
  const Fields f = fields_of(micros);
  if (precision == "hours") return fmt::format("{:02d}", f.hour);
  std::string out = fmt::format("{:02d}:{:02d}", f.hour, f.minute);
  if (precision == "minutes") return out;
  out += fmt::format(":{:02d}", f.second);
  if (precision == "milliseconds") return out + fmt::format(".{:03d}", f.micro / 1000);
  if (precision == "microseconds" || (precision == "auto" && f.micro != 0)) {
    return out + fmt::format(".{:06d}", f.micro);
  }
  if (precision != "auto" && precision != "seconds") raise_value_error("Unknown timespec value");
  return out;
}

std::string offset_text(std::int64_t seconds, bool colon) {
  const char sign = seconds < 0 ? '-' : '+';
  const std::int64_t size = std::abs(seconds);
  const char* mark = colon ? ":" : "";
  std::string out = fmt::format("{}{:02d}{}{:02d}", sign, size / 3600, mark, size / 60 % 60);
  if (size % 60 != 0) out += fmt::format("{}{:02d}", mark, size % 60);
  return out;
}

// --- Moment ----------------------------------------------------------------------------------

namespace {

void check_range(std::int64_t micros) {
  static const std::int64_t least = days_from_civil(1, 1, 1) * kMicrosPerDay;
  static const std::int64_t most = (days_from_civil(9999, 12, 31) + 1) * kMicrosPerDay;
  if (micros < least || micros >= most) raise(ErrorType::kOverflow, "date value out of range");
}

Value moment(std::int64_t local, Value zone) {
  check_range(local);
  return make_object<Moment>(local, std::move(zone));
}

bool is_aware(const Moment& m) { return m.zone() != nullptr; }

void same_awareness(const Moment& a, const Moment& b, const char* what) {
  if (is_aware(a) == is_aware(b)) return;
  raise_type_error(fmt::format("can't {} offset-naive and offset-aware datetimes", what));
}

std::int64_t integer_of(const Value& value) { return to_index(value); }

}  // namespace

std::int64_t Moment::utc() const {
  Zone* z = zone();
  return z == nullptr ? local_ : local_ - z->offset(local_) * kMicrosPerSecond;
}

std::int64_t Moment::instant() const {
  return zone() == nullptr ? instant_of_local(local_) : utc();
}

std::string Moment::iso(char separator, std::string_view precision) const {
  const Fields f = fields_of(local_);
  std::string out = fmt::format("{:04d}-{:02d}-{:02d}{}{}", f.year, f.month, f.day, separator,
                                clock_text(local_, precision));
  if (Zone* z = zone()) out += offset_text(z->offset(local_), true);
  return out;
}

std::string Moment::repr() {
  const Fields f = fields_of(local_);
  std::string out =
      fmt::format("datetime.datetime({}, {}, {}, {}, {}", f.year, f.month, f.day, f.hour, f.minute);
  if (f.second != 0 || f.micro != 0) out += fmt::format(", {}", f.second);
  if (f.micro != 0) out += fmt::format(", {}", f.micro);
  if (zone() != nullptr) out += ", tzinfo=" + zone_.repr();
  return out + ")";
}

std::optional<Value> Moment::attribute(Name name) {
  const Fields f = fields_of(local_);
  const std::string_view text = name.view();
  if (text == "year") return Value(f.year);
  if (text == "month") return Value(f.month);
  if (text == "day") return Value(f.day);
  if (text == "hour") return Value(f.hour);
  if (text == "minute") return Value(f.minute);
  if (text == "second") return Value(f.second);
  if (text == "microsecond") return Value(f.micro);
  if (text == "tzinfo") return zone_;
  if (text == "fold") return Value(0);
  return std::nullopt;
}

bool Moment::equals(const Value& other) {
  const auto* right = other.as<Moment>();
  if (right == nullptr || is_aware(*this) != is_aware(*right)) return false;
  return utc() == right->utc();
}

std::optional<int> Moment::compare(const Value& other) {
  const auto* right = other.as<Moment>();
  if (right == nullptr) {
    if (other.as<Day>() != nullptr)
      raise_type_error("can't compare datetime.datetime to datetime.date");
    return std::nullopt;
  }
  same_awareness(*this, *right, "compare");
  return utc() < right->utc() ? -1 : utc() > right->utc() ? 1 : 0;
}

std::optional<Value> Moment::binary(BinaryOp op, const Value& other, bool reflected) {
  if (const auto* delta = other.as<Delta>()) {
    if (op == BinaryOp::kAdd) return moment(local_ + delta->micros(), zone_);
    if (op == BinaryOp::kSub && !reflected) return moment(local_ - delta->micros(), zone_);
    return std::nullopt;
  }
  const auto* right = other.as<Moment>();
  if (right == nullptr || op != BinaryOp::kSub || reflected) return std::nullopt;
  same_awareness(*this, *right, "subtract");
  return make_object<Delta>(utc() - right->utc());
}

std::optional<std::string> Moment::format(std::string_view spec) {
  if (spec.empty()) return str();
  return format_time(spec, local_, zone());
}

namespace {

Moment& moment_of(const Value& self) { return *self.as<Moment>(); }

Value dt_strftime(CallContext&, const Value& self, const Args& args) {
  static const Signature signature("strftime", {{"format", {}}});
  const auto bound = signature.bind(args);
  return Value(format_time(bound[0].as_str(), moment_of(self).local(), moment_of(self).zone()));
}

Value dt_isoformat(CallContext&, const Value& self, const Args& args) {
  static const Signature signature("isoformat", {{"sep", Value("T")}, {"timespec", Value("auto")}});
  const auto bound = signature.bind(args);
  const std::string separator = bound[0].as_str();
  return Value(moment_of(self).iso(separator.empty() ? 'T' : separator[0], bound[1].as_str()));
}

Value dt_date(CallContext&, const Value& self, const Args&) {
  return make_object<Day>(floor_div(moment_of(self).local(), kMicrosPerDay));
}

Value dt_time(CallContext&, const Value& self, const Args&) {
  const std::int64_t local = moment_of(self).local();
  return make_object<Clock>(local - floor_div(local, kMicrosPerDay) * kMicrosPerDay, Value());
}

Value dt_timetz(CallContext&, const Value& self, const Args&) {
  const std::int64_t local = moment_of(self).local();
  return make_object<Clock>(local - floor_div(local, kMicrosPerDay) * kMicrosPerDay,
                            moment_of(self).zone_value());
}

Value dt_timestamp(CallContext&, const Value& self, const Args&) {
  return Value(static_cast<double>(moment_of(self).instant()) / 1e6);
}

Value dt_replace(CallContext&, const Value& self, const Args& args) {
  const Moment& m = moment_of(self);
  const Fields f = fields_of(m.local());
  const Signature signature("replace", {{"year", Value(f.year)},
                                        {"month", Value(f.month)},
                                        {"day", Value(f.day)},
                                        {"hour", Value(f.hour)},
                                        {"minute", Value(f.minute)},
                                        {"second", Value(f.second)},
                                        {"microsecond", Value(f.micro)},
                                        {"tzinfo", m.zone_value()},
                                        {"fold", Value(0)}});
  const auto bound = signature.bind(args);
  Fields out;
  int* const targets[] = {&out.year,   &out.month,  &out.day,  &out.hour,
                          &out.minute, &out.second, &out.micro};
  for (std::size_t i = 0; i < 7; ++i) *targets[i] = static_cast<int>(integer_of(bound[i]));
  return make_object<Moment>(micros_of(out), bound[7]);
}

Value dt_astimezone(CallContext&, const Value& self, const Args& args) {
  static const Signature signature("astimezone", {{"tz", Value()}});
  const auto bound = signature.bind(args);
  const std::int64_t instant = moment_of(self).instant();
  auto* zone = bound[0].as<Zone>();
  if (zone == nullptr) {
    if (!bound[0].is_none()) {
      raise_type_error(
          fmt::format("tz argument must be an instance of tzinfo, not {}", bound[0].type_name()));
    }
    const std::int64_t local = local_of_instant(instant);
    return make_object<Moment>(local, fixed_zone((local - instant) / kMicrosPerSecond));
  }
  auto [local, tz] = zone->from_utc(instant);
  return make_object<Moment>(local, std::move(tz));
}

Value dt_utcoffset(CallContext&, const Value& self, const Args&) {
  const Moment& m = moment_of(self);
  if (m.zone() == nullptr) return Value();
  return make_object<Delta>(m.zone()->offset(m.local()) * kMicrosPerSecond);
}

Value dt_dst(CallContext&, const Value& self, const Args&) {
  const Moment& m = moment_of(self);
  if (m.zone() == nullptr || !m.zone()->knows_dst()) return Value();
  return make_object<Delta>(m.zone()->dst(m.local()) * kMicrosPerSecond);
}

Value dt_tzname(CallContext&, const Value& self, const Args&) {
  const Moment& m = moment_of(self);
  if (m.zone() == nullptr) return Value();
  return Value(m.zone()->abbreviation(m.local()));
}

Value dt_ctime(CallContext&, const Value& self, const Args&) {
  return Value(format_time("%a %b %e %H:%M:%S %Y", moment_of(self).local(), nullptr));
}

std::int64_t day_of(const Value& self) {
  if (const auto* day = self.as<Day>()) return day->days();
  return floor_div(moment_of(self).local(), kMicrosPerDay);
}

Value any_weekday(CallContext&, const Value& self, const Args&) {
  return Value(weekday_of(day_of(self)));
}
Value any_isoweekday(CallContext&, const Value& self, const Args&) {
  return Value(weekday_of(day_of(self)) + 1);
}
Value any_toordinal(CallContext&, const Value& self, const Args&) {
  return Value(day_of(self) + 719163);
}
Value any_isocalendar(CallContext&, const Value& self, const Args&) {
  const std::int64_t day = day_of(self);
  const std::int64_t thursday = day - weekday_of(day) + 3;
  const int year = fields_of(thursday * kMicrosPerDay).year;
  const std::int64_t week = (thursday - days_from_civil(year, 1, 1)) / 7 + 1;
  return Value::tuple({Value(year), Value(week), Value(weekday_of(day) + 1)});
}

}  // namespace

const MethodTable& Moment::methods() const {
  static const MethodTable table = {
      {Name("strftime"), dt_strftime},
      {Name("isoformat"), dt_isoformat},
      {Name("date"), dt_date},
      {Name("time"), dt_time},
      {Name("timetz"), dt_timetz},
      {Name("timestamp"), dt_timestamp},
      {Name("replace"), dt_replace},
      {Name("astimezone"), dt_astimezone},
      {Name("utcoffset"), dt_utcoffset},
      {Name("dst"), dt_dst},
      {Name("tzname"), dt_tzname},
      {Name("ctime"), dt_ctime},
      {Name("weekday"), any_weekday},
      {Name("isoweekday"), any_isoweekday},
      {Name("toordinal"), any_toordinal},
      {Name("isocalendar"), any_isocalendar},
  };
  return table;
}

// --- Day -------------------------------------------------------------------------------------

std::string Day::str() {
  const Fields f = fields_of(days_ * kMicrosPerDay);
  return fmt::format("{:04d}-{:02d}-{:02d}", f.year, f.month, f.day);
}

std::string Day::repr() {
  const Fields f = fields_of(days_ * kMicrosPerDay);
  return fmt::format("datetime.date({}, {}, {})", f.year, f.month, f.day);
}

std::optional<Value> Day::attribute(Name name) {
  const Fields f = fields_of(days_ * kMicrosPerDay);
  if (name == "year") return Value(f.year);
  if (name == "month") return Value(f.month);
  if (name == "day") return Value(f.day);
  return std::nullopt;
}

bool Day::equals(const Value& other) {
  const auto* right = other.as<Day>();
  return right != nullptr && right->days_ == days_;
}

std::optional<std::uint64_t> Day::hash() { return static_cast<std::uint64_t>(days_) * 2654435761U; }

std::optional<int> Day::compare(const Value& other) {
  const auto* right = other.as<Day>();
  if (right == nullptr) return std::nullopt;
  return days_ < right->days_ ? -1 : days_ > right->days_ ? 1 : 0;
}

std::optional<Value> Day::binary(BinaryOp op, const Value& other, bool reflected) {
  if (const auto* delta = other.as<Delta>()) {
    const std::int64_t days = floor_div(delta->micros(), kMicrosPerDay);
    const bool subtract = op == BinaryOp::kSub && !reflected;
    if (op != BinaryOp::kAdd && !subtract) return std::nullopt;
    const std::int64_t moved = subtract ? days_ - days : days_ + days;
    check_range(moved * kMicrosPerDay);
    return make_object<Day>(moved);
  }
  const auto* right = other.as<Day>();
  if (right == nullptr || op != BinaryOp::kSub || reflected) return std::nullopt;
  return make_object<Delta>((days_ - right->days_) * kMicrosPerDay);
}

std::optional<std::string> Day::format(std::string_view spec) {
  if (spec.empty()) return str();
  return format_time(spec, days_ * kMicrosPerDay, nullptr);
}

namespace {

Value day_strftime(CallContext&, const Value& self, const Args& args) {
  static const Signature signature("strftime", {{"format", {}}});
  const auto bound = signature.bind(args);
  return Value(format_time(bound[0].as_str(), day_of(self) * kMicrosPerDay, nullptr));
}
Value day_isoformat(CallContext&, const Value& self, const Args&) { return Value(self.to_str()); }
Value day_ctime(CallContext&, const Value& self, const Args&) {
  return Value(format_time("%a %b %e %H:%M:%S %Y", day_of(self) * kMicrosPerDay, nullptr));
}
Value day_replace(CallContext&, const Value& self, const Args& args) {
  const Fields f = fields_of(day_of(self) * kMicrosPerDay);
  const Signature signature(
      "replace", {{"year", Value(f.year)}, {"month", Value(f.month)}, {"day", Value(f.day)}});
  const auto bound = signature.bind(args);
  Fields out;
  out.year = static_cast<int>(integer_of(bound[0]));
  out.month = static_cast<int>(integer_of(bound[1]));
  out.day = static_cast<int>(integer_of(bound[2]));
  return make_object<Day>(floor_div(micros_of(out), kMicrosPerDay));
}

}  // namespace

const MethodTable& Day::methods() const {
  static const MethodTable table = {
      {Name("strftime"), day_strftime},   {Name("isoformat"), day_isoformat},
      {Name("ctime"), day_ctime},         {Name("replace"), day_replace},
      {Name("weekday"), any_weekday},     {Name("isoweekday"), any_isoweekday},
      {Name("toordinal"), any_toordinal}, {Name("isocalendar"), any_isocalendar},
  };
  return table;
}

// --- Clock -----------------------------------------------------------------------------------

std::string Clock::str() {
  std::string out = clock_text(micros_, "auto");
  if (auto* zone = zone_.as<Zone>(); zone != nullptr && zone->is_fixed()) {
    out += offset_text(zone->offset(0), true);
  }
  return out;
}

std::string Clock::repr() {
  const Fields f = fields_of(micros_);
  std::string out = fmt::format("datetime.time({}, {}", f.hour, f.minute);
  if (f.second != 0 || f.micro != 0) out += fmt::format(", {}", f.second);
  if (f.micro != 0) out += fmt::format(", {}", f.micro);
  if (!zone_.is_none()) out += ", tzinfo=" + zone_.repr();
  return out + ")";
}

std::optional<Value> Clock::attribute(Name name) {
  const Fields f = fields_of(micros_);
  if (name == "hour") return Value(f.hour);
  if (name == "minute") return Value(f.minute);
  if (name == "second") return Value(f.second);
  if (name == "microsecond") return Value(f.micro);
  if (name == "tzinfo") return zone_;
  return std::nullopt;
}

bool Clock::equals(const Value& other) {
  const auto* right = other.as<Clock>();
  return right != nullptr && right->micros_ == micros_;
}

std::optional<int> Clock::compare(const Value& other) {
  const auto* right = other.as<Clock>();
  if (right == nullptr) return std::nullopt;
  return micros_ < right->micros_ ? -1 : micros_ > right->micros_ ? 1 : 0;
}

std::optional<std::string> Clock::format(std::string_view spec) {
  if (spec.empty()) return str();
  return format_time(spec, days_from_civil(1900, 1, 1) * kMicrosPerDay + micros_, nullptr);
}

namespace {

Value clock_strftime(CallContext&, const Value& self, const Args& args) {
  static const Signature signature("strftime", {{"format", {}}});
  const auto bound = signature.bind(args);
  return Value(*self.as<Clock>()->format(bound[0].as_str()));
}
Value clock_isoformat(CallContext&, const Value& self, const Args& args) {
  static const Signature signature("isoformat", {{"timespec", Value("auto")}});
  const auto bound = signature.bind(args);
  return Value(clock_text(self.as<Clock>()->micros(), bound[0].as_str()));
}
Value clock_replace(CallContext&, const Value& self, const Args& args) {
  const Clock& clock = *self.as<Clock>();
  const Fields f = fields_of(clock.micros());
  const Signature signature("replace", {{"hour", Value(f.hour)},
                                        {"minute", Value(f.minute)},
                                        {"second", Value(f.second)},
                                        {"microsecond", Value(f.micro)},
                                        {"tzinfo", clock.zone()}});
  const auto bound = signature.bind(args);
  Fields out;
  out.hour = static_cast<int>(integer_of(bound[0]));
  out.minute = static_cast<int>(integer_of(bound[1]));
  out.second = static_cast<int>(integer_of(bound[2]));
  out.micro = static_cast<int>(integer_of(bound[3]));
  return make_object<Clock>(micros_of(out), bound[4]);
}

}  // namespace

const MethodTable& Clock::methods() const {
  static const MethodTable table = {{Name("strftime"), clock_strftime},
                                    {Name("isoformat"), clock_isoformat},
                                    {Name("replace"), clock_replace}};
  return table;
}

}  // namespace floe::jinja
