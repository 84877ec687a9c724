// SPDX-License-Identifier: Apache-2.0
// Times as protobuf's JSON writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace floe::sign {

/// Seconds since 1970 of "2026-01-31T12:00:00Z", also with a fraction of a second, which is
/// dropped; nothing for other texts and other zones than Z.
std::optional<std::int64_t> parse_rfc3339(std::string_view text);

/// The text of such a time, for messages.
std::string rfc3339_text(std::int64_t time);

/// The last second of the year 9999: larger times are refused before any library sees them.
inline constexpr std::int64_t kLastTime = 253'402'300'799;

}  // namespace floe::sign
