// SPDX-License-Identifier: Apache-2.0
// What nodes, tests, sources and columns look like as rows.
#include "dbt/manifest/contract.h"
#include "policy/custom/table_rows.h"
#include "policy/facts.h"

#include <algorithm>

namespace floe::policy {

namespace {

using dbt::Node;
using dbt::ResourceType;
using value::Value;

/// Calls `use` with every node of the project, disabled ones too; tests are no nodes here.
template <class Use>
void each_table_node(const Context& context, bool tests, const Use& use) {
  const auto take = [&](const Node& node) {
    if ((node.type == ResourceType::kTest) == tests) use(node);
  };
  for (const auto& [id, node] : context.project.nodes) take(*node);
  for (const auto& [id, node] : context.project.functions) take(*node);
  for (const auto& [id, nodes] : context.project.disabled) {
    for (const auto& node : nodes) take(*node);
  }
}

template <class Use>
void each_table_source(const Context& context, const Use& use) {
  for (const auto& [id, source] : context.project.sources) use(*source);
  for (const auto& [id, sources] : context.project.disabled_sources) {
    for (const auto& source : sources) use(*source);
  }
}

/// The columns that a unique or unique_combination_of_columns test says tell rows apart.
std::vector<std::string> tested_key(const Context& context, const Node& node) {
  for (const Node* test : context.tests_on(node.unique_id)) {
    if (!test->test_metadata) continue;
    if (test->test_metadata->name == "unique" && !test->column_name.empty()) {
      return {test->column_name};
    }
    if (test->test_metadata->name == "unique_combination_of_columns") {
      return texts_of(test->test_metadata->kwargs.find("combination_of_columns"));
    }
  }
  return {};
}

Value refs_value(const Node& node) {
  Value list = Value::list();
  for (const dbt::RefArgs& ref : node.refs) {
    Value entry = Value::map();
    entry.set("name", ref.name);
    entry.set("package", ref.package ? Value(*ref.package) : Value());
    entry.set("version", ref.version);
    list.push(std::move(entry));
  }
  return list;
}

std::vector<std::string> source_names(const Node& node) {
  std::vector<std::string> names;
  for (const dbt::SourceArgs& source : node.sources) {
    names.push_back(source.source_name + "." + source.table_name);
  }
  return names;
}

std::int64_t line_count(std::string_view text) {
  if (text.empty()) return 0;
  return std::count(text.begin(), text.end(), '\n') + (text.back() == '\n' ? 0 : 1);
}

void write_identity(RowWriter& row, const Context& context, const Node& node, LineFinder& lines) {
  row.text(node.unique_id)
      .text(node.name)
      .text(dbt::resource_type_name(node.type))
      .text(node.package_name)
      .flag(context.is_own(node.package_name))
      .flag(node.enabled)
      .text(node.original_file_path)
      .text(folder_of(node.original_file_path))
      .whole(std::max<std::int64_t>(1, lines.line(node.patch_span ? node.patch_span : node.span)))
      .text_or_null(patch_file(node.patch_path))
      .texts(node.fqn);
}

void write_node_settings(RowWriter& row, const Node& node) {
  row.text(node.language)
      .text(node.database)
      .text(node.schema)
      .text(node.alias)
      .text_or_null(node.relation_name)
      .text(node.materialized())
      .text(node.description)
      .flag(is_documentation(node.description))
      .texts(node.tags)
      .json(node.meta)
      .json(node.config)
      .json(node.unrendered_config)
      .text_or_null(node.access)
      .text_or_null(node.group)
      .scalar(&node.version)
      .scalar(&node.latest_version)
      .text_or_null(node.deprecation_date)
      .flag(dbt::contract_enforced(node))
      .json(node.constraints)
      .texts(texts_of(node.config_value("unique_key")));
}

void write_node_facts(RowWriter& row, const Context& context, const Node& node) {
  const core::Layer* layer = context.platform.layer_of(node.name);
  const ColumnCoverage coverage = column_coverage(context, node);
  row.text_or_null(layer == nullptr ? "" : layer->name)
      .texts(primary_key(context, node))
      .texts(declared_primary_key(node))
      .texts(tested_key(context, node))
      .whole(static_cast<std::int64_t>(coverage.columns_unknown ? 0 : coverage.total()))
      .whole(static_cast<std::int64_t>(coverage.covered.size()));
  // A seed's text is its data.
  const std::string_view code =
      node.type == ResourceType::kSeed ? std::string_view() : std::string_view(node.raw_code);
  row.text(code)
      .text(without_comments(code))
      .whole(line_count(code))
      .json(refs_value(node))
      .texts(source_names(node))
      .texts(node.depends_on_nodes)
      .texts(node.depends_on_macros);
}

/// The config value of a test as text.
void write_test_config(RowWriter& row, const Node& test) {
  for (const char* key : {"severity", "where", "limit", "warn_if", "error_if", "fail_calc",
                          "store_failures", "store_failures_as"}) {
    row.scalar(test.config_value(key));
  }
}

void write_columns_of(RowWriter& row, const std::string& node_id, std::string_view node_name,
                      std::string_view type, bool own, bool enabled, std::string_view path,
                      const std::vector<std::pair<std::string, dbt::Column>>& columns,
                      LineFinder& lines) {
  std::int64_t index = 0;
  for (const auto& [key, column] : columns) {
    row.text(node_id)
        .text(node_name)
        .text(type)
        .flag(own)
        .flag(enabled)
        .text(column.name)
        .whole(index++)
        .text_or_null(column.data_type.value_or(""))
        .text(column.description)
        .flag(is_documentation(column.description))
        .texts(column.tags)
        .json(column.meta)
        .json(column.constraints);
    if (column.quote) row.flag(*column.quote);
    else row.null();
    row.text(path).whole(lines.line(column.span));
  }
}

}  // namespace

void fill_nodes(const Context& context, dbt::BulkRows& rows) {
  RowWriter row(rows);
  LineFinder lines(context.sources);
  each_table_node(context, false, [&](const Node& node) {
    write_identity(row, context, node, lines);
    write_node_settings(row, node);
    write_node_facts(row, context, node);
  });
}

void fill_tests(const Context& context, dbt::BulkRows& rows) {
  RowWriter row(rows);
  LineFinder lines(context.sources);
  each_table_node(context, true, [&](const Node& test) {
    write_identity(row, context, test, lines);
    const dbt::TestMetadata* metadata = test.test_metadata ? &*test.test_metadata : nullptr;
    row.text_or_null(metadata == nullptr ? "" : metadata->name)
        .text_or_null(metadata == nullptr ? "" : metadata->namespace_.value_or(""))
        .json(metadata == nullptr ? nullptr : &metadata->kwargs)
        .text_or_null(test.column_name)
        .text_or_null(test.attached_node.empty() && test.depends_on_nodes.size() == 1
                          ? test.depends_on_nodes.front()
                          : test.attached_node)
        .text(test.description)
        .texts(test.tags)
        .json(test.meta)
        .json(test.config)
        .text(test.database)
        .text(test.schema)
        .text_or_null(test.relation_name)
        .text(test.materialized())
        .text_or_null(test.group);
    write_test_config(row, test);
    row.text(test.raw_code).texts(test.depends_on_nodes).texts(test.depends_on_macros);
  });
}

void fill_sources(const Context& context, dbt::BulkRows& rows) {
  RowWriter row(rows);
  LineFinder lines(context.sources);
  each_table_source(context, [&](const dbt::SourceNode& source) {
    row.text(source.unique_id)
        .text(source.name)
        .text(source.source_name)
        .text(source.package_name)
        .flag(context.is_own(source.package_name))
        .flag(source.enabled)
        .text(source.original_file_path)
        .text(folder_of(source.original_file_path))
        .whole(lines.line(source.span))
        .texts(source.fqn)
        .text(source.database)
        .text(source.schema)
        .text(source.identifier)
        .text_or_null(source.relation_name)
        .text(source.description)
        .flag(is_documentation(source.description))
        .text(source.source_description)
        .text_or_null(source.loader)
        .json(source.freshness)
        .flag(value_at(source.freshness, "warn_after.count") != nullptr ||
              value_at(source.freshness, "error_after.count") != nullptr)
        .scalar(&source.loaded_at_field)
        .scalar(&source.loaded_at_query)
        .texts(source.tags)
        .json(source.meta)
        .json(source.source_meta)
        .json(source.config)
        .json(source.external);
  });
}

void fill_columns(const Context& context, dbt::BulkRows& rows) {
  RowWriter row(rows);
  LineFinder lines(context.sources);
  each_table_node(context, false, [&](const Node& node) {
    const std::string_view patch = patch_file(node.patch_path);
    write_columns_of(row, node.unique_id, node.name, dbt::resource_type_name(node.type),
                     context.is_own(node.package_name), node.enabled,
                     patch.empty() ? node.original_file_path : patch, node.columns, lines);
  });
  each_table_source(context, [&](const dbt::SourceNode& source) {
    write_columns_of(row, source.unique_id, source.source_name + "." + source.name, "source",
                     context.is_own(source.package_name), source.enabled, source.original_file_path,
                     source.columns, lines);
  });
}

}  // namespace floe::policy
