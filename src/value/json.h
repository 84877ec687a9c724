// SPDX-License-Identifier: Apache-2.0
// Reads and writes JSON; canonical form as RFC 8785.
#pragma once

#include "base/result.h"
#include "value/value.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace floe::value {

/// Parses a JSON text (RFC 8259). Depth is limited to 128; duplicate keys and escapes of half a
/// character (lone surrogates) are refused, and so are more than `max_values` values: each takes
/// many times the memory of its text.
Result<Value> read_json(std::string_view text, std::size_t max_values = SIZE_MAX);

/// Compact or indented JSON in the order of the members.
std::string write_json(const Value& value, int indent = 0);

/// RFC 8785: sorted by UTF-16 code units, ECMAScript numbers, no white space.
std::string canonical_json(const Value& value);

}  // namespace floe::value
