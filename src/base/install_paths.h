// SPDX-License-Identifier: Apache-2.0
// Where the data files are that floe needs at run time: the DuckDB library and dbt's macro
// packages.
#pragma once

#include "base/files.h"

#include <optional>
#include <string_view>
#include <vector>

namespace floe {

/// The folders that may hold floe's data files, in search order: $FLOE_HOME, then share/floe beside
/// the folder of the running binary, then what scripts/setup unpacked for the build. Folders that
/// are not known (FLOE_HOME unset or empty) are left out; whether they exist is not checked.
std::vector<fs::path> data_folders();

/// The first file or folder named `relative` ("duckdb/libduckdb.so", "dbt/dbt") in `folders`.
std::optional<fs::path> find_data_file(std::string_view relative,
                                       const std::vector<fs::path>& folders);

/// The same in data_folders().
std::optional<fs::path> find_data_file(std::string_view relative);

}  // namespace floe
