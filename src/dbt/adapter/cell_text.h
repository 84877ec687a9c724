// SPDX-License-Identifier: Apache-2.0
// Dates and times of cells as calendar fields and as text.
#pragma once

#include <cstdint>
#include <string>

namespace floe::dbt {

struct CivilDate {
  std::int64_t year = 1970;
  int month = 1;
  int day = 1;
};

/// The calendar date of a number of days since 1970-01-01, and back.
CivilDate civil_from_days(std::int64_t days);
std::int64_t days_from_civil(const CivilDate& date);

/// "2026-01-31".
std::string date_text(std::int64_t days);
/// "12:30:00" or "12:30:00.5": DuckDB writes only as many digits as needed.
std::string time_text(std::int64_t micros);
/// "2026-01-31 12:30:00".
std::string timestamp_text(std::int64_t micros);

}  // namespace floe::dbt
