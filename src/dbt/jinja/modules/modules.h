// SPDX-License-Identifier: Apache-2.0
// dbt's `modules`: datetime, pytz, re and itertools as template values.
#pragma once

#include "dbt/jinja/object.h"
#include "dbt/jinja/value.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace floe::jinja {

/// {'datetime': ..., 'pytz': ..., 're': ..., 'itertools': ...}
Value context_modules();
Value datetime_module();
Value pytz_module();
Value re_module();
Value itertools_module();

/// Dates as values, for hosts (YAML dates, agate columns, run_started_at).
Value make_date(int year, int month, int day);
/// A datetime; `utc` makes it aware in UTC (pytz.UTC), else it is naive.
Value make_datetime(int year, int month, int day, int hour = 0, int minute = 0, int second = 0,
                    int microsecond = 0, bool utc = false);
/// Microseconds since 1970-01-01 UTC as a datetime.
Value datetime_from_micros(std::int64_t micros, bool utc);
/// A time of day.
Value make_time(int hour, int minute, int second, int microsecond = 0);
/// A duration.
Value make_timedelta(std::int64_t micros);
/// An ISO date or date-time text as Python's fromisoformat reads it (the offset stays when there is
/// one).
std::optional<Value> datetime_from_iso(std::string_view text);
std::optional<Value> date_from_iso(std::string_view text);
/// Is it a datetime.date (datetimes are too) or a datetime.datetime?
bool is_date(const Value& value);
bool is_datetime(const Value& value);

}  // namespace floe::jinja
