// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/modules/calendar.h"
#include "dbt/jinja/modules/modules.h"
#include "dbt/jinja/number.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>

namespace floe::jinja {

namespace {

std::int64_t now_micros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

int field(const Value& value) {
  const std::int64_t number = to_index(value);
  return static_cast<int>(std::clamp<std::int64_t>(number, -1'000'000'000, 1'000'000'000));
}

// An instant in a zone, or in local time without one.
Value instant_in(std::int64_t utc, const Value& zone) {
  if (zone.is_none()) return make_object<Moment>(local_of_instant(utc), Value());
  auto* tz = zone.as<Zone>();
  if (tz == nullptr) {
    raise_type_error(fmt::format(
        "tzinfo argument must be None or of a tzinfo subclass, not type '{}'", zone.type_name()));
  }
  auto [local, state] = tz->from_utc(utc);
  return make_object<Moment>(local, std::move(state));
}

Value moment_new(CallContext&, std::vector<Value>& args) {
  Fields f;
  int* const targets[] = {&f.year, &f.month, &f.day, &f.hour, &f.minute, &f.second, &f.micro};
  for (std::size_t i = 0; i < 7; ++i) *targets[i] = field(args[i]);
  if (!args[7].is_none() && args[7].as<Zone>() == nullptr) {
    raise_type_error(
        fmt::format("tzinfo argument must be None or of a tzinfo subclass, not type '{}'",
                    args[7].type_name()));
  }
  return make_object<Moment>(micros_of(f), args[7]);
}

Value moment_now(CallContext&, std::vector<Value>& args) {
  return instant_in(now_micros(), args[0]);
}

Value moment_utcnow(CallContext&, const Args&) {
  return make_object<Moment>(now_micros(), Value());
}

Value moment_from_iso(CallContext&, std::vector<Value>& args) {
  if (!args[0].is_str()) raise_type_error("fromisoformat: argument must be str");
  if (auto value = datetime_from_iso(args[0].as_str())) return *value;
  raise_value_error("Invalid isoformat string: " + args[0].repr());
}

std::int64_t stamp_micros(const Value& stamp) {
  const double seconds = to_float(stamp);
  if (!std::isfinite(seconds) || std::fabs(seconds) > 253402300799.0) {
    raise_value_error("year is out of range");
  }
  return static_cast<std::int64_t>(std::nearbyint(seconds * 1e6));
}

Value moment_from_stamp(CallContext&, std::vector<Value>& args) {
  return instant_in(stamp_micros(args[0]), args[1]);
}

Value moment_combine(CallContext&, std::vector<Value>& args) {
  std::int64_t day = 0;
  if (const auto* date = args[0].as<Day>()) day = date->days();
  else if (const auto* moment = args[0].as<Moment>())
    day = floor_div(moment->local(), kMicrosPerDay);
  else {
    raise_type_error(
        fmt::format("combine() argument 1 must be datetime.date, not {}", args[0].type_name()));
  }
  const auto* clock = args[1].as<Clock>();
  if (clock == nullptr) {
    raise_type_error(
        fmt::format("combine() argument 2 must be datetime.time, not {}", args[1].type_name()));
  }
  return make_object<Moment>(day * kMicrosPerDay + clock->micros(),
                             args[2].is_none() ? clock->zone() : args[2]);
}

std::vector<Param> moment_params() {
  return {{"year", {}},
          {"month", {}},
          {"day", {}},
          {"hour", Value(0)},
          {"minute", Value(0)},
          {"second", Value(0)},
          {"microsecond", Value(0)},
          {"tzinfo", Value()},
          {"fold", Value(0), true}};
}

NativeFunction bound(const char* name, std::vector<Param> params,
                     Value (*function)(CallContext&, std::vector<Value>&)) {
  auto signature = std::make_shared<Signature>(name, std::move(params));
  return [signature, function](CallContext& context, const Args& args) {
    std::vector<Value> values = signature->bind(args);
    return function(context, values);
  };
}

Value moment_type() {
  auto* type = new TypeObject("datetime.datetime", bound("datetime", moment_params(), moment_new));
  type->method("now", bound("now", {{"tz", Value()}}, moment_now))
      .method("today", bound("today", {},
                             [](CallContext&, std::vector<Value>&) {
                               return instant_in(now_micros(), Value());
                             }))
      .method("utcnow", moment_utcnow)
      .method("fromisoformat", bound("fromisoformat", {{"date_string", {}}}, moment_from_iso))
      .method("fromtimestamp",
              bound("fromtimestamp", {{"timestamp", {}}, {"tz", Value()}}, moment_from_stamp))
      .method("utcfromtimestamp", bound("utcfromtimestamp", {{"timestamp", {}}},
                                        [](CallContext&, std::vector<Value>& args) {
                                          return make_object<Moment>(stamp_micros(args[0]),
                                                                     Value());
                                        }))
      .method("combine",
              bound("combine", {{"date", {}}, {"time", {}}, {"tzinfo", Value()}}, moment_combine))
      .method("strptime", bound("strptime", {{"date_string", {}}, {"format", {}}},
                                [](CallContext&, std::vector<Value>& args) {
                                  return parse_time(args[0].as_str(), args[1].as_str());
                                }))
      .with("min", make_datetime(1, 1, 1))
      .with("max", make_datetime(9999, 12, 31, 23, 59, 59, 999999));
  return Value::object(type);
}

Value day_type() {
  auto* type = new TypeObject(
      "datetime.date", bound("date", {{"year", {}}, {"month", {}}, {"day", {}}},
                             [](CallContext&, std::vector<Value>& args) {
                               return make_date(field(args[0]), field(args[1]), field(args[2]));
                             }));
  type->method("today", bound("today", {},
                              [](CallContext&, std::vector<Value>&) {
                                return make_object<Day>(
                                    floor_div(local_of_instant(now_micros()), kMicrosPerDay));
                              }))
      .method("fromisoformat",
              bound("fromisoformat", {{"date_string", {}}},
                    [](CallContext&, std::vector<Value>& args) {
                      if (!args[0].is_str()) {
                        raise_type_error("fromisoformat: argument must be str");
                      }
                      if (auto day = date_from_iso(args[0].as_str())) return *day;
                      raise_value_error("Invalid isoformat string: " + args[0].repr());
                    }))
      .method("fromordinal", bound("fromordinal", {{"ordinal", {}}},
                                   [](CallContext&, std::vector<Value>& args) {
                                     const Fields f =
                                         fields_of((to_index(args[0]) - 719163) * kMicrosPerDay);
                                     return make_date(f.year, f.month, f.day);
                                   }))
      .method("fromtimestamp", bound("fromtimestamp", {{"timestamp", {}}},
                                     [](CallContext&, std::vector<Value>& args) {
                                       return make_object<Day>(floor_div(
                                           local_of_instant(stamp_micros(args[0])), kMicrosPerDay));
                                     }))
      .with("min", make_date(1, 1, 1))
      .with("max", make_date(9999, 12, 31));
  return Value::object(type);
}

Value clock_new(CallContext&, std::vector<Value>& args) {
  Fields f;
  f.hour = field(args[0]);
  f.minute = field(args[1]);
  f.second = field(args[2]);
  f.micro = field(args[3]);
  return make_object<Clock>(micros_of(f), args[4]);
}

Value clock_type() {
  auto* type = new TypeObject("datetime.time", bound("time",
                                                     {{"hour", Value(0)},
                                                      {"minute", Value(0)},
                                                      {"second", Value(0)},
                                                      {"microsecond", Value(0)},
                                                      {"tzinfo", Value()},
                                                      {"fold", Value(0), true}},
                                                     clock_new));
  type->with("min", make_time(0, 0, 0)).with("max", make_time(23, 59, 59, 999999));
  return Value::object(type);
}

Value delta_new(CallContext&, std::vector<Value>& args) {
  static constexpr double kUnits[] = {86400e6, 1e6, 1, 1e3, 60e6, 3600e6, 7 * 86400e6};
  static constexpr const char* kNames[] = {"days",    "seconds", "microseconds", "milliseconds",
                                           "minutes", "hours",   "weeks"};
  // Whole numbers are added exactly, the fractions of floats together at the end.
  std::int64_t whole = 0;
  double fraction = 0;
  for (std::size_t i = 0; i < 7; ++i) {
    if (!args[i].is_number()) {
      raise_type_error(fmt::format("unsupported type for timedelta {} component: {}", kNames[i],
                                   args[i].type_name()));
    }
    const double size = number_to_double(args[i]) * kUnits[i];
    if (!std::isfinite(size) || std::fabs(size) > 8.64e19) {
      raise(ErrorType::kOverflow,
            "days out of range for a timedelta; must have magnitude <= 999999999");
    }
    if (args[i].is_float()) {
      fraction += size;
      continue;
    }
    std::int64_t part = 0;
    if (__builtin_mul_overflow(args[i].as_int(), static_cast<std::int64_t>(kUnits[i]), &part) ||
        __builtin_add_overflow(whole, part, &whole)) {
      raise(ErrorType::kOverflow,
            "days out of range for a timedelta; must have magnitude <= 999999999");
    }
  }
  return make_timedelta(whole + static_cast<std::int64_t>(std::nearbyint(fraction)));
}

Value delta_type() {
  auto* type = new TypeObject("datetime.timedelta", bound("timedelta",
                                                          {{"days", Value(0)},
                                                           {"seconds", Value(0)},
                                                           {"microseconds", Value(0)},
                                                           {"milliseconds", Value(0)},
                                                           {"minutes", Value(0)},
                                                           {"hours", Value(0)},
                                                           {"weeks", Value(0)}},
                                                          delta_new));
  type->with("resolution", make_timedelta(1));
  return Value::object(type);
}

// --- ISO texts -------------------------------------------------------------------------------

class IsoReader {
 public:
  explicit IsoReader(std::string_view text) : text_(text) {}

  std::optional<std::int64_t> date() {
    Fields f;
    if (!digits(4, f.year)) return std::nullopt;
    const bool dashes = take('-');
    if (take('W')) return week_date(f.year, dashes);
    if (!digits(2, f.month) || (dashes && !take('-')) || !digits(2, f.day)) return std::nullopt;
    return valid(f);
  }

  std::optional<Value> moment() {
    const auto day = date();
    if (!day) return std::nullopt;
    if (done()) return make_object<Moment>(*day, Value());
    // Any one character separates date and time.
    ++at_;
    while (at_ < text_.size() && (static_cast<unsigned char>(text_[at_]) & 0xC0) == 0x80) ++at_;
    Fields f;
    Value zone;
    if (!time(f) || !offset(zone) || !done()) return std::nullopt;
    const auto clock = valid(f);
    if (!clock) return std::nullopt;
    return make_object<Moment>(*day + *clock, zone);
  }

  bool done() const { return at_ == text_.size(); }

 private:
  static std::optional<std::int64_t> valid(const Fields& f) {
    try {
      return micros_of(f);
    } catch (const TemplateError&) {
      return std::nullopt;
    }
  }

  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool digits(std::size_t count, int& out) {
    out = 0;
    for (std::size_t i = 0; i < count; ++i, ++at_) {
      if (at_ >= text_.size() || text_[at_] < '0' || text_[at_] > '9') return false;
      out = out * 10 + (text_[at_] - '0');
    }
    return true;
  }

  std::optional<std::int64_t> week_date(int year, bool dashes) {
    int week = 0;
    int day = 1;
    if (!digits(2, week) || week < 1 || week > 53) return std::nullopt;
    const bool with_day =
        dashes ? take('-') : at_ < text_.size() && text_[at_] >= '1' && text_[at_] <= '7';
    if (with_day && (!digits(1, day) || day < 1 || day > 7)) return std::nullopt;
    const std::int64_t fourth = days_from_civil(year, 1, 4);
    return (fourth - weekday_of(fourth) + (week - 1) * 7 + day - 1) * kMicrosPerDay;
  }

  bool time(Fields& f) {
    if (!digits(2, f.hour)) return false;
    const bool colons = take(':');
    if (!colons && (done() || text_[at_] < '0' || text_[at_] > '9')) return true;
    if (!digits(2, f.minute)) return false;
    if (colons ? !take(':') : done() || text_[at_] < '0' || text_[at_] > '9') return true;
    if (!digits(2, f.second)) return false;
    if (!take('.') && !take(',')) return true;
    int unit = 100000;
    bool any = false;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
      f.micro += (text_[at_++] - '0') * unit;
      unit /= 10;
      any = true;
    }
    return any;
  }

  bool offset(Value& zone) {
    if (done()) return true;
    if (take('Z')) {
      zone = fixed_zone(0);
      return true;
    }
    const bool minus = take('-');
    if (!minus && !take('+')) return false;
    Fields f;
    if (!time(f) || f.hour > 23 || f.minute > 59 || f.second > 59) return false;
    const std::int64_t size = (f.hour * 60LL + f.minute) * 60 + f.second;
    zone = fixed_zone(minus ? -size : size);
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<Value> datetime_from_iso(std::string_view text) { return IsoReader(text).moment(); }

std::optional<Value> date_from_iso(std::string_view text) {
  IsoReader reader(text);
  const auto micros = reader.date();
  if (!micros || !reader.done()) return std::nullopt;
  return make_object<Day>(floor_div(*micros, kMicrosPerDay));
}

Value make_date(int year, int month, int day) {
  Fields f;
  f.year = year;
  f.month = month;
  f.day = day;
  return make_object<Day>(floor_div(micros_of(f), kMicrosPerDay));
}

Value make_datetime(int year, int month, int day, int hour, int minute, int second, int microsecond,
                    bool utc) {
  const Fields f{year, month, day, hour, minute, second, microsecond};
  return make_object<Moment>(micros_of(f), utc ? utc_zone() : Value());
}

Value datetime_from_micros(std::int64_t micros, bool utc) {
  return make_object<Moment>(micros, utc ? utc_zone() : Value());
}

Value make_time(int hour, int minute, int second, int microsecond) {
  return make_object<Clock>(micros_of({1970, 1, 1, hour, minute, second, microsecond}), Value());
}

Value make_timedelta(std::int64_t micros) { return make_object<Delta>(micros); }

bool is_datetime(const Value& value) { return value.as<Moment>() != nullptr; }
bool is_date(const Value& value) { return value.as<Day>() != nullptr || is_datetime(value); }

Value datetime_module() {
  return Value::dict(
      {{"date", day_type()},
       {"datetime", moment_type()},
       {"time", clock_type()},
       {"timedelta", delta_type()},
       {"tzinfo", Value::object(new TypeObject("datetime.tzinfo", [](CallContext&, const Args&) {
          return fixed_zone(0);
        }))}});
}

}  // namespace floe::jinja
