// SPDX-License-Identifier: Apache-2.0
#include "policy/port_reads.h"

#include "base/text.h"
#include "dbt/adapter/relation.h"
#include "policy/facts.h"
#include "policy/model_columns.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace floe::policy {

mesh::Reader reader_of(const core::Platform& platform, const config::DataProduct& product) {
  mesh::Reader reader;
  reader.product = product.name;
  if (product.ownership) reader.team = product.ownership->team;
  if (platform.scope == "domain") reader.domain = text_at(platform.domain, "name");
  return reader;
}

bool has_limited_inputs(const core::Platform& platform, const config::DataProduct& product,
                        const mesh::Mesh& mesh) {
  const mesh::Reader reader = reader_of(platform, product);
  return std::any_of(mesh.inputs.begin(), mesh.inputs.end(), [&](const mesh::Input& input) {
    return input.search == mesh::Search::kFound &&
           !mesh::access_of(*input.port, reader).columns.empty();
  });
}

std::vector<const dbt::Node*> readers_of(const Context& context, const dbt::SourceNode& source) {
  std::vector<const dbt::Node*> readers;
  for (const auto* nodes : {&context.models, &context.snapshots, &context.tests}) {
    for (const dbt::Node* node : *nodes) {
      if (!context.is_own(node->package_name)) continue;
      const auto& ids = node->depends_on_nodes;
      if (std::find(ids.begin(), ids.end(), source.unique_id) != ids.end()) readers.push_back(node);
    }
  }
  return readers;
}

SourceColumnsRead columns_read(const Context& context, const dbt::Node& node,
                               const dbt::SourceNode& source) {
  SourceColumnsRead read;
  const dbt::RelationColumns* known =
      context.columns == nullptr ? nullptr : context.columns->find(node.unique_id);
  if (known == nullptr) {
    read.unknown = fmt::format("SQL of {} is not followed", context.platform.compute());
    return read;
  }
  std::set<std::string> names;
  const auto take = [&](const std::vector<dbt::Flow>& flows) {
    for (const dbt::Flow& flow : flows) {
      if (flow.from.node == source.unique_id) names.insert(to_lower(flow.from.column));
    }
  };
  read.unknown = known->unknown.empty() ? known->sql_error : known->unknown;
  for (const dbt::InferredColumn& column : known->columns) {
    take(column.flows);
    if (read.unknown.empty()) read.unknown = column.unknown;
  }
  take(known->filters);
  if (read.unknown.empty() && !known->complete) read.unknown = "not all columns of it are known";
  read.columns.assign(names.begin(), names.end());
  return read;
}

diag::Span source_call_span(const dbt::Node& node, const dbt::SourceNode& source) {
  for (const dbt::SourceArgs& call : node.sources) {
    const bool is_it = call.source_name == source.source_name && call.table_name == source.name;
    if (is_it && call.span) return call.span;
  }
  return node.span;
}

namespace {

/// "orders_v2" is the table of a version of "orders".
bool is_version_of(const std::string& table, const std::string& model) {
  if (!table.starts_with(model + "_v")) return false;
  return table.size() > model.size() + 2;
}

/// Whether "table", "schema.table" or "database.schema.table" is the source's relation.
bool names_relation(const std::string& offered, const dbt::SourceNode& source) {
  const std::string text = to_lower(offered);
  const std::string table = to_lower(source.identifier);
  const std::size_t dot = text.rfind('.');
  if (dot == std::string::npos) return text == table || is_version_of(table, text);
  const std::string qualified = to_lower(source.schema) + "." + table;
  return text == qualified || text == to_lower(source.database) + "." + qualified;
}

}  // namespace

bool is_relation_of_port(const dbt::SourceNode& source, const artifact::OutputPort& port,
                         const contract::Contract* contract) {
  if (names_relation(port.offered(), source)) return true;
  if (contract == nullptr) return false;
  return std::any_of(contract->tables.begin(), contract->tables.end(), [&](const auto& table) {
    return names_relation(table.name, source) || names_relation(table.physical_name, source);
  });
}

namespace {

/// Whether the project makes a table of that name there itself.
bool is_made_here(const dbt::Project& project, const dbt::SourceNode& source) {
  const std::string table = to_lower(source.identifier);
  return std::any_of(project.nodes.begin(), project.nodes.end(), [&](const auto& entry) {
    const dbt::Node& node = *entry.second;
    return node.is_refable() && to_lower(node.schema) == to_lower(source.schema) &&
           to_lower(node.identifier()) == table;
  });
}

}  // namespace

bool reads_port(const std::vector<const dbt::SourceNode*>& sources, const dbt::Project& project,
                const dbt::SourceNode& source, const mesh::Input& input) {
  if (is_source_of_input(source, input)) return true;
  if (!input.port || is_made_here(project, source)) return false;
  const contract::Contract* contract = input.contract ? &*input.contract : nullptr;
  if (!is_relation_of_port(source, *input.port, contract)) return false;
  bool is_claimed = false;
  for (const dbt::SourceNode* other : sources) {
    if (!is_source_of_input(*other, input)) continue;
    if (dbt::relation_key(*other) == dbt::relation_key(source)) return true;
    is_claimed = true;
  }
  return !is_claimed;
}

std::set<std::string> tests_of_limited_inputs(const core::Platform& platform,
                                              const config::DataProduct& product,
                                              const mesh::Mesh& mesh, const dbt::Project& project) {
  const mesh::Reader reader = reader_of(platform, product);
  std::vector<const dbt::SourceNode*> sources;
  for (const auto& [id, source] : project.sources) {
    if (source->enabled) sources.push_back(source.get());
  }
  std::set<std::string> limited;
  for (const mesh::Input& input : mesh.inputs) {
    if (input.search != mesh::Search::kFound) continue;
    if (mesh::access_of(*input.port, reader).columns.empty()) continue;
    for (const dbt::SourceNode* source : sources) {
      if (reads_port(sources, project, *source, input)) limited.insert(source->unique_id);
    }
  }
  std::set<std::string> tests;
  for (const auto& [id, node] : project.nodes) {
    if (node->type != dbt::ResourceType::kTest || !node->enabled) continue;
    const auto& ids = node->depends_on_nodes;
    const bool reads = std::any_of(ids.begin(), ids.end(),
                                   [&](const std::string& each) { return limited.contains(each); });
    if (reads) tests.insert(id);
  }
  return tests;
}

}  // namespace floe::policy
