// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <ctime>

namespace floe {

namespace {

/// The number that the digits of `text` from `at` on are; the caller has checked that they are.
int digits_at(std::string_view text, std::size_t at, std::size_t count) {
  int out = 0;
  for (const char c : text.substr(at, count)) out = out * 10 + (c - '0');
  return out;
}

bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string utc_timestamp(std::chrono::system_clock::time_point time) {
  const auto micros =
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  std::int64_t seconds = micros / 1'000'000;
  std::int64_t fraction = micros % 1'000'000;
  if (fraction < 0) {
    fraction += 1'000'000;
    --seconds;
  }
  const auto clock = static_cast<std::time_t>(seconds);
  std::tm parts{};
  ::gmtime_r(&clock, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     fraction);
}

std::string utc_timestamp_now() { return utc_timestamp(std::chrono::system_clock::now()); }

std::string duration_text(double seconds) {
  if (!(seconds > 0)) seconds = 0;
  if (seconds < 9.995) return fmt::format("{:.2f}s", seconds);
  if (seconds < 59.95) return fmt::format("{:.1f}s", seconds);
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{}m{:02}s", whole / 60, whole % 60);
  return fmt::format("{}h{:02}m", whole / 3600, whole % 3600 / 60);
}

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:dd";
  if (text.size() <= kForm.size() || text.size() > kForm.size() + 11 || text.back() != 'Z') {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] == 'd' ? !is_ascii_digit(text[i]) : text[i] != kForm[i]) return std::nullopt;
  }
  std::string_view fraction = text.substr(kForm.size());
  fraction.remove_suffix(1);
  if (!fraction.empty() && (fraction[0] != '.' || fraction.size() < 2 ||
                            !std::all_of(fraction.begin() + 1, fraction.end(), is_ascii_digit))) {
    return std::nullopt;
  }
  const std::chrono::year_month_day day(
      std::chrono::year(digits_at(text, 0, 4)),
      std::chrono::month(static_cast<unsigned>(digits_at(text, 5, 2))),
      std::chrono::day(static_cast<unsigned>(digits_at(text, 8, 2))));
  const int hour = digits_at(text, 11, 2);
  const int minute = digits_at(text, 14, 2);
  const int second = digits_at(text, 17, 2);
  if (!day.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(day).time_since_epoch().count();
  return days * 86'400 + hour * 3'600 + minute * 60 + second;
}

std::string rfc3339_text(std::int64_t time) {
  const std::chrono::sys_seconds at{
      std::chrono::seconds(std::clamp<std::int64_t>(time, 0, kLastTime))};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::int64_t of_day = (at - day).count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     of_day / 3'600, of_day / 60 % 60, of_day % 60);
}

}  // namespace floe
