// SPDX-License-Identifier: Apache-2.0
// Tables for people: aligned columns that fit the terminal.
#pragma once

#include <string>
#include <vector>

namespace floe {

struct TableColumn {
  std::string title;
  bool right = false;  // numbers
};

struct TableOptions {
  std::size_t width = 100;     // columns of the terminal; 0: as wide as the content
  std::size_t most_cell = 60;  // columns of one cell; longer ones end with "…"
  bool color = false;
  bool lines = true;  // a line between head and rows, bars between the columns
};

/// The table, ending with a newline. Line breaks and control characters in cells are made visible.
/// Columns that do not fit the width any more are left out, and the last line says how many.
std::string format_table(const std::vector<TableColumn>& columns,
                         const std::vector<std::vector<std::string>>& rows,
                         const TableOptions& options = {});

}  // namespace floe
