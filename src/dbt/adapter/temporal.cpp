// SPDX-License-Identifier: Apache-2.0
#include "dbt/adapter/temporal.h"

#include "base/text.h"
#include "dbt/adapter/cell_text.h"
#include "dbt/jinja/modules/modules.h"

#include <string>

namespace floe::dbt {

namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;

/// Reads digits from the front of a text.
class DigitReader {
 public:
  explicit DigitReader(std::string_view text) : text_(text) {}
  bool done() const { return text_.empty(); }
  bool eat(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool eat_space() {
    const std::size_t before = text_.size();
    text_ = trim_left(text_);
    return text_.size() != before;
  }
  /// Between `least` and `most` digits, as many as there are.
  std::optional<std::int64_t> number(std::size_t least, std::size_t most) {
    std::size_t count = 0;
    std::int64_t value = 0;
    while (count < most && count < text_.size() && text_[count] >= '0' && text_[count] <= '9') {
      value = value * 10 + (text_[count++] - '0');
    }
    if (count < least) return std::nullopt;
    text_.remove_prefix(count);
    return value;
  }
  /// Up to two digits not above `limit`: a second digit that would exceed it is left, as a regular
  /// expression would.
  std::optional<std::int64_t> bounded(std::int64_t limit) {
    const std::string_view saved = text_;
    const auto two = number(2, 2);
    if (two && *two <= limit) return two;
    text_ = saved;
    return number(1, 1);
  }
  std::string_view rest() const { return text_; }

 private:
  std::string_view text_;
};

int days_in_month(std::int64_t year, std::int64_t month) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

std::optional<std::int64_t> valid_days(std::int64_t year, std::int64_t month, std::int64_t day) {
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) {
    return std::nullopt;
  }
  return days_from_civil({year, static_cast<int>(month), static_cast<int>(day)});
}

std::optional<std::int64_t> read_plain_date(DigitReader& reader) {
  const auto year = reader.number(4, 4);
  if (!year || !reader.eat('-')) return std::nullopt;
  const auto month = reader.bounded(12);
  if (!month || !reader.eat('-')) return std::nullopt;
  const auto day = reader.bounded(31);
  if (!day) return std::nullopt;
  return valid_days(*year, *month, *day);
}

std::optional<std::int64_t> parse_iso_date(std::string_view text) {
  DigitReader reader(text);
  const auto year = reader.number(4, 4);
  if (!year) return std::nullopt;
  if (reader.done()) return valid_days(*year, 1, 1);
  const bool extended = reader.eat('-');
  const std::size_t digits = reader.rest().size();
  if ((extended && digits == 3) || (!extended && digits == 3)) {
    const auto ordinal = reader.number(3, 3);
    const auto first = valid_days(*year, 1, 1);
    if (!ordinal || !first || *ordinal < 1) return std::nullopt;
    return *first + *ordinal - 1;
  }
  const auto month = reader.number(2, 2);
  if (!month) return std::nullopt;
  if (reader.done()) return extended ? valid_days(*year, *month, 1) : std::nullopt;
  if (extended && !reader.eat('-')) return std::nullopt;
  const auto day = reader.number(2, 2);
  if (!day || !reader.done()) return std::nullopt;
  return valid_days(*year, *month, *day);
}

/// ".123" or ",123" as microseconds (the rest is cut).
std::optional<std::int64_t> read_fraction(DigitReader& reader) {
  if (!reader.eat('.') && !reader.eat(',')) return 0;
  std::int64_t micros = 0;
  std::int64_t unit = kMicrosPerSecond;
  bool any = false;
  while (const auto digit = reader.number(1, 1)) {
    any = true;
    unit /= 10;
    micros += *digit * unit;
  }
  if (!any) return std::nullopt;
  return micros;
}

bool read_zone(DigitReader& reader, std::optional<int>& offset) {
  if (reader.done()) return true;
  if (reader.eat('Z')) {
    offset = 0;
    return reader.done();
  }
  const bool minus = reader.eat('-');
  if (!minus && !reader.eat('+')) return false;
  const auto hours = reader.number(2, 2);
  if (!hours) return false;
  std::int64_t minutes = 0;
  if (!reader.done()) {
    reader.eat(':');
    const auto read = reader.number(2, 2);
    if (!read) return false;
    minutes = *read;
  }
  const int total = static_cast<int>(*hours * 60 + minutes);
  offset = minus ? -total : total;
  return reader.done();
}

}  // namespace

jinja::Value date_value(std::int64_t days) {
  const CivilDate date = civil_from_days(days);
  // Python's dates end with the year 9999; DuckDB's do not.
  if (date.year < 1 || date.year > 9999) return jinja::Value(date_text(days));
  return jinja::make_date(static_cast<int>(date.year), date.month, date.day);
}

jinja::Value datetime_value(std::int64_t micros, bool utc) {
  return jinja::datetime_from_micros(micros, utc);
}

jinja::Value time_value(std::int64_t micros) {
  const std::int64_t seconds = micros / kMicrosPerSecond;
  if (seconds >= kSecondsPerDay) return jinja::Value(time_text(micros));
  return jinja::make_time(static_cast<int>(seconds / 3600), static_cast<int>(seconds / 60 % 60),
                          static_cast<int>(seconds % 60),
                          static_cast<int>(micros % kMicrosPerSecond));
}

jinja::Value timedelta_value(std::int64_t micros) { return jinja::make_timedelta(micros); }

std::optional<std::int64_t> parse_plain_date(std::string_view text) {
  DigitReader reader(text);
  const auto days = read_plain_date(reader);
  return reader.done() ? days : std::nullopt;
}

std::optional<std::int64_t> parse_plain_datetime(std::string_view text) {
  DigitReader reader(text);
  const auto days = read_plain_date(reader);
  if (!days || !reader.eat_space()) return std::nullopt;
  const auto hour = reader.bounded(23);
  if (!hour || !reader.eat(':')) return std::nullopt;
  const auto minute = reader.bounded(59);
  if (!minute || !reader.eat(':')) return std::nullopt;
  const auto second = reader.bounded(59);
  if (!second || !reader.done()) return std::nullopt;
  return ((*days * kSecondsPerDay) + *hour * 3600 + *minute * 60 + *second) * kMicrosPerSecond;
}

std::optional<IsoDateTime> parse_iso_datetime(std::string_view text) {
  const std::size_t mark = text.find('T');
  if (mark == std::string_view::npos) return std::nullopt;
  const auto days = parse_iso_date(text.substr(0, mark));
  if (!days) return std::nullopt;
  DigitReader reader(text.substr(mark + 1));
  const auto hour = reader.number(2, 2);
  if (!hour || *hour > 24) return std::nullopt;
  std::int64_t minute = 0;
  std::int64_t second = 0;
  std::int64_t fraction = 0;
  const bool extended = reader.eat(':');
  if (const auto read = reader.number(2, 2)) {
    minute = *read;
    if (!extended || reader.eat(':')) {
      if (const auto seconds = reader.number(2, 2)) {
        second = *seconds;
      } else if (extended) {
        return std::nullopt;
      }
    }
  } else if (extended) {
    return std::nullopt;
  }
  const auto micros = read_fraction(reader);
  if (!micros || minute > 59 || second > 59) return std::nullopt;
  fraction = *micros;
  IsoDateTime out;
  if (!read_zone(reader, out.offset_minutes)) return std::nullopt;
  out.micros =
      (*days * kSecondsPerDay + *hour * 3600 + minute * 60 + second) * kMicrosPerSecond + fraction;
  return out;
}

}  // namespace floe::dbt
