// SPDX-License-Identifier: Apache-2.0
// Putting the CTEs of ephemeral models in front of a query.
#pragma once

#include "dbt/project/model.h"

#include <string>
#include <string_view>
#include <vector>

namespace floe::runtime {

/// The query with the CTEs added to its WITH clause, or with a new one. As in dbt only the first
/// statement of the text survives.
std::string inject_ctes(std::string_view sql, const std::vector<dbt::InjectedCte>& ctes);

/// Where the first statement ends: after its semicolon and the white space and line comments that
/// follow, or at the end of the text.
std::size_t first_statement_end(std::string_view sql);

}  // namespace floe::runtime
