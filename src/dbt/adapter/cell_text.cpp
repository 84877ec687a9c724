// SPDX-License-Identifier: Apache-2.0
#include "dbt/adapter/cell_text.h"

#include "base/text.h"
#include "dbt/adapter/duckdb.h"
#include "dbt/jinja/value.h"

#include <fmt/format.h>

namespace floe::dbt {

namespace {

constexpr std::int64_t kMicrosPerDay = 86'400'000'000;

std::string nested_text(const Cell& cell) {
  std::vector<std::string> parts;
  if (cell.kind == CellKind::kMap) {
    for (std::size_t i = 0; i + 1 < cell.items.size(); i += 2) {
      parts.push_back(cell.items[i].to_text() + "=" + cell.items[i + 1].to_text());
    }
    return "{" + join(parts, ", ") + "}";
  }
  for (std::size_t i = 0; i < cell.items.size(); ++i) {
    std::string text = cell.items[i].to_text();
    if (cell.kind == CellKind::kStruct) text = "'" + cell.names[i] + "': " + text;
    parts.push_back(std::move(text));
  }
  return cell.kind == CellKind::kStruct ? "{" + join(parts, ", ") + "}"
                                        : "[" + join(parts, ", ") + "]";
}

std::string blob_text(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 32 && byte < 127 && c != '\\') {
      text.push_back(c);
    } else {
      text += fmt::format("\\x{:02X}", byte);
    }
  }
  return text;
}

std::string interval_text(std::int64_t micros) {
  const std::int64_t days = micros / kMicrosPerDay;
  const std::int64_t rest = micros % kMicrosPerDay;
  std::string text;
  if (days != 0) text = fmt::format("{} day{}", days, days == 1 ? "" : "s");
  if (rest != 0 || days == 0) {
    if (!text.empty()) text += ' ';
    text += (rest < 0 ? "-" : "") + time_text(rest < 0 ? -rest : rest);
  }
  return text;
}

}  // namespace

// Howard Hinnant's days algorithms (public domain): eras of 400 years starting on March 1st.
CivilDate civil_from_days(std::int64_t days) {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t day_of_era = days - era * 146097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted = (5 * day_of_year + 2) / 153;
  CivilDate date;
  date.day = static_cast<int>(day_of_year - (153 * shifted + 2) / 5 + 1);
  date.month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
  date.year = year_of_era + era * 400 + (date.month <= 2 ? 1 : 0);
  return date;
}

std::int64_t days_from_civil(const CivilDate& date) {
  const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year =
      (153 * (date.month > 2 ? date.month - 3 : date.month + 9) + 2) / 5 + date.day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

std::string date_text(std::int64_t days) {
  const CivilDate date = civil_from_days(days);
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

std::string time_text(std::int64_t micros) {
  const std::int64_t seconds = micros / 1'000'000;
  std::string text =
      fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (const std::int64_t fraction = micros % 1'000'000; fraction != 0) {
    std::string digits = fmt::format(".{:06}", fraction);
    digits.erase(digits.find_last_not_of('0') + 1);
    text += digits;
  }
  return text;
}

std::string timestamp_text(std::int64_t micros) {
  std::int64_t days = micros / kMicrosPerDay;
  std::int64_t rest = micros % kMicrosPerDay;
  if (rest < 0) {
    --days;
    rest += kMicrosPerDay;
  }
  return date_text(days) + " " + time_text(rest);
}

std::string Cell::to_text() const {
  switch (kind) {
    case CellKind::kNull: return "NULL";
    case CellKind::kBool: return integer != 0 ? "true" : "false";
    case CellKind::kInt: return std::to_string(integer);
    case CellKind::kDouble: return jinja::float_repr(real);
    case CellKind::kBlob: return blob_text(text);
    case CellKind::kDate: return date_text(integer);
    case CellKind::kTime: return time_text(integer) + (with_zone ? "+00" : "");
    case CellKind::kTimestamp: return timestamp_text(integer) + (with_zone ? "+00" : "");
    case CellKind::kInterval: return interval_text(integer);
    case CellKind::kList:
    case CellKind::kStruct:
    case CellKind::kMap: return nested_text(*this);
    default: return text;
  }
}

std::string quote_identifier(std::string_view name) {
  return '"' + replace_all(std::string(name), "\"", "\"\"") + '"';
}

std::string quote_literal(std::string_view text) {
  return '\'' + replace_all(std::string(text), "'", "''") + '\'';
}

}  // namespace floe::dbt
