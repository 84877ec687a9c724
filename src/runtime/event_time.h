// SPDX-License-Identifier: Apache-2.0
// Stretches of event time: batches of microbatch models, sample windows, and their texts.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::runtime {

enum class BatchSize { kHour, kDay, kMonth, kYear };

/// "hour", "day", "month" or "year".
std::optional<BatchSize> batch_size_from(std::string_view text);

/// [start, end) in microseconds since 1970-01-01, UTC.
struct EventWindow {
  std::int64_t start = 0;
  std::int64_t end = 0;
};

/// The start of the batch that an instant is in.
std::int64_t truncate_to_batch(std::int64_t micros, BatchSize size);
/// Truncated, then moved by whole batches.
std::int64_t offset_by_batches(std::int64_t micros, BatchSize size, std::int64_t count);
/// The instant itself if a batch starts there, else the start of the next one.
std::int64_t ceiling_to_batch(std::int64_t micros, BatchSize size);
/// The whole batches from `start` on; the last one ends at `end`.
std::vector<EventWindow> batches_between(std::int64_t start, std::int64_t end, BatchSize size);
/// A batch's name: 2026, 2026-01, 2026-01-31 or 2026-01-31T12.
std::string batch_name(std::int64_t start, BatchSize size);

/// A date or date-time as written in a config or in an artifact, taken as UTC.
std::optional<std::int64_t> parse_instant(const std::string& text);
std::int64_t micros_now();

/// What --event-time-start and --event-time-end say ("" is not given): both or none of them.
Result<std::optional<EventWindow>> parse_event_time_options(const std::string& start,
                                                            const std::string& end);
/// What --sample says: "3 days" back from `now`, or a mapping of start and end.
Result<std::optional<EventWindow>> parse_sample(const std::string& text, std::int64_t now);

}  // namespace floe::runtime
