// SPDX-License-Identifier: Apache-2.0
// The checks of quality.gates as SQL that returns the violations.
#pragma once

#include "diag/diagnostic.h"
#include "value/value.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::runtime {

/// One entry of checks[], understood.
struct GateCheck {
  std::string type;     // "row_count"
  std::string summary;  // "row_count at least 1": for people
  std::string sql;      // with {model} for the relation; rows are violations
};

/// Reads an entry of checks[]: either {type: row_count, min: 1} or {row_count: {min: 1}}. What is
/// wrong goes to `sink` (C041), naming `gate`.
std::optional<GateCheck> read_gate_check(const value::Value& entry, std::string_view gate,
                                         diag::Sink& sink);

/// "24h", "1h30m", "P1DT12H" in seconds; nothing for other text and for no time at all.
std::optional<double> parse_age(std::string_view text);

}  // namespace floe::runtime
