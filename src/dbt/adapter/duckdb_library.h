// SPDX-License-Identifier: Apache-2.0
// libduckdb as the files of this folder share it: its functions, and its vectors read as cells.
#pragma once

#include "dbt/adapter/duckdb.h"
#include "dbt/adapter/duckdb_functions.h"

#include <duckdb.h>

namespace floe::dbt {

/// The functions of libduckdb that are used, found by name.
struct DuckLibrary {
#define FLOE_DECLARE(name) decltype(&::name) name = nullptr;
  FLOE_DUCKDB_FUNCTIONS(FLOE_DECLARE)
#undef FLOE_DECLARE
};

/// The library, loaded at the first call (kept for the life of the process).
Result<const DuckLibrary*> duck_library();
/// The same once it is loaded.
const DuckLibrary& duck();

/// A logical type with what reading its vectors needs.
struct DuckType {
  duckdb_type id = DUCKDB_TYPE_INVALID;
  std::string name;  // as DuckDB prints it
  std::uint8_t scale = 0;
  duckdb_type internal = DUCKDB_TYPE_INVALID;
  std::uint64_t array_size = 0;
  std::vector<std::string> labels;  // of an enum; member names of struct and union
  std::vector<DuckType> children;
};

/// Reads a logical type and frees it.
DuckType read_and_destroy_type(duckdb_logical_type type);

/// The value of a vector in a row.
Cell read_cell(duckdb_vector vector, const DuckType& type, std::uint64_t row);

}  // namespace floe::dbt
