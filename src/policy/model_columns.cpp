// SPDX-License-Identifier: Apache-2.0
#include "policy/model_columns.h"

#include "base/text.h"
#include "dbt/manifest/contract.h"
#include "policy/facts.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace floe::policy {

using value::Value;

const ModelColumn* ModelColumns::find(std::string_view name) const {
  const std::string wanted = to_lower(name);
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const ModelColumn& each) {
    return to_lower(each.name) == wanted;
  });
  return found == columns.end() ? nullptr : &*found;
}

namespace {

/// Types by their text: a project has few different ones.
using ParsedTypes = std::map<std::string, contract::Type>;

const contract::Type& parsed_type(const std::string& text, ParsedTypes& types) {
  const auto [entry, is_new] = types.try_emplace(text);
  if (is_new) entry->second = contract::parse_type(text);
  return entry->second;
}

ModelColumns declared_columns(const dbt::Node& node, ParsedTypes& types) {
  ModelColumns out;
  for (const auto& [key, column] : node.columns) {
    ModelColumn& added = out.columns.emplace_back();
    added.name = column.name;
    added.type_text = column.data_type.value_or("");
    added.type = parsed_type(added.type_text, types);
    added.span = column_span(node, column);
  }
  out.is_complete = dbt::contract_enforced(node);
  return out;
}

/// What was inferred, with the places of what is declared. If it is not complete, declared columns
/// that it does not know stay.
ModelColumns inferred_columns(ModelColumns declared, const dbt::Node& node,
                              const dbt::RelationColumns& inferred, ParsedTypes& types) {
  ModelColumns out;
  out.is_complete = inferred.complete || declared.is_complete;
  for (const dbt::InferredColumn& each : inferred.columns) {
    ModelColumn& added = out.columns.emplace_back();
    added.name = each.name;
    added.type_text = each.type;
    added.is_type_inferred = !each.type.empty();
    added.span = node.patch_span ? node.patch_span : node.span;
    if (const ModelColumn* known = declared.find(each.name)) {
      added.span = known->span;
      if (added.type_text.empty()) added.type_text = known->type_text;
    }
    added.type = parsed_type(added.type_text, types);
  }
  for (ModelColumn& each : declared.columns) {
    if (!inferred.complete && out.find(each.name) == nullptr)
      out.columns.push_back(std::move(each));
  }
  return out;
}

ModelColumns columns_of_node(const Context& context, const dbt::Node& node, ParsedTypes& types) {
  ModelColumns declared = declared_columns(node, types);
  const dbt::RelationColumns* inferred =
      context.columns == nullptr ? nullptr : context.columns->find(node.unique_id);
  if (inferred == nullptr) return declared;
  return inferred_columns(std::move(declared), node, *inferred, types);
}

}  // namespace

KnownColumns::KnownColumns(const Context& context) {
  ParsedTypes types;
  for (const auto* nodes : {&context.models, &context.seeds}) {
    for (const dbt::Node* node : *nodes) {
      columns_.emplace(node->unique_id, columns_of_node(context, *node, types));
    }
  }
}

const ModelColumns* KnownColumns::find(std::string_view unique_id) const {
  const auto found = columns_.find(unique_id);
  return found == columns_.end() ? nullptr : &found->second;
}

ModelColumns model_columns(const Context& context, const dbt::Node& node) {
  const ModelColumns* known =
      context.known_columns == nullptr ? nullptr : context.known_columns->find(node.unique_id);
  if (known != nullptr) return *known;
  ParsedTypes types;
  return columns_of_node(context, node, types);
}

std::vector<ModelColumn> named_columns(const Context& context, const dbt::Node& node) {
  ModelColumns columns = model_columns(context, node);
  for (const auto& [key, column] : node.columns) {
    if (columns.find(column.name) != nullptr) continue;
    ModelColumn& added = columns.columns.emplace_back();
    added.name = column.name;
    added.span = column_span(node, column);
  }
  return std::move(columns.columns);
}

const dbt::Node* offered_node(const Context& context, const mesh::Offer& offer) {
  for (const auto* nodes : {&context.models, &context.seeds, &context.snapshots}) {
    for (const dbt::Node* node : *nodes) {
      if (node->name == offer.model) return node;
    }
  }
  return nullptr;
}

bool is_source_of_input(const dbt::SourceNode& source, const mesh::Input& input) {
  for (const Value* meta : {&source.meta, &source.source_meta}) {
    const Value* port = meta->find_path("floe.input_port");
    if (port != nullptr && port->is_string()) return port->as_string() == input.name;
  }
  return source.source_name == input.name || source.name == input.name;
}

namespace {

/// Whether a node reads one of the sources, through whatever stands between.
bool reads_source(const Context& context, const dbt::Node& node,
                  const std::set<std::string>& sources) {
  std::set<std::string> seen{node.unique_id};
  std::vector<const dbt::Node*> open = {&node};
  while (!open.empty()) {
    const dbt::Node* here = open.back();
    open.pop_back();
    for (const std::string& id : here->depends_on_nodes) {
      if (sources.contains(id)) return true;
      if (!seen.insert(id).second) continue;
      if (const dbt::Node* parent = context.project.find_node(id)) open.push_back(parent);
    }
  }
  return false;
}

}  // namespace

bool reads_input(const Context& context, const mesh::Offer& offer, const mesh::Input& input) {
  std::set<std::string> sources;
  for (const dbt::SourceNode* source : context.source_tables) {
    if (is_source_of_input(*source, input)) sources.insert(source->unique_id);
  }
  const dbt::Node* node = offered_node(context, offer);
  return sources.empty() || node == nullptr || reads_source(context, *node, sources);
}

const Value* port_value(const std::vector<config::Port>& ports, std::string_view port,
                        std::string_view path) {
  const auto found = std::find_if(ports.begin(), ports.end(),
                                  [&](const config::Port& each) { return each.name == port; });
  return found == ports.end() ? nullptr : found->data.find_path(path);
}

diag::Span port_span(const std::vector<config::Port>& ports, std::string_view port,
                     std::string_view path) {
  const Value* found = port_value(ports, port, path);
  if (found != nullptr && found->span) return found->span;
  const auto at = std::find_if(ports.begin(), ports.end(),
                               [&](const config::Port& each) { return each.name == port; });
  return at == ports.end() ? diag::Span() : at->span;
}

}  // namespace floe::policy
