// SPDX-License-Identifier: Apache-2.0
// What is known of the columns of a model: the one place that contract rules ask. Unknown stays
// unknown; columns and types that are inferred from SQL come in here, too.
#pragma once

#include "core/contract/type.h"
#include "policy/rule.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::policy {

struct ModelColumn {
  std::string name;
  std::string type_text;  // "" if it is not known
  contract::Type type;    // kUnknown if it is not known
  diag::Span span;
  bool is_type_inferred = false;  // the type is what the model's SQL makes, declared or not
};

struct ModelColumns {
  std::vector<ModelColumn> columns;
  /// Whether the model has these columns and no others. If not, a column that is not among them
  /// may exist.
  bool is_complete = false;

  /// Upper and lower case count as one, as in SQL.
  const ModelColumn* find(std::string_view name) const;
};

/// The columns of all models and seeds of a context, made once.
class KnownColumns {
 public:
  explicit KnownColumns(const Context& context);
  const ModelColumns* find(std::string_view unique_id) const;

 private:
  std::map<std::string, ModelColumns, std::less<>> columns_;
};

/// The columns that are inferred from the model's SQL (Context::columns), and those of its
/// properties file. They are all there are if the inference says so or dbt enforces the model's
/// contract; an inferred type counts before a declared one.
ModelColumns model_columns(const Context& context, const dbt::Node& node);

/// The same, and what is declared although the SQL has no such column: names are judged wherever
/// they are written.
std::vector<ModelColumn> named_columns(const Context& context, const dbt::Node& node);

/// The model, seed or snapshot of the project that an output port offers; nullptr if it offers a
/// table or a model of another project.
const dbt::Node* offered_node(const Context& context, const mesh::Offer& offer);

/// Whether a dbt source stands for an input port: its meta.floe.input_port says so or, if it has
/// none, its name or its table's name is that of the port.
bool is_source_of_input(const dbt::SourceNode& source, const mesh::Input& input);

/// Whether the model behind an output port reads the input port, through a dbt source that stands
/// for it. Every port reads every input if no
/// source of the project belongs to the input.
bool reads_input(const Context& context, const mesh::Offer& offer, const mesh::Input& input);

/// The value at a path of an input or output port of floe.yaml, or nullptr.
const value::Value* port_value(const std::vector<config::Port>& ports, std::string_view port,
                               std::string_view path);
/// Where that stands, else the port itself.
diag::Span port_span(const std::vector<config::Port>& ports, std::string_view port,
                     std::string_view path);

}  // namespace floe::policy
