// SPDX-License-Identifier: Apache-2.0
// Making agate tables: types of query results and of CSV text.
#include "base/files.h"
#include "base/text.h"
#include "dbt/adapter/agate.h"
#include "dbt/adapter/cell_text.h"
#include "dbt/adapter/decimal.h"
#include "dbt/adapter/temporal.h"
#include "dbt/jinja/number.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

namespace floe::dbt {

namespace {

using JValue = jinja::Value;

/// A nested cell as json.dumps would write it.
JValue json_ready(const Cell& cell) {
  switch (cell.kind) {
    case CellKind::kList: {
      JValue list = JValue::list();
      for (const Cell& item : cell.items) list.append(json_ready(item));
      return list;
    }
    case CellKind::kStruct: {
      JValue dict = JValue::dict();
      for (std::size_t i = 0; i < cell.items.size(); ++i) {
        dict.set(cell.names[i], json_ready(cell.items[i]));
      }
      return dict;
    }
    case CellKind::kMap: {
      JValue dict = JValue::dict();
      for (std::size_t i = 0; i + 1 < cell.items.size(); i += 2) {
        dict.mutable_dict().set(json_ready(cell.items[i]), json_ready(cell.items[i + 1]));
      }
      return dict;
    }
    case CellKind::kDecimal: {
      const auto number = parse_decimal(cell.text);
      return JValue(number ? number->to_double() : 0.0);
    }
    case CellKind::kDate: return JValue(date_text(cell.integer));
    case CellKind::kTimestamp: {
      std::string text = replace_all(timestamp_text(cell.integer), " ", "T");
      return JValue(cell.with_zone ? text + "+00:00" : text);
    }
    case CellKind::kTime:
    case CellKind::kInterval:
    case CellKind::kUuid: return JValue(cell.to_text());
    default: return cell_value(cell);
  }
}

bool is_nested(CellKind kind) {
  return kind == CellKind::kList || kind == CellKind::kStruct || kind == CellKind::kMap;
}

/// What dbt's inference makes of a column of driver values, by the kind of the values.
AgateType type_of_kind(CellKind kind) {
  switch (kind) {
    case CellKind::kNull:
    case CellKind::kInt:
    case CellKind::kBigInt: return AgateType::kInteger;
    case CellKind::kDouble:
    case CellKind::kDecimal: return AgateType::kNumber;
    case CellKind::kBool: return AgateType::kBoolean;
    case CellKind::kDate: return AgateType::kDate;
    case CellKind::kTimestamp: return AgateType::kDateTime;
    default: return AgateType::kText;
  }
}

JValue typed_value(const Cell& cell) {
  if (cell.is_null()) return JValue::none();
  if (is_nested(cell.kind)) return JValue(jinja::to_json(json_ready(cell)));
  switch (cell.kind) {
    case CellKind::kDouble: return decimal_value(jinja::float_repr(cell.real));
    case CellKind::kBlob:
    case CellKind::kTime:
    case CellKind::kInterval: return JValue(cell_value(cell).to_str());
    default: return cell_value(cell);
  }
}

/// Reads CSV as Python's csv module does with its default dialect.
class CsvReader {
 public:
  CsvReader(std::string_view text, char delimiter) : text_(text), delimiter_(delimiter) {}

  bool next(std::vector<std::string>& row) {
    row.clear();
    if (at_ >= text_.size()) return false;
    if (at_line_end()) {
      skip_line_end();
      return true;
    }
    while (true) {
      row.push_back(field());
      if (at_ >= text_.size()) return true;
      if (text_[at_] == delimiter_) {
        ++at_;
        if (at_ >= text_.size()) row.emplace_back();
        if (at_ >= text_.size()) return true;
        continue;
      }
      skip_line_end();
      return true;
    }
  }

 private:
  bool at_line_end() const { return text_[at_] == '\n' || text_[at_] == '\r'; }
  void skip_line_end() {
    if (text_[at_] == '\r') {
      ++at_;
      if (at_ < text_.size() && text_[at_] == '\n') ++at_;
    } else {
      ++at_;
    }
  }

  std::string field() {
    std::string value;
    if (at_ < text_.size() && text_[at_] == '"') {
      ++at_;
      while (at_ < text_.size()) {
        if (text_[at_] == '"') {
          if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
            value.push_back('"');
            at_ += 2;
            continue;
          }
          ++at_;
          break;
        }
        // Python reads the file in text mode: every line end is "\n".
        if (text_[at_] == '\r') {
          skip_line_end();
          value.push_back('\n');
          continue;
        }
        value.push_back(text_[at_++]);
      }
    }
    while (at_ < text_.size() && text_[at_] != delimiter_ && !at_line_end()) {
      value.push_back(text_[at_++]);
    }
    return value;
  }

  std::string_view text_;
  char delimiter_;
  std::size_t at_ = 0;
};

bool is_null_text(std::string_view text) {
  const std::string lower = to_lower(trim(text));
  return lower.empty() || lower == "null";
}

/// agate's Number: percent signs, currency symbols and thousands separators do not matter.
std::optional<DecimalNumber> csv_number(std::string_view raw) {
  static constexpr std::array<std::string_view, 18> kCurrencies = {
      "؋", "$", "ƒ", "៛", "¥", "₡", "₱", "£", "€", "¢", "﷼", "₪", "₩", "₭", "₮", "₦", "฿", "₫"};
  std::string_view text = trim(raw);
  auto strip = [&](std::string_view symbol) {
    while (!text.empty() && text.starts_with(symbol)) text.remove_prefix(symbol.size());
    while (!text.empty() && text.ends_with(symbol)) text.remove_suffix(symbol.size());
  };
  strip("%");
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  // Plain digits are by far the most common.
  if (text.find_first_not_of("0123456789.,") != std::string_view::npos) {
    for (const std::string_view symbol : kCurrencies) strip(symbol);
  }
  auto number = parse_decimal(replace_all(std::string(text), ",", ""));
  if (number && negative) number->negative = !number->negative;
  return number;
}

std::optional<bool> csv_boolean(std::string_view raw) {
  const std::string lower = to_lower(trim(replace_all(std::string(raw), ",", "")));
  if (lower == "true") return true;
  if (lower == "false") return false;
  return std::nullopt;
}

constexpr std::array<AgateType, 6> kCsvTypes = {AgateType::kNumber,   AgateType::kDate,
                                                AgateType::kDateTime, AgateType::kIsoDateTime,
                                                AgateType::kBoolean,  AgateType::kText};

/// A text cast to a type; nothing when it does not fit.
std::optional<JValue> csv_cast(AgateType type, const std::string& text) {
  if (is_null_text(text)) return JValue::none();
  switch (type) {
    case AgateType::kNumber:
      if (auto number = csv_number(text)) return decimal_value(std::move(*number));
      return std::nullopt;
    case AgateType::kDate:
      if (const auto days = parse_plain_date(trim(text))) return date_value(*days);
      return std::nullopt;
    case AgateType::kDateTime:
      if (const auto micros = parse_plain_datetime(trim(text)))
        return datetime_value(*micros, false);
      return std::nullopt;
    case AgateType::kIsoDateTime:
      if (const auto iso = parse_iso_datetime(trim(text))) {
        return datetime_value(iso->micros, iso->offset_minutes.has_value());
      }
      return std::nullopt;
    case AgateType::kBoolean:
      if (const auto flag = csv_boolean(text)) return JValue(*flag);
      return std::nullopt;
    default: return JValue(text);
  }
}

AgateType infer_csv_column(const std::vector<std::vector<std::string>>& rows, std::size_t column) {
  // A column that no row reaches holds only None, which is an Integer for dbt.
  const bool reached =
      std::any_of(rows.begin(), rows.end(), [&](const auto& row) { return row.size() > column; });
  if (!reached) return AgateType::kInteger;
  for (const AgateType type : kCsvTypes) {
    const bool fits = std::all_of(rows.begin(), rows.end(), [&](const auto& row) {
      return row.size() <= column || csv_cast(type, row[column]).has_value();
    });
    if (fits) return type;
  }
  return AgateType::kText;
}

/// Python's names of unnamed columns: a, b, …, z, aa, bb, ….
std::string letter_name(std::size_t index) {
  return std::string(index / 26 + 1, static_cast<char>('a' + index % 26));
}

/// Unique, non-empty column names as agate makes them.
std::vector<std::string> unique_names(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::string name = names[i].empty() ? letter_name(i) : names[i];
    const std::string base = name;
    for (int number = 2; std::find(out.begin(), out.end(), name) != out.end(); ++number) {
      name = fmt::format("{}_{}", base, number);
    }
    out.push_back(std::move(name));
  }
  return out;
}

/// dbt's names of repeated result columns: a, a_2, a_3.
std::vector<std::string> result_names(const Table& result) {
  std::unordered_map<std::string, int> seen;
  std::vector<std::string> names;
  for (const ResultColumn& column : result.columns) {
    std::string name = column.name;
    const auto [at, fresh] = seen.emplace(name, 1);
    if (!fresh) name = fmt::format("{}_{}", name, ++at->second);
    names.push_back(std::move(name));
  }
  return unique_names(names);
}

}  // namespace

JValue cell_value(const Cell& cell) {
  switch (cell.kind) {
    case CellKind::kNull: return JValue::none();
    case CellKind::kBool: return JValue(cell.integer != 0);
    case CellKind::kInt: return JValue(cell.integer);
    case CellKind::kBigInt: return JValue::integer(cell.text);
    case CellKind::kDouble: return JValue(cell.real);
    case CellKind::kDecimal: return decimal_value(cell.text);
    case CellKind::kBlob: {
      std::string text = "b";
      jinja::append_str_repr(cell.text, text);
      return JValue(text);
    }
    case CellKind::kDate: return date_value(cell.integer);
    case CellKind::kTime: return time_value(cell.integer);
    case CellKind::kTimestamp: return datetime_value(cell.integer, cell.with_zone);
    case CellKind::kInterval: return timedelta_value(cell.integer);
    case CellKind::kList:
    case CellKind::kStruct:
    case CellKind::kMap: return json_ready(cell);
    default: return JValue(cell.text);
  }
}

AgateDataRef agate_from_result(const Table& result) {
  auto data = std::make_shared<AgateData>();
  data->column_names = result_names(result);
  const std::size_t width = result.columns.size();
  data->column_types.assign(width, AgateType::kInteger);
  std::vector<bool> typed(width, false);
  data->rows.reserve(result.rows.size());
  for (const auto& row : result.rows) {
    auto& values = data->rows.emplace_back();
    values.reserve(width);
    for (std::size_t i = 0; i < width; ++i) {
      if (!typed[i] && !row[i].is_null()) {
        data->column_types[i] = type_of_kind(row[i].kind);
        typed[i] = true;
      }
      values.push_back(typed_value(row[i]));
    }
  }
  return data;
}

Result<AgateDataRef> agate_from_csv(const std::filesystem::path& path,
                                    const std::set<std::string>& text_columns,
                                    const std::string& delimiter) {
  std::string content = FLOE_TRY(read_file(path, std::uintmax_t{4} << 30));
  std::string_view text = content;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (find_invalid_utf8(text) != std::string_view::npos) {
    return fail(ErrorKind::kUsage, fmt::format("{} is not UTF-8 text", path.string()));
  }
  CsvReader reader(text, delimiter.empty() ? ',' : delimiter.front());
  std::vector<std::string> header;
  auto data = std::make_shared<AgateData>();
  if (!reader.next(header)) return data;
  data->column_names = unique_names(header);
  std::vector<std::vector<std::string>> rows;
  for (std::vector<std::string> row; reader.next(row);) {
    if (row.size() > header.size()) {
      return fail(ErrorKind::kUsage,
                  fmt::format("Row {} has {} values, but Table only has {} columns.", rows.size(),
                              row.size(), header.size()));
    }
    rows.push_back(std::move(row));
  }
  for (std::size_t i = 0; i < header.size(); ++i) {
    data->column_types.push_back(text_columns.contains(data->column_names[i])
                                     ? AgateType::kText
                                     : infer_csv_column(rows, i));
  }
  for (const auto& row : rows) {
    auto& values = data->rows.emplace_back();
    for (std::size_t i = 0; i < header.size(); ++i) {
      values.push_back(i < row.size()
                           ? csv_cast(data->column_types[i], row[i]).value_or(JValue::none())
                           : JValue::none());
    }
  }
  return data;
}

}  // namespace floe::dbt
