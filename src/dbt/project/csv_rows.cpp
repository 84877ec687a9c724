// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/csv_rows.h"

#include <string>
#include <vector>

namespace floe::dbt {

namespace {

/// The records of a CSV text (RFC 4180 quoting).
std::vector<std::vector<std::string>> csv_records(std::string_view text) {
  std::vector<std::vector<std::string>> records;
  std::vector<std::string> record;
  std::string cell;
  bool quoted = false;
  bool started = false;
  const auto end_record = [&] {
    if (started || !record.empty()) {
      record.push_back(std::move(cell));
      records.push_back(std::move(record));
    }
    record.clear();
    cell.clear();
    started = false;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"') {
        cell += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        cell += '"';
        ++i;
      } else {
        quoted = false;
      }
    } else if (c == '"' && cell.empty()) {
      quoted = true;
      started = true;
    } else if (c == ',') {
      record.push_back(std::move(cell));
      cell.clear();
      started = true;
    } else if (c == '\n' || c == '\r') {
      if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
      end_record();
    } else {
      cell += c;
      started = true;
    }
  }
  end_record();
  return records;
}

}  // namespace

value::Value csv_rows(std::string_view text) {
  value::Value rows = value::Value::list();
  const std::vector<std::vector<std::string>> records = csv_records(text);
  if (records.empty()) return rows;
  const std::vector<std::string>& header = records.front();
  for (std::size_t i = 1; i < records.size(); ++i) {
    value::Value row = value::Value::map();
    for (std::size_t column = 0; column < header.size(); ++column) {
      row.set(header[column],
              column < records[i].size() ? value::Value(records[i][column]) : value::Value());
    }
    rows.push(std::move(row));
  }
  return rows;
}

}  // namespace floe::dbt
