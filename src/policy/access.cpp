// SPDX-License-Identifier: Apache-2.0
#include "policy/access.h"

#include "base/text.h"
#include "dbt/context/convert.h"
#include "policy/classification.h"
#include "policy/facts.h"
#include "policy/model_columns.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

using value::Value;

std::string namespace_of_node(const Context& context, const dbt::Node& node) {
  const Value* own = find_meta(node, "floe.namespace");
  if (own != nullptr && own->is_string()) return own->as_string();
  const core::Layer* layer = context.platform.layer_of(node.name);
  return layer == nullptr ? "" : core::namespace_of_layer(context.platform, layer->name);
}

core::AccessTarget access_target(const Context& context, const dbt::Node& node) {
  core::AccessTarget target;
  const std::string& table = node.identifier();
  target.names = {node.name, table};
  if (!node.schema.empty()) target.names.push_back(node.schema + "." + table);
  target.name_space = namespace_of_node(context, node);
  if (!target.name_space.empty()) target.names.push_back(target.name_space + "." + table);
  if (const core::Layer* layer = context.platform.layer_of(node.name)) target.layer = layer->name;
  return target;
}

std::vector<core::AccessColumn> access_columns(const Context& context, const dbt::Node& node) {
  std::vector<core::AccessColumn> columns;
  for (const ModelColumn& each : model_columns(context, node).columns) {
    core::AccessColumn& column = columns.emplace_back();
    column.name = each.name;
    const ColumnClass* known =
        context.classes == nullptr ? nullptr : context.classes->find(node.unique_id, each.name);
    if (known == nullptr) continue;
    column.level = known->level();
    column.tags = known->tags;
    column.unknown = known->unknown;
  }
  return columns;
}

bool has_own_mask(const dbt::Node& node, std::string_view name) {
  const std::string wanted = to_lower(name);
  for (const auto& [key, column] : node.columns) {
    if (to_lower(column.name) != wanted) continue;
    for (const Value* meta : {&column.meta, column.config.find("meta")}) {
      if (meta != nullptr && !text_at(*meta, "floe.mask").empty()) return true;
    }
  }
  return false;
}

bool PortGrant::shows(std::string_view column) const {
  return columns.empty() ||
         std::find(columns.begin(), columns.end(), to_lower(column)) != columns.end();
}

std::vector<PortGrant> port_grants(const config::Port& port) {
  std::vector<PortGrant> grants;
  const Value* access = port.data.find("access");
  // A port that says nothing of access is open to all (mesh::access_of).
  if (access == nullptr || access->empty()) {
    grants.emplace_back().span = port.span;
    return grants;
  }
  if (text_at(*access, "default") == "allow") {
    PortGrant& everybody = grants.emplace_back();
    everybody.span = access->find("default")->span;
  }
  const Value* list = access->find("grants");
  if (list == nullptr || !list->is_list()) return grants;
  for (const Value& entry : list->as_list()) {
    const Value* to = entry.find("to");
    if (to == nullptr || !to->is_string()) continue;
    PortGrant& grant = grants.emplace_back();
    if (to->as_string() != "*") grant.to = to->as_string();
    grant.name = grant.to;
    grant.span = to->span ? to->span : port.span;
    for (const std::string_view kind : {"role:", "group:"}) {
      if (!grant.to.starts_with(kind)) continue;
      grant.name = grant.to.substr(kind.size());
      grant.names_role = true;
    }
    for (const std::string& column : texts_of(entry.find("columns"))) {
      grant.columns.push_back(to_lower(column));
    }
  }
  return grants;
}

namespace {

/// As databases compare names. Ports are held against all nodes: nothing is copied.
bool is_same_name(std::string_view left, std::string_view right) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

/// Whether a text is "first.rest" for a rest that is what `matches` wants.
template <class Matches>
bool is_qualified(std::string_view text, std::string_view first, const Matches& matches) {
  return text.size() > first.size() && text[first.size()] == '.' &&
         is_same_name(text.substr(0, first.size()), first) &&
         matches(text.substr(first.size() + 1));
}

}  // namespace

bool is_offered(const config::Port& port, const dbt::Node& node) {
  if (port.model.empty()) return false;
  const std::string_view table = node.identifier();
  const auto is_table = [&](std::string_view text) { return is_same_name(text, table); };
  const auto in_schema = [&](std::string_view text) {
    return is_qualified(text, node.schema, is_table);
  };
  return is_same_name(port.model, node.name) || is_table(port.model) || in_schema(port.model) ||
         is_qualified(port.model, node.database, in_schema);
}

std::vector<const dbt::Node*> port_nodes(const Context& context, const config::Port& port) {
  std::vector<const dbt::Node*> offered;
  for (const auto& [id, node] : context.project.nodes) {
    const bool is_meant = node->enabled && node->is_refable() && is_offered(port, *node);
    if (is_meant) offered.push_back(node.get());
  }
  return offered;
}

std::string name_with_version(const dbt::Node& node) {
  return !node.version.is_null() ? fmt::format("{}.v{}", node.name, dbt::python_str(node.version))
                                 : node.name;
}

}  // namespace floe::policy
