// SPDX-License-Identifier: Apache-2.0
// Times as text: for people and as dbt and JSON write them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace floe {

/// "2026-01-31T12:00:00.123456Z", UTC, as dbt's artifacts write a time.
std::string utc_timestamp(std::chrono::system_clock::time_point time);
std::string utc_timestamp_now();

/// Seconds since 1970 of "2026-01-31T12:00:00Z" (RFC 3339), also with a fraction of a second, which
/// is dropped; nothing for other texts and other zones than Z.
std::optional<std::int64_t> parse_rfc3339(std::string_view text);

/// The text of such a time: "2026-01-31T12:00:00Z". Times outside of 1970 to 9999 become the
/// nearest within.
std::string rfc3339_text(std::int64_t time);

/// The last second of the year 9999: larger times are refused before any library sees them.
inline constexpr std::int64_t kLastTime = 253'402'300'799;

/// "0.42s", "12.3s", "3m05s", "2h07m".
std::string duration_text(double seconds);

}  // namespace floe
