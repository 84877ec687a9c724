// SPDX-License-Identifier: Apache-2.0
#include "core/contract/service_level.h"

#include "base/text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace floe::contract {

using value::Value;

namespace {

struct TimeUnit {
  std::string_view letter;
  std::string_view word;
  std::int64_t seconds;
};

constexpr std::array kTimeUnits = std::to_array<TimeUnit>({
    {"w", "week", 604'800},
    {"d", "day", 86'400},
    {"h", "hour", 3'600},
    {"m", "minute", 60},
    {"s", "second", 1},
});

/// ODCS: "unit: d, day, days for days; …".
std::optional<std::int64_t> unit_seconds(std::string_view text) {
  std::string word = to_lower(text);
  if (word.size() > 1 && word.ends_with('s')) word.pop_back();
  if (word == "min") word = "minute";
  if (word == "hr") word = "hour";
  for (const TimeUnit& unit : kTimeUnits) {
    if (word == unit.letter || word == unit.word) return unit.seconds;
  }
  return std::nullopt;
}

std::optional<double> plain_number(std::string_view text) {
  double number = 0;
  if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<std::int64_t> duration_seconds(std::string_view text) {
  std::string rest = to_lower(trim(text));
  if (rest.starts_with("p")) rest.erase(0, 1);
  std::int64_t total = 0;
  bool any = false;
  std::size_t at = 0;
  while (at < rest.size()) {
    if (rest[at] == 't') {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < rest.size() && ((rest[end] >= '0' && rest[end] <= '9') || rest[end] == '.')) ++end;
    const auto number = plain_number(std::string_view(rest).substr(at, end - at));
    if (!number || end == rest.size() || *number > 1e9) return std::nullopt;
    if (rest.compare(end, 2, "ms") == 0) {
      total += static_cast<std::int64_t>(*number / 1000);
      any = true;
      at = end + 2;
      continue;
    }
    const auto seconds = unit_seconds(std::string_view(rest).substr(end, 1));
    if (!seconds) return std::nullopt;
    total += static_cast<std::int64_t>(*number * static_cast<double>(*seconds));
    any = true;
    at = end + 1;
  }
  if (!any) return std::nullopt;
  return total;
}

std::string duration_words(std::int64_t seconds) {
  for (const TimeUnit& unit : kTimeUnits) {
    if (unit.letter == "w") continue;
    // A day is told as 24h only where days do not come out even: 36h, but 2d.
    if (seconds != 0 && seconds % unit.seconds == 0 && (unit.letter != "d" || seconds > 86'400)) {
      return fmt::format("{}{}", seconds / unit.seconds, unit.letter);
    }
  }
  return fmt::format("{}s", seconds);
}

std::optional<double> percentage(const Value& data) {
  if (data.is_number()) return data.as_double();
  if (!data.is_string()) return std::nullopt;
  std::string_view text = trim(data.as_string());
  if (text.ends_with('%')) text = trim(text.substr(0, text.size() - 1));
  return plain_number(text);
}

ServiceLevel read_sla(const Value& sla) {
  ServiceLevel out;
  if (const Value* found = sla.find("freshness"); found != nullptr && found->is_string()) {
    out.freshness = duration_seconds(found->as_string());
    out.freshness_span = found->span;
  }
  if (const Value* found = sla.find("availability")) {
    out.availability = percentage(*found);
    out.availability_span = found->span;
  }
  if (const Value* found = sla.find("quality")) {
    out.quality = percentage(*found);
    out.quality_span = found->span;
  }
  return out;
}

namespace {

std::optional<std::int64_t> sla_duration(const Value& property, const Value& data) {
  const Value* unit = property.find("unit");
  if (unit == nullptr || !unit->is_string()) {
    return data.is_string() ? duration_seconds(data.as_string()) : std::nullopt;
  }
  const auto seconds = unit_seconds(unit->as_string());
  std::optional<double> number;
  if (data.is_number()) number = data.as_double();
  if (data.is_string()) number = plain_number(trim(data.as_string()));
  if (!seconds || !number || *number < 0 || *number > 1e9) return std::nullopt;
  return static_cast<std::int64_t>(*number * static_cast<double>(*seconds));
}

}  // namespace

ServiceLevel read_sla_properties(const Value& properties) {
  ServiceLevel out;
  if (!properties.is_list()) return out;
  for (const Value& property : properties.as_list()) {
    const Value* name = property.find("property");
    const Value* data = property.find("value");
    if (name == nullptr || data == nullptr || !name->is_string()) continue;
    const std::string word = to_lower(name->as_string());
    if (word == "freshness" || word == "latency" || word == "ly") {
      const auto seconds = sla_duration(property, *data);
      if (!seconds || (out.freshness && *out.freshness <= *seconds)) continue;
      out.freshness = seconds;
      out.freshness_span = data->span;
    } else if (word == "availability" || word == "av") {
      out.availability = percentage(*data);
      out.availability_span = data->span;
    } else if (word == "quality") {
      out.quality = percentage(*data);
      out.quality_span = data->span;
    }
  }
  return out;
}

ServiceLevel tighter(const ServiceLevel& a, const ServiceLevel& b) {
  ServiceLevel out = a;
  if (b.freshness && (!a.freshness || *b.freshness < *a.freshness)) {
    out.freshness = b.freshness;
    out.freshness_span = b.freshness_span;
  }
  if (b.availability && (!a.availability || *b.availability > *a.availability)) {
    out.availability = b.availability;
    out.availability_span = b.availability_span;
  }
  if (b.quality && (!a.quality || *b.quality > *a.quality)) {
    out.quality = b.quality;
    out.quality_span = b.quality_span;
  }
  return out;
}

}  // namespace floe::contract
