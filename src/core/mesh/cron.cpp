// SPDX-License-Identifier: Apache-2.0
#include "core/mesh/cron.h"

#include "base/text.h"
#include "value/forms.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <charconv>
#include <chrono>
#include <string>
#include <vector>

namespace floe::mesh {

namespace {

using Field = std::bitset<64>;

struct CronFields {
  Field minutes, hours, days, months, weekdays;
  bool any_day = false;
  bool any_weekday = false;
};

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdays = {"sun", "mon", "tue", "wed",
                                                       "thu", "fri", "sat"};

std::optional<int> cron_value(std::string_view text) {
  const std::string word = to_lower(text);
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (word == kMonths[i]) return static_cast<int>(i) + 1;
  }
  for (std::size_t i = 0; i < kWeekdays.size(); ++i) {
    if (word == kWeekdays[i]) return static_cast<int>(i);
  }
  int number = 0;
  const auto read = std::from_chars(word.data(), word.data() + word.size(), number);
  if (read.ec != std::errc{} || read.ptr != word.data() + word.size()) return std::nullopt;
  return number;
}

/// One field: parts "*", "5", "1-5", each perhaps with "/STEP".
std::optional<Field> cron_field(std::string_view text, int least, int most) {
  Field out;
  for (std::string_view part : split(text, ',')) {
    const std::size_t slash = part.find('/');
    const auto step = slash == std::string_view::npos ? 1 : cron_value(part.substr(slash + 1));
    part = part.substr(0, slash);
    int from = least;
    int to = most;
    if (part != "*" && part != "?") {
      const std::size_t dash = part.find('-');
      const auto first = cron_value(part.substr(0, dash));
      const auto last = dash == std::string_view::npos ? first : cron_value(part.substr(dash + 1));
      if (!first || !last) return std::nullopt;
      from = *first;
      to = dash == std::string_view::npos && slash != std::string_view::npos ? most : *last;
    }
    if (!step || *step < 1 || from < least || to > most) return std::nullopt;
    for (int i = from; i <= to; i += *step) out.set(static_cast<std::size_t>(i));
  }
  return out;
}

std::string_view spelled_out(std::string_view cron) {
  if (cron == "@hourly") return "0 * * * *";
  if (cron == "@daily" || cron == "@midnight") return "0 0 * * *";
  if (cron == "@weekly") return "0 0 * * 0";
  if (cron == "@monthly") return "0 0 1 * *";
  if (cron == "@yearly" || cron == "@annually") return "0 0 1 1 *";
  return cron;
}

std::optional<CronFields> cron_fields(std::string_view cron) {
  const std::vector<std::string_view> words = split_words(spelled_out(trim(cron)));
  if (words.size() != 5) return std::nullopt;
  const auto minutes = cron_field(words[0], 0, 59);
  const auto hours = cron_field(words[1], 0, 23);
  const auto days = cron_field(words[2], 1, 31);
  const auto months = cron_field(words[3], 1, 12);
  auto weekdays = cron_field(words[4], 0, 7);
  if (!minutes || !hours || !days || !months || !weekdays) return std::nullopt;
  if (weekdays->test(7)) weekdays->set(0);
  return CronFields{*minutes,
                    *hours,
                    *days,
                    *months,
                    *weekdays,
                    words[2].starts_with('*'),
                    words[4].starts_with('*')};
}

/// As cron(8) has it: with both a day and a weekday, either is enough.
bool runs_on(const CronFields& fields, const std::chrono::year_month_day& date, unsigned weekday) {
  if (!fields.months.test(static_cast<unsigned>(date.month()))) return false;
  const bool day = fields.days.test(static_cast<unsigned>(date.day()));
  const bool week = fields.weekdays.test(weekday);
  if (fields.any_day || fields.any_weekday) return day && week;
  return day || week;
}

}  // namespace

std::optional<std::int64_t> longest_gap(std::string_view cron) {
  const auto fields = cron_fields(cron);
  if (!fields) return std::nullopt;
  std::vector<std::int64_t> times;  // minutes of a day
  for (std::size_t hour = 0; hour < 24; ++hour) {
    for (std::size_t minute = 0; minute < 60; ++minute) {
      if (fields->hours.test(hour) && fields->minutes.test(minute)) {
        times.push_back(static_cast<std::int64_t>(hour * 60 + minute));
      }
    }
  }
  if (times.empty()) return std::nullopt;
  std::int64_t longest = 0;
  for (std::size_t i = 1; i < times.size(); ++i)
    longest = std::max(longest, times[i] - times[i - 1]);
  const std::chrono::sys_days first{std::chrono::year{2024} / 1 / 1};
  std::optional<std::int64_t> last;  // minutes since `first` of the run before
  bool twice = times.size() > 1;
  for (int day = 0; day < 8 * 366; ++day) {
    const std::chrono::sys_days date = first + std::chrono::days(day);
    const unsigned weekday = std::chrono::weekday(date).c_encoding();
    if (!runs_on(*fields, std::chrono::year_month_day(date), weekday)) continue;
    if (last) {
      longest = std::max(longest, day * 1440 + times.front() - *last);
      twice = true;
    }
    last = day * 1440 + times.back();
  }
  if (!last || !twice) return std::nullopt;
  return longest * 60;
}

}  // namespace floe::mesh
