// SPDX-License-Identifier: Apache-2.0
// Which of two values of a field is the stricter one, as the field's schema declares it.
#pragma once

#include "value/schema.h"
#include "value/value.h"

#include <optional>
#include <string>
#include <vector>

namespace floe::core {

/// Compares two values of a field of Merge::kStricterOnly: 1 if `after` is stricter than `before`,
/// -1 if it is looser, 0 if they demand the same; nothing if they have no order. nullptr: not set.
/// `levels`: words from the least to the most strict, for choices that the manifest itself defines
/// (classification levels).
std::optional<int> compare_strictness(const value::Schema& schema,
                                      const std::vector<std::string>& levels,
                                      const value::Value* before, const value::Value* after);

}  // namespace floe::core
