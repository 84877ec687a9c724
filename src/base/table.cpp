// SPDX-License-Identifier: Apache-2.0
#include "base/table.h"

#include "base/term.h"
#include "base/text.h"

#include <algorithm>

namespace floe {

namespace {

std::string cell_text(const std::string& raw, std::size_t most) {
  std::string text = replace_all(replace_all(raw, "\n", "\\n"), "\t", "\\t");
  return fit(printable(text), most);
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::size_t used = display_width(text);
  const std::string space(width > used ? width - used : 0, ' ');
  return right ? space + text : text + space;
}

/// How many of the leading columns fit.
std::size_t columns_that_fit(const std::vector<std::size_t>& widths, const TableOptions& options) {
  if (options.width == 0) return widths.size();
  const std::size_t between = options.lines ? 3 : 2;
  std::size_t used = 2;
  std::size_t count = 0;
  for (; count < widths.size(); ++count) {
    used += widths[count] + (count > 0 ? between : 0);
    if (used > options.width && count > 0) break;
  }
  return count;
}

}  // namespace

std::string format_table(const std::vector<TableColumn>& columns,
                         const std::vector<std::vector<std::string>>& rows,
                         const TableOptions& options) {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    std::size_t width = display_width(cell_text(columns[c].title, options.most_cell));
    for (const std::vector<std::string>& row : rows) {
      if (c >= row.size()) continue;
      width = std::max(width, display_width(cell_text(row[c], options.most_cell)));
    }
    widths.push_back(width);
  }
  const std::size_t count = columns_that_fit(widths, options);
  const std::string bar = options.lines ? " │ " : "  ";
  std::string out;
  const auto append_row = [&](const auto& cell) {
    std::string line = " ";
    for (std::size_t c = 0; c < count; ++c) {
      if (c > 0) line += bar;
      line += cell(c);
    }
    out.append(trim_right(line)).append("\n");
  };
  append_row([&](std::size_t c) {
    const std::string title = cell_text(columns[c].title, options.most_cell);
    return styled(padded(title, widths[c], columns[c].right), Style::kBold, options.color);
  });
  if (options.lines) {
    for (std::size_t c = 0; c < count; ++c) {
      out += c == 0 ? "─" : "┼─";
      for (std::size_t i = 0; i < widths[c] + 1; ++i) out += "─";
    }
    out += "\n";
  }
  for (const std::vector<std::string>& row : rows) {
    append_row([&](std::size_t c) {
      return padded(cell_text(c < row.size() ? row[c] : "", options.most_cell), widths[c],
                    columns[c].right);
    });
  }
  if (count < columns.size()) {
    out += " (" + counted(columns.size() - count, "more column") + ")\n";
  }
  return out;
}

}  // namespace floe
