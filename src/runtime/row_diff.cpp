// SPDX-License-Identifier: Apache-2.0
#include "runtime/row_diff.h"

#include "base/text.h"

#include <algorithm>
#include <map>

namespace floe::runtime {

namespace {

using TextRow = std::vector<std::string>;

std::string pad_to(const std::string& text, std::size_t width) {
  const std::size_t length = utf8_length(text);
  return length < width ? text + std::string(width - length, ' ') : text;
}

/// How many cells of two rows are equal.
std::size_t likeness(const TextRow& a, const TextRow& b) {
  std::size_t same = 0;
  for (std::size_t i = 0; i < a.size(); ++i) same += a[i] == b[i] ? 1 : 0;
  return same;
}

/// Takes the rows that both sides have out of both.
void drop_common(std::vector<TextRow>& expected, std::vector<TextRow>& actual) {
  std::map<TextRow, std::size_t> counts;
  for (const TextRow& row : expected) ++counts[row];
  std::vector<TextRow> left;
  for (TextRow& row : actual) {
    const auto at = counts.find(row);
    if (at != counts.end() && at->second > 0) {
      --at->second;
    } else {
      left.push_back(std::move(row));
    }
  }
  actual = std::move(left);
  std::vector<TextRow> missing;
  for (TextRow& row : expected) {
    std::size_t& count = counts[row];
    if (count == 0) continue;
    --count;
    missing.push_back(std::move(row));
  }
  expected = std::move(missing);
}

}  // namespace

std::optional<std::string> row_difference(const dbt::AgateData& data) {
  std::size_t side = data.column_names.size();
  TextRow header = {"@@"};
  for (std::size_t i = 0; i < data.column_names.size(); ++i) {
    const std::string name = to_lower(data.column_names[i]);
    if (name == "actual_or_expected") {
      side = i;
    } else {
      header.push_back(name);
    }
  }
  std::vector<TextRow> expected;
  std::vector<TextRow> actual;
  for (const auto& row : data.rows) {
    TextRow texts;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i != side) texts.push_back(row[i].is_none() ? "NULL" : row[i].to_str());
    }
    const bool is_actual = side < row.size() && row[side].str_or("") == "actual";
    (is_actual ? actual : expected).push_back(std::move(texts));
  }
  drop_common(expected, actual);
  if (expected.empty() && actual.empty()) return std::nullopt;
  std::sort(expected.begin(), expected.end());
  std::sort(actual.begin(), actual.end());
  std::vector<TextRow> lines = {header};
  for (const TextRow& row : actual) {
    const auto best = std::max_element(
        expected.begin(), expected.end(),
        [&](const TextRow& a, const TextRow& b) { return likeness(a, row) < likeness(b, row); });
    const bool paired = best != expected.end() && (likeness(*best, row) > 0 || row.size() == 1);
    TextRow line = {paired ? "→" : "+++"};
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool same = !paired || (*best)[i] == row[i];
      line.push_back(same ? row[i] : row[i] + "→" + (*best)[i]);
    }
    if (paired) expected.erase(best);
    lines.push_back(std::move(line));
  }
  for (const TextRow& row : expected) {
    TextRow line = {"---"};
    line.insert(line.end(), row.begin(), row.end());
    lines.push_back(std::move(line));
  }
  std::vector<std::size_t> widths(header.size(), 0);
  for (const TextRow& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i)
      widths[i] = std::max(widths[i], utf8_length(line[i]));
  }
  std::string text;
  for (const TextRow& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (i > 0) text += ",";
      text += i + 1 < line.size() ? pad_to(line[i], widths[i]) : line[i];
    }
    text += "\n";
  }
  return text;
}

}  // namespace floe::runtime
