// SPDX-License-Identifier: Apache-2.0
// The difference between the actual and the expected rows of a unit test.
#pragma once

#include "dbt/adapter/agate.h"

#include <optional>
#include <string>

namespace floe::runtime {

/// Compares the rows that the column `actual_or_expected` tells apart, in any order. Nothing if
/// they are the same, else a table: "@@" heads it, "→" marks changed rows (old→new), "+++" rows
/// that were not expected, "---" rows that are missing.
std::optional<std::string> row_difference(const dbt::AgateData& data);

}  // namespace floe::runtime
