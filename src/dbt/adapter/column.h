// SPDX-License-Identifier: Apache-2.0
// dbt's Column of an existing relation (name and database type), and as a Jinja object. The column
// that a properties file declares is dbt::Column of project/model.h.
#pragma once

#include "dbt/jinja/object.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::dbt {

/// What dbt-duckdb calls a DuckDBColumn.
struct RelationColumn {
  std::string name;
  std::string dtype;
  jinja::Value char_size;          // None unless given
  jinja::Value numeric_precision;  // None unless given
  jinja::Value numeric_scale;      // None unless given

  bool is_string() const;
  bool is_float() const;
  bool is_integer() const;
  bool is_numeric() const;
  bool is_struct() const;
  int string_size() const;
  /// "character varying(256)", "DECIMAL(18,3)", …
  std::string data_type() const;
  /// This column, or the leaves of a struct with dotted names.
  std::vector<RelationColumn> flatten() const;
};

/// A column in templates.
class ColumnObject : public jinja::Object {
 public:
  explicit ColumnObject(RelationColumn column) : column_(std::move(column)) {}
  const RelationColumn& column() const { return column_; }

  std::string type_name() const override { return "DuckDBColumn"; }
  std::optional<jinja::Value> get_attr(jinja::Name name) override;
  bool call_method(jinja::CallContext& context, jinja::Name name, const jinja::Args& args,
                   jinja::Value& result) override;
  std::span<const std::string_view> method_names() const override;
  std::string repr() override;
  bool equals(const jinja::Value& other) override;
  std::optional<std::uint64_t> hash() override { return std::nullopt; }

 private:
  RelationColumn column_;
};

inline jinja::Value column_value(RelationColumn column) {
  return jinja::make_object<ColumnObject>(std::move(column));
}

/// api.Column: callable, with translate_type(), create(), numeric_type(), string_type(), ….
jinja::Value column_class();

}  // namespace floe::dbt
