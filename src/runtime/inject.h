// SPDX-License-Identifier: Apache-2.0
// Putting the CTEs of ephemeral models in front of a query.
#pragma once

#include "base/result.h"
#include "dbt/project/model.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::runtime {

/// What dbt's --sqlparse limits queries to that get CTEs. floe reads them without such limits; only
/// who sets one wants large queries refused.
struct GroupingLimits {
  std::optional<std::int64_t> depth;   // of parentheses, brackets and CASE
  std::optional<std::int64_t> tokens;  // of the whole text
};

/// Reads the mapping of --sqlparse: MAX_GROUPING_DEPTH and MAX_GROUPING_TOKENS, whole numbers or
/// null. Fails (kUsage) on anything else.
Result<GroupingLimits> grouping_limits(const dbt::Value& options);

/// The query with the CTEs added to its WITH clause, or with a new one. As in dbt only the first
/// statement of the text survives. Throws a Compilation Error if the text is beyond the limits.
std::string inject_ctes(std::string_view sql, const std::vector<dbt::InjectedCte>& ctes,
                        const GroupingLimits& limits = {});

/// Where the first statement ends: after its semicolon and the white space and line comments that
/// follow, or at the end of the text.
std::size_t first_statement_end(std::string_view sql);

}  // namespace floe::runtime
