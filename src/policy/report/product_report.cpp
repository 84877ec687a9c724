// SPDX-License-Identifier: Apache-2.0
#include "policy/report/product_report.h"

#include "base/text.h"
#include "policy/classification.h"
#include "policy/facts.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace floe::policy {

namespace {

std::string reported_name(const Context& context, std::string_view id) {
  const auto source = context.project.sources.find(std::string(id));
  if (source != context.project.sources.end()) {
    return source->second->source_name + "." + source->second->name;
  }
  const dbt::Node* node = context.project.find_node(id);
  return node == nullptr ? std::string(id) : node->name;
}

ReportColumn report_inferred(const Context& context, const dbt::InferredColumn& inferred) {
  ReportColumn column;
  column.name = inferred.name;
  column.type = inferred.type;
  column.unknown = inferred.unknown;
  for (const dbt::Flow& flow : inferred.flows) {
    column.origins.push_back({reported_name(context, flow.from.node) + "." + flow.from.column,
                              std::string(dbt::flow_kind_name(flow.kind))});
  }
  return column;
}

/// The inferred columns in their order, then those that are only declared.
template <typename Resource>
std::vector<ReportColumn> report_columns(const Context& context, const Resource& resource) {
  std::vector<ReportColumn> columns;
  std::set<std::string> known;
  const dbt::RelationColumns* inferred =
      context.columns == nullptr ? nullptr : context.columns->find(resource.unique_id);
  if (inferred != nullptr) {
    for (const dbt::InferredColumn& column : inferred->columns) {
      known.insert(to_lower(column.name));
      columns.push_back(report_inferred(context, column));
    }
  }
  for (const auto& [name, declared] : resource.columns) {
    if (!known.insert(to_lower(name)).second) continue;
    ReportColumn column;
    column.name = name;
    column.type = declared.data_type.value_or("");
    columns.push_back(std::move(column));
  }
  for (ReportColumn& column : columns) {
    if (context.classes == nullptr) break;
    const ColumnClass* found = context.classes->find(resource.unique_id, column.name);
    if (found != nullptr && found->level() >= 0) {
      column.level = context.classes->scheme().level_name(found->level());
    }
  }
  return columns;
}

void mark_tested(const ColumnCoverage& coverage, std::vector<ReportColumn>& columns) {
  std::set<std::string> covered;
  for (const std::string& name : coverage.covered) covered.insert(to_lower(name));
  for (ReportColumn& column : columns) column.tested = covered.count(to_lower(column.name)) > 0;
}

ReportNode report_node(const Context& context, const dbt::Node& node) {
  ReportNode out;
  out.id = node.unique_id;
  out.name = node.name;
  out.kind = dbt::resource_type_name(node.type);
  const core::Layer* layer = context.platform.layer_of(node.name);
  if (layer != nullptr) out.layer = layer->name;
  out.materialized = text_at(node.config, "materialized");
  out.path = node.original_file_path;
  out.description = node.description;
  out.parents = node.depends_on_nodes;
  out.columns = report_columns(context, node);
  mark_tested(column_coverage(context, node), out.columns);
  return out;
}

ReportNode report_source(const Context& context, const dbt::SourceNode& source) {
  ReportNode out;
  out.id = source.unique_id;
  out.name = source.source_name + "." + source.name;
  out.kind = "source";
  out.path = source.original_file_path;
  out.description = source.description;
  out.columns = report_columns(context, source);
  return out;
}

/// Edges to what is not shown (nodes of packages) are left out, and each is told once.
void keep_known_parents(std::vector<ReportNode>& nodes) {
  std::set<std::string_view> ids;
  for (const ReportNode& node : nodes) ids.insert(node.id);
  for (ReportNode& node : nodes) {
    std::vector<std::string>& parents = node.parents;
    parents.erase(std::remove_if(parents.begin(), parents.end(),
                                 [&](const auto& id) { return ids.count(id) == 0; }),
                  parents.end());
    std::sort(parents.begin(), parents.end());
    parents.erase(std::unique(parents.begin(), parents.end()), parents.end());
  }
}

std::vector<LayerCoverage> coverage_by_layer(const Context& context) {
  std::map<std::string, LayerCoverage> found;
  for (const dbt::Node* model : context.models) {
    const core::Layer* layer = context.platform.layer_of(model->name);
    const ColumnCoverage& coverage = model_coverage(context, *model);
    LayerCoverage& sum = found[layer == nullptr ? "" : layer->name];
    ++sum.models;
    sum.covered += coverage.covered.size();
    sum.columns += coverage.total();
  }
  std::vector<LayerCoverage> out;
  for (const core::Layer& layer : context.platform.layers) {
    LayerCoverage entry = found[layer.name];
    entry.layer = layer.name;
    entry.minimum = layer.minimum_coverage;
    out.push_back(std::move(entry));
  }
  if (const auto rest = found.find(""); rest != found.end()) out.push_back(rest->second);
  return out;
}

}  // namespace

TransformReport report_transform(const Context& context) {
  TransformReport report;
  report.project = context.project.name;
  report.coverage = coverage_by_layer(context);
  for (const auto* nodes : {&context.models, &context.seeds, &context.snapshots}) {
    for (const dbt::Node* node : *nodes) report.nodes.push_back(report_node(context, *node));
  }
  for (const dbt::SourceNode* source : context.source_tables) {
    report.nodes.push_back(report_source(context, *source));
  }
  std::sort(report.nodes.begin(), report.nodes.end(),
            [](const ReportNode& a, const ReportNode& b) { return a.id < b.id; });
  keep_known_parents(report.nodes);
  return report;
}

}  // namespace floe::policy
