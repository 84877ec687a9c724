// SPDX-License-Identifier: Apache-2.0
// What a platform's plugins.compute.config may hold when the compute is DuckDB.
#pragma once

#include <string_view>

namespace floe::plugins::duckdb {

/// A JSON Schema document (draft 2020-12).
std::string_view config_schema();

}  // namespace floe::plugins::duckdb
