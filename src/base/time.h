// SPDX-License-Identifier: Apache-2.0
// Times as text: for people and as dbt and JSON write them.
#pragma once

#include <chrono>
#include <string>

namespace floe {

/// "2026-01-31T12:00:00.123456Z", UTC, as dbt's artifacts write a time.
std::string utc_timestamp(std::chrono::system_clock::time_point time);
std::string utc_timestamp_now();

/// "0.42s", "12.3s", "3m05s", "2h07m".
std::string duration_text(double seconds);

}  // namespace floe
