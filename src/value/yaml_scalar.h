// SPDX-License-Identifier: Apache-2.0
// Decides what a plain YAML scalar is: by the core schema of YAML 1.2, or as PyYAML's SafeLoader
// does.
#pragma once

#include "value/value.h"
#include "value/yaml.h"

#include <optional>
#include <string>
#include <string_view>

namespace floe::value {

/// What a plain scalar resolves to. kMerge and kEquals are YAML 1.1's `<<` and `=`.
enum class ScalarKind { kNull, kBool, kInt, kFloat, kString, kTimestamp, kMerge, kEquals };

/// The kind of the plain scalar `text`.
ScalarKind classify_scalar(std::string_view text, YamlSchema schema);

/// The value of `text` read as `kind`, or nothing if the text is no such value (a date that does
/// not exist, a tag that does not fit). A whole number beyond 64 bits becomes an unquoted string
/// with the text as written.
std::optional<Value> make_scalar(std::string_view text, ScalarKind kind, YamlSchema schema);

/// A YAML 1.1 date or date-time as Python's isoformat() writes what PyYAML reads.
std::string iso_timestamp(std::string_view text);

}  // namespace floe::value
