// SPDX-License-Identifier: Apache-2.0
// The part of agate's tables that dbt's templates see: typed columns, rows, and what makes them
// from query results and CSV files with dbt's type inference.
#pragma once

#include "base/result.h"
#include "dbt/adapter/duckdb.h"
#include "dbt/jinja/interp.h"
#include "dbt/jinja/object.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace floe::dbt {

/// dbt's column types in the order in which inference tries them.
enum class AgateType : std::uint8_t {
  kInteger,
  kNumber,
  kDate,
  kDateTime,
  kIsoDateTime,
  kBoolean,
  kText,
};

/// "Integer", "Number", "Date", "DateTime", "ISODateTime", "Boolean", "Text".
std::string_view agate_type_name(AgateType type);

struct AgateData {
  std::vector<std::string> column_names;
  std::vector<AgateType> column_types;
  std::vector<std::vector<jinja::Value>> rows;  // as typed Python values
};
using AgateDataRef = std::shared_ptr<const AgateData>;

/// agate's Table in templates: columns, rows, column_names, column_types, select, exclude, rename,
/// where, order_by, limit, group_by, aggregate, print_table, to_csv, … Immutable.
class AgateTable : public jinja::Object {
 public:
  explicit AgateTable(AgateDataRef data) : data_(std::move(data)) {}
  const AgateDataRef& data() const { return data_; }

  std::string type_name() const override { return "Table"; }
  std::optional<jinja::Value> get_attr(jinja::Name name) override;
  std::optional<jinja::Value> get_item(const jinja::Value& key) override;
  bool call_method(jinja::CallContext& context, jinja::Name name, const jinja::Args& args,
                   jinja::Value& result) override;
  jinja::IteratorPtr iterate() override;
  std::optional<std::size_t> length() override { return data_->rows.size(); }
  std::string repr() override;
  std::string str() override;

 private:
  jinja::Value print(jinja::CallContext& context, std::string_view method,
                     const jinja::Args& args) const;

  AgateDataRef data_;
};

/// The Python value of a cell: Decimal, datetime, … as dbt's driver gives them.
jinja::Value cell_value(const Cell& cell);

/// What dbt makes of a fetched result (table_from_data_flat): no inference inside strings; lists
/// and structs become JSON text; repeated column names get a number.
AgateDataRef agate_from_result(const Table& result);
/// The empty table that statements without a result give.
AgateDataRef agate_empty();
/// A seed file: header row, comma or `delimiter`, inference except in `text_columns`.
Result<AgateDataRef> agate_from_csv(const std::filesystem::path& path,
                                    const std::set<std::string>& text_columns,
                                    const std::string& delimiter);

inline jinja::Value agate_value(AgateDataRef data) {
  return jinja::make_object<AgateTable>(std::move(data));
}

/// What print_table(), print_csv() and print_json() write.
std::string agate_table_text(const AgateData& data, std::size_t max_rows, std::size_t max_columns,
                             std::size_t max_width);
std::string agate_csv_text(const AgateData& data);
std::string agate_json_text(const AgateData& data);

/// DuckDB's type for column `index` as dbt's convert_type gives it ("integer", "text", …).
std::string agate_sql_type(const AgateData& data, std::size_t index);

}  // namespace floe::dbt
