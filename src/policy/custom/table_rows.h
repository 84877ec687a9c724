// SPDX-License-Identifier: Apache-2.0
// How the fillers of project tables write cells, and where spans stand.
#pragma once

#include "policy/custom/project_tables.h"
#include "policy/facts.h"
#include "value/value.h"

#include <cstdint>
#include <map>
#include <vector>

namespace floe::policy {

/// Writes a row cell by cell, in the order of the table's fields.
class RowWriter {
 public:
  explicit RowWriter(dbt::BulkRows& rows) : cells_(rows.cells) {}
  /// Bytes that are no UTF-8 become '?': DuckDB takes no others.
  RowWriter& text(std::string_view value);
  /// Null instead of an empty text.
  RowWriter& text_or_null(std::string_view value) { return value.empty() ? null() : text(value); }
  RowWriter& flag(bool value) {
    cells_.emplace_back(value);
    return *this;
  }
  RowWriter& whole(std::int64_t value) {
    cells_.emplace_back(value);
    return *this;
  }
  RowWriter& real(double value) {
    cells_.emplace_back(value);
    return *this;
  }
  RowWriter& null() {
    cells_.emplace_back(std::monostate{});
    return *this;
  }
  RowWriter& texts(std::vector<std::string> value);
  /// A value as JSON; null for none.
  RowWriter& json(const value::Value* value);
  RowWriter& json(const value::Value& value) { return json(&value); }
  /// A scalar as text; null for none, lists and maps.
  RowWriter& scalar(const value::Value* value);

 private:
  std::vector<dbt::BulkCell>& cells_;
};

/// Lines of spans. Unlike SourceMap::locate it reads every file once, however many are asked.
class LineFinder {
 public:
  explicit LineFinder(const diag::SourceMap& sources) : sources_(sources) {}
  /// 0 if the span is nowhere.
  std::int64_t line(diag::Span span);

 private:
  const diag::SourceMap& sources_;
  std::map<const diag::Source*, std::vector<std::uint32_t>> starts_;
};

/// The folder of a path, "" for none.
std::string_view folder_of(std::string_view path);
/// dbt's patch_path without its package.
std::string_view patch_file(std::string_view patch_path);

// The fillers, by the files they are in.
void fill_nodes(const Context& context, dbt::BulkRows& rows);
void fill_tests(const Context& context, dbt::BulkRows& rows);
void fill_sources(const Context& context, dbt::BulkRows& rows);
void fill_columns(const Context& context, dbt::BulkRows& rows);
void fill_macros(const Context& context, dbt::BulkRows& rows);
void fill_exposures(const Context& context, dbt::BulkRows& rows);
void fill_metrics(const Context& context, dbt::BulkRows& rows);
void fill_semantic_models(const Context& context, dbt::BulkRows& rows);
void fill_semantic_members(const Context& context, dbt::BulkRows& rows);
void fill_saved_queries(const Context& context, dbt::BulkRows& rows);
void fill_unit_tests(const Context& context, dbt::BulkRows& rows);
void fill_groups(const Context& context, dbt::BulkRows& rows);
void fill_docs(const Context& context, dbt::BulkRows& rows);
void fill_edges(const Context& context, dbt::BulkRows& rows);
void fill_macro_edges(const Context& context, dbt::BulkRows& rows);
void fill_layers(const Context& context, dbt::BulkRows& rows);
void fill_platform(const Context& context, dbt::BulkRows& rows);
void fill_product(const Context& context, dbt::BulkRows& rows);
void fill_ports(const Context& context, dbt::BulkRows& rows);
void fill_column_lineage(const Context& context, dbt::BulkRows& rows);
void fill_project_vars(const Context& context, dbt::BulkRows& rows);

}  // namespace floe::policy
