// SPDX-License-Identifier: Apache-2.0
// Printing agate tables.
#include "base/text.h"
#include "dbt/adapter/agate.h"
#include "dbt/adapter/decimal.h"
#include "dbt/jinja/text_ops.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::dbt {

namespace {

using JValue = jinja::Value;

constexpr std::int64_t kMaxPlaces = 3;

std::string grouped(std::string digits) {
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

/// 1234.5 with two places: "1,234.50".
std::string number_text(const DecimalNumber& number, std::int64_t places) {
  if (!number.is_finite()) return number.to_text();
  const DecimalNumber rounded = decimal_round(number, places);
  std::string digits = rounded.digits;
  const auto width = static_cast<std::size_t>(places);
  if (digits.size() <= width) digits.insert(0, width + 1 - digits.size(), '0');
  std::string text = grouped(digits.substr(0, digits.size() - width));
  if (places > 0) text += "." + digits.substr(digits.size() - width);
  return (rounded.negative ? "-" : "") + text;
}

std::int64_t column_places(const AgateData& data, std::size_t column, std::size_t rows) {
  std::int64_t places = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    if (const auto* decimal = data.rows[i][column].as<DecimalObject>();
        decimal != nullptr && decimal->number().is_finite()) {
      places = std::max(places, -decimal->number().normalized().exponent);
    }
  }
  return places;
}

std::string cut_to(std::string text, std::size_t width) {
  if (utf8_length(text) <= width) return text;
  std::size_t bytes = 0;
  for (std::size_t count = 0; count + 3 < width && bytes < text.size(); ++count) {
    ++bytes;
    while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) ++bytes;
  }
  return text.substr(0, bytes) + "...";
}

std::string cell_text(const AgateData& data, std::size_t row, std::size_t column,
                      std::int64_t places) {
  const JValue& value = data.rows[row][column];
  if (value.is_none()) return "";
  if (const auto* decimal = value.as<DecimalObject>();
      decimal != nullptr && data.column_types[column] == AgateType::kNumber) {
    std::string text = number_text(decimal->number(), std::min(places, kMaxPlaces));
    return places > kMaxPlaces ? text + "…" : text;
  }
  return value.to_str();
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  return '"' + replace_all(text, "\"", "\"\"") + '"';
}

}  // namespace

std::string agate_table_text(const AgateData& data, std::size_t max_rows, std::size_t max_columns,
                             std::size_t max_width) {
  const std::size_t rows = std::min(max_rows, data.rows.size());
  const std::size_t columns = std::min(max_columns, data.column_names.size());
  const bool cut_columns = columns < data.column_names.size();
  std::vector<std::vector<std::string>> lines(rows + 1);
  for (std::size_t i = 0; i < columns; ++i) {
    lines[0].push_back(cut_to(data.column_names[i], max_width));
    const std::int64_t places = column_places(data, i, rows);
    for (std::size_t row = 0; row < rows; ++row) {
      lines[row + 1].push_back(cut_to(cell_text(data, row, i, places), max_width));
    }
  }
  if (cut_columns) {
    for (auto& line : lines) line.emplace_back("...");
  }
  if (rows < data.rows.size()) lines.emplace_back(lines[0].size(), "...");
  std::vector<std::size_t> widths(lines[0].size(), 0);
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i)
      widths[i] = std::max(widths[i], utf8_length(line[i]));
  }
  std::string out;
  for (std::size_t n = 0; n < lines.size(); ++n) {
    out += "|";
    for (std::size_t i = 0; i < lines[n].size(); ++i) {
      const std::string pad(widths[i] - utf8_length(lines[n][i]), ' ');
      const bool left = i >= columns || data.column_types[i] == AgateType::kText;
      out += left ? " " + lines[n][i] + pad + " |" : " " + pad + lines[n][i] + " |";
    }
    out += "\n";
    if (n == 0) {
      out += "|";
      for (const std::size_t width : widths) out += " " + std::string(width, '-') + " |";
      out += "\n";
    }
  }
  return out;
}

std::string agate_csv_text(const AgateData& data) {
  std::string out;
  for (std::size_t i = 0; i < data.column_names.size(); ++i) {
    out += (i > 0 ? "," : "") + csv_field(data.column_names[i]);
  }
  out += "\n";
  for (const auto& row : data.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out += ",";
      if (!row[i].is_none()) out += csv_field(row[i].to_str());
    }
    out += "\n";
  }
  return out;
}

std::string agate_json_text(const AgateData& data) {
  JValue list = JValue::list();
  for (const auto& row : data.rows) {
    JValue object = JValue::dict();
    for (std::size_t i = 0; i < row.size(); ++i) {
      const JValue& value = row[i];
      const auto* decimal = value.as<DecimalObject>();
      const bool plain = value.is_none() || value.is_bool() || value.is_int();
      object.set(data.column_names[i], decimal != nullptr
                                           ? JValue(decimal->number().to_double())
                                           : (plain ? value : JValue(value.to_str())));
    }
    list.append(object);
  }
  return jinja::to_json(list);
}

}  // namespace floe::dbt
