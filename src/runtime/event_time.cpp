// SPDX-License-Identifier: Apache-2.0
#include "runtime/event_time.h"

#include "base/text.h"
#include "dbt/adapter/cell_text.h"
#include "dbt/adapter/temporal.h"
#include "value/yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

namespace floe::runtime {

namespace {

constexpr std::int64_t kMicrosecond = 1'000'000;
constexpr std::int64_t kHour = 3600 * kMicrosecond;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kMaxLookback = 1'000'000;

std::int64_t floor_to(std::int64_t value, std::int64_t unit) {
  const std::int64_t rest = value % unit;
  return value - (rest < 0 ? rest + unit : rest);
}

int days_in_month(std::int64_t year, int month) {
  dbt::CivilDate next{year, month + 1, 1};
  if (month == 12) next = {year + 1, 1, 1};
  return static_cast<int>(dbt::days_from_civil(next) -
                          dbt::days_from_civil(dbt::CivilDate{year, month, 1}));
}

/// The same day and time some months earlier; the month's last day where it has no such day.
std::int64_t months_before(std::int64_t micros, std::int64_t months) {
  dbt::CivilDate date = dbt::civil_from_days(floor_to(micros, kDay) / kDay);
  const std::int64_t total = date.year * 12 + date.month - 1 - months;
  date.year = floor_to(total, 12) / 12;
  date.month = static_cast<int>(total - date.year * 12) + 1;
  date.day = std::min(date.day, days_in_month(date.year, date.month));
  return dbt::days_from_civil(date) * kDay + (micros - floor_to(micros, kDay));
}

std::int64_t before(std::int64_t micros, BatchSize size, std::int64_t count) {
  switch (size) {
    case BatchSize::kHour: return micros - count * kHour;
    case BatchSize::kDay: return micros - count * kDay;
    case BatchSize::kMonth: return months_before(micros, count);
    case BatchSize::kYear: return months_before(micros, 12 * count);
  }
  return micros;
}

/// As the command line takes a date or date-time.
std::optional<std::int64_t> parse_option_instant(const std::string& text) {
  if (const auto days = dbt::parse_plain_date(text)) return *days * kDay;
  std::string plain = text;
  if (plain.size() > 10 && plain[10] == 'T') plain[10] = ' ';
  return dbt::parse_plain_datetime(plain);
}

Result<std::optional<EventWindow>> sample_mapping(const std::string& text) {
  diag::SourceMap sources;
  diag::Sink sink;
  value::YamlOptions yaml;
  yaml.schema = value::YamlSchema::kYaml11;
  const value::Value parsed = value::read_yaml(sources.add("--sample", text), yaml, sink);
  EventWindow window;
  if (!sink.has_errors() && parsed.is_map()) {
    const auto instant = [&](std::string_view key) {
      const value::Value* given = parsed.find(key);
      // dbt takes texts only: YAML's own dates need quotes.
      return given == nullptr || !given->is_string() ? std::nullopt
                                                     : parse_instant(given->as_string());
    };
    const auto start = instant("start");
    const auto end = instant("end");
    if (start && end) return std::optional(EventWindow{*start, *end});
  }
  return fail(ErrorKind::kUsage,
              fmt::format("--sample '{}' has no start and end that are dates in quotes", text),
              "as in --sample \"{start: '2026-01-01', end: '2026-02-01'}\"");
}

}  // namespace

std::optional<BatchSize> batch_size_from(std::string_view text) {
  if (text == "hour") return BatchSize::kHour;
  if (text == "day") return BatchSize::kDay;
  if (text == "month") return BatchSize::kMonth;
  if (text == "year") return BatchSize::kYear;
  return std::nullopt;
}

std::int64_t truncate_to_batch(std::int64_t micros, BatchSize size) {
  if (size == BatchSize::kHour) return floor_to(micros, kHour);
  if (size == BatchSize::kDay) return floor_to(micros, kDay);
  dbt::CivilDate date = dbt::civil_from_days(floor_to(micros, kDay) / kDay);
  date.day = 1;
  if (size == BatchSize::kYear) date.month = 1;
  return dbt::days_from_civil(date) * kDay;
}

std::int64_t offset_by_batches(std::int64_t micros, BatchSize size, std::int64_t count) {
  return before(truncate_to_batch(micros, size), size, -count);
}

std::int64_t ceiling_to_batch(std::int64_t micros, BatchSize size) {
  const std::int64_t start = truncate_to_batch(micros, size);
  return start == micros ? micros : offset_by_batches(start, size, 1);
}

std::vector<EventWindow> batches_between(std::int64_t start, std::int64_t end, BatchSize size) {
  std::vector<EventWindow> batches = {{start, offset_by_batches(start, size, 1)}};
  while (batches.back().end < end) {
    const std::int64_t next = batches.back().end;
    batches.push_back({next, offset_by_batches(next, size, 1)});
  }
  batches.back().end = end;
  return batches;
}

std::string batch_name(std::int64_t start, BatchSize size) {
  const std::string date = dbt::date_text(floor_to(start, kDay) / kDay);
  if (size == BatchSize::kYear) return date.substr(0, 4);
  if (size == BatchSize::kMonth) return date.substr(0, 7);
  if (size == BatchSize::kDay) return date;
  return date + "T" + dbt::time_text(start - floor_to(start, kDay)).substr(0, 2);
}

std::optional<std::int64_t> parse_instant(const std::string& text) {
  if (const auto days = dbt::parse_plain_date(text)) return *days * kDay;
  if (const auto micros = dbt::parse_plain_datetime(text)) return *micros;
  if (const auto iso = dbt::parse_iso_datetime(replace_all(text, " ", "T"))) {
    return iso->micros;  // dbt takes the clock's time as UTC, whatever zone is given
  }
  return std::nullopt;
}

std::int64_t micros_now() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Result<std::optional<EventWindow>> parse_event_time_options(const std::string& start,
                                                            const std::string& end) {
  if (start.empty() && end.empty()) return std::optional<EventWindow>();
  EventWindow window;
  for (const auto& [name, text, bound] : {std::tuple{"--event-time-start", &start, &window.start},
                                          std::tuple{"--event-time-end", &end, &window.end}}) {
    if (text->empty()) {
      return fail(ErrorKind::kUsage, fmt::format("{} is missing", name),
                  "--event-time-start and --event-time-end go together");
    }
    const auto instant = parse_option_instant(*text);
    if (!instant) {
      return fail(ErrorKind::kUsage,
                  fmt::format("{} takes a date or a date and time, not '{}'", name, *text),
                  "as in 2026-01-31, 2026-01-31T12:00:00 or '2026-01-31 12:00:00'");
    }
    *bound = *instant;
  }
  if (window.start >= window.end) {
    return fail(ErrorKind::kUsage, "--event-time-start must be before --event-time-end");
  }
  return std::optional(window);
}

Result<std::optional<EventWindow>> parse_sample(const std::string& text, std::int64_t now) {
  if (text.empty()) return std::optional<EventWindow>();
  if (trim_left(text).starts_with('{')) return sample_mapping(text);
  const std::size_t space = text.find(' ');
  const std::string count_text = text.substr(0, space);
  std::string grain = space == std::string::npos ? "" : to_lower(text.substr(space + 1));
  while (grain.ends_with('s')) grain.pop_back();
  std::int64_t count = 0;
  const char* end = count_text.data() + count_text.size();
  const auto parsed = std::from_chars(count_text.data(), end, count);
  const auto size = batch_size_from(grain);
  if (!size || parsed.ec != std::errc() || parsed.ptr != end || count > kMaxLookback ||
      count < -kMaxLookback) {
    return fail(ErrorKind::kUsage, fmt::format("--sample cannot be '{}'", text),
                "give a number and one of hours, days, months, years: --sample '3 days'");
  }
  return std::optional(EventWindow{before(now, *size, count), now});
}

}  // namespace floe::runtime
