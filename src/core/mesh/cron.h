// SPDX-License-Identifier: Apache-2.0
// How far apart the runs of a schedule are.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace floe::mesh {

/// The longest time between two runs of a cron schedule, in seconds, over eight years and without
/// the hour that a change of the clocks takes or gives. Nothing for texts that are no schedule, or
/// one that never runs twice.
std::optional<std::int64_t> longest_gap(std::string_view cron);

}  // namespace floe::mesh
