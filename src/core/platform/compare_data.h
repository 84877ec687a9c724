// SPDX-License-Identifier: Apache-2.0
// Compares the parts of a platform that are kept as data, member by member, by the strictness that
// the manifest's schema declares.
#pragma once

#include "core/platform/compare.h"
#include "value/schema.h"
#include "value/value.h"

#include <string>
#include <vector>

namespace floe::core {

/// How a section is compared.
struct DataComparison {
  std::vector<Change>& changes;
  /// Words from the least to the most strict, for choices that the manifest itself defines
  /// (classification levels).
  std::vector<std::string> levels;
};

/// Adds what differs between two values at `path`; either may be absent (nullptr). `schema` says
/// how they are ordered; nullptr: nothing is known of them. `step` is that of a change without an
/// order; descriptions, owners and keys that begin with "x-" are a patch anyway.
void compare_data(DataComparison& comparison, const std::string& path, const value::Value* before,
                  const value::Value* after, const value::Schema* schema, Step step);

}  // namespace floe::core
