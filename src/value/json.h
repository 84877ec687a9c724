// SPDX-License-Identifier: Apache-2.0
// Reads and writes JSON; canonical form as RFC 8785.
#pragma once

#include "base/result.h"
#include "value/value.h"

#include <string>
#include <string_view>

namespace floe::value {

/// Parses a JSON text (RFC 8259). Depth is limited to 128; duplicate keys are refused.
Result<Value> read_json(std::string_view text);

/// Compact or indented JSON in the order of the members.
std::string write_json(const Value& value, int indent = 0);

/// RFC 8785: sorted by UTF-16 code units, ECMAScript numbers, no white space.
std::string canonical_json(const Value& value);

}  // namespace floe::value
