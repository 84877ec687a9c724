// SPDX-License-Identifier: Apache-2.0
// What the platform and the data product look like as rows.
#include "policy/custom/table_rows.h"

#include <algorithm>

namespace floe::policy {

void fill_layers(const Context& context, dbt::BulkRows& rows) {
  RowWriter row(rows);
  std::int64_t index = 0;
  for (const core::Layer& layer : context.platform.layers) {
    row.text(layer.name)
        .whole(index++)
        .texts(layer.prefixes)
        .text(layer.description)
        .text_or_null(layer.schema)
        .text_or_null(layer.catalog_namespace)
        .texts(layer.materializations)
        .texts(layer.may_depend_on)
        .texts(layer.required_tests);
    if (layer.minimum_coverage) row.real(*layer.minimum_coverage);
    else row.null();
    row.flag(layer.required_documentation);
  }
}

void fill_platform(const Context& context, dbt::BulkRows& rows) {
  const core::Platform& platform = context.platform;
  RowWriter(rows)
      .text(platform.name)
      .text(platform.version)
      .text(platform.scope)
      .text_or_null(platform.owner)
      .text(platform.description)
      .text_or_null(platform.pattern)
      .text(platform.compute())
      .real(platform.quality_gates.minimum_test_coverage)
      .json(platform.classification)
      .json(platform.access_control)
      .json(platform.retention)
      .json(platform.namespaces);
}

void fill_product(const Context& context, dbt::BulkRows& rows) {
  const config::DataProduct& product = context.product;
  RowWriter row(rows);
  row.text(product.name)
      .text(product.version)
      .text(product.description)
      .json(product.labels)
      .text_or_null(product.ownership ? product.ownership->team : "")
      .text_or_null(product.ownership ? product.ownership->email : "")
      .text(context.project.name)
      .text(context.project.adapter_type)
      .json(context.project.root_config);
}

namespace {

/// The model that a port names, by its unique_id.
std::string port_model(const Context& context, const std::string& name) {
  const auto found = std::find_if(context.models.begin(), context.models.end(),
                                  [&](const dbt::Node* model) { return model->name == name; });
  return found == context.models.end() ? "" : (*found)->unique_id;
}

void write_ports(RowWriter& row, LineFinder& lines, const Context& context, std::string_view kind,
                 const std::vector<config::Port>& ports) {
  for (const config::Port& port : ports) {
    row.text(port.name)
        .text(kind)
        .text_or_null(port.model)
        .text_or_null(port_model(context, port.model))
        .text(port.description)
        .text_or_null(port.version)
        .whole(lines.line(port.span))
        .json(port.data);
  }
}

std::string evolution_of(const std::string& kind) {
  if (kind == "copy") return "copy";
  return kind == "filter" ? "scan" : "mod";
}

}  // namespace

void fill_ports(const Context& context, dbt::BulkRows& rows) {
  RowWriter row(rows);
  LineFinder lines(context.sources);
  write_ports(row, lines, context, "input", context.product.input_ports);
  write_ports(row, lines, context, "output", context.product.output_ports);
}

void fill_column_lineage(const Context& context, dbt::BulkRows& rows) {
  RowWriter row(rows);
  if (context.columns == nullptr) return;
  const auto write = [&](const dbt::Flow& flow, const std::string& id, const std::string& column) {
    const std::string kind(dbt::flow_kind_name(flow.kind));
    row.text(flow.from.node)
        .text(flow.from.column)
        .text(id)
        .text(column)
        .text(kind)
        .text(evolution_of(kind));
  };
  for (const auto& [id, relation] : context.columns->relations) {
    // M002 looks at some tests, too; they are no relations.
    const dbt::Node* node = context.project.find_node(id);
    if (node != nullptr && node->type == dbt::ResourceType::kTest) continue;
    for (const dbt::InferredColumn& column : relation.columns) {
      for (const dbt::Flow& flow : column.flows) write(flow, id, column.name);
      // What decides which rows there are has a say in each of their columns.
      for (const dbt::Flow& flow : relation.filters) write(flow, id, column.name);
    }
  }
}

}  // namespace floe::policy
