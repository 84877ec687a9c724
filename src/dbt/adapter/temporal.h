// SPDX-License-Identifier: Apache-2.0
// Dates and times of query results and seed files as the Python objects that templates see.
#pragma once

#include "dbt/jinja/value.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace floe::dbt {

/// datetime.date of days since 1970-01-01.
jinja::Value date_value(std::int64_t days);
/// datetime.datetime of microseconds since the epoch; `utc` gives it that time zone.
jinja::Value datetime_value(std::int64_t micros, bool utc);
/// datetime.time and datetime.timedelta of microseconds.
jinja::Value time_value(std::int64_t micros);
jinja::Value timedelta_value(std::int64_t micros);

/// Days of a text in the form %Y-%m-%d, as strptime reads it.
std::optional<std::int64_t> parse_plain_date(std::string_view text);
/// Microseconds of a text in the form %Y-%m-%d %H:%M:%S.
std::optional<std::int64_t> parse_plain_datetime(std::string_view text);

struct IsoDateTime {
  std::int64_t micros = 0;
  std::optional<int> offset_minutes;
};
/// An ISO 8601 date and time joined by T, extended or basic.
std::optional<IsoDateTime> parse_iso_datetime(std::string_view text);

}  // namespace floe::dbt
