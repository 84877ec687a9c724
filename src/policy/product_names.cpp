// SPDX-License-Identifier: Apache-2.0
#include "policy/product_names.h"

#include "base/text.h"
#include "policy/access.h"
#include "policy/facts.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>

namespace floe::policy {

namespace {

using value::Value;

/// Keys of `meta.floe` of a node, source or column that something in floe reads.
constexpr std::array<std::string_view, 9> kMetaKeys = {
    "business_key", "classification", "input_port",     "mask",    "namespace",
    "owner",        "primary_key",    "retention_days", "scd_type"};

/// What ports and gates can name.
struct NamedNodes {
  std::vector<std::string> names;
  std::set<std::string> tags;

  explicit NamedNodes(const std::vector<const dbt::Project*>& projects) {
    for (const dbt::Project* project : projects) {
      for (const auto& [id, node] : project->nodes) {
        if (!node->is_refable()) continue;
        names.push_back(node->name);
        tags.insert(node->tags.begin(), node->tags.end());
      }
    }
  }

  bool has_match(const std::string& pattern) const {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return glob_match(pattern, name); });
  }
};

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates,
                         std::string otherwise) {
  const std::string near = nearest(word, candidates);
  return near.empty() ? std::move(otherwise) : fmt::format("did you mean '{}'?", near);
}

std::vector<const dbt::Node*> nodes_offered(const std::vector<const dbt::Project*>& projects,
                                            const config::Port& port) {
  std::vector<const dbt::Node*> offered;
  for (const dbt::Project* project : projects) {
    for (const auto& [id, node] : project->nodes) {
      if (node->is_refable() && is_offered(port, *node)) offered.push_back(node.get());
    }
  }
  return offered;
}

/// An ephemeral model is a part of the queries that read it: there is no table to offer.
void report_tableless_port(const config::Port& port, const Value& model, diag::Sink& sink) {
  sink.error(
      "C046",
      fmt::format("output port '{}' offers model '{}', which is ephemeral: no table is built "
                  "of it",
                  port.name, model.as_string()),
      model.span, "materialize it as a table or a view, or offer a model that is");
}

void check_port_models(const config::DataProduct& product,
                       const std::vector<const dbt::Project*>& projects, const NamedNodes& nodes,
                       diag::Sink& sink) {
  for (const config::Port& port : product.output_ports) {
    const Value* model = port.data.find("model");
    if (model == nullptr || !model->is_string()) continue;
    const std::vector<const dbt::Node*> offered = nodes_offered(projects, port);
    const bool has_table = std::any_of(offered.begin(), offered.end(), [](const dbt::Node* node) {
      return node->materialized() != "ephemeral";
    });
    if (has_table) continue;
    if (!offered.empty()) {
      report_tableless_port(port, *model, sink);
      continue;
    }
    sink.error("C046",
               fmt::format("output port '{}' offers model '{}', which is in no dbt project of this "
                           "product",
                           port.name, model->as_string()),
               model->span,
               did_you_mean(model->as_string(), nodes.names,
                            "name a model, seed or snapshot; `floe ls` lists them"));
  }
}

/// A grant to nobody's name may be to another product or team, which only the owner knows; one that
/// is nearly a role's is more likely a slip.
void check_grant_names(const config::DataProduct& product, const core::Platform& platform,
                       diag::Sink& sink) {
  if (platform.access_control.empty()) return;
  const core::AccessModel access(platform);
  std::vector<std::string> names = access.roles();
  for (const auto& [group, roles] : access.groups()) names.push_back(group);
  for (const config::Port& port : product.output_ports) {
    for (const PortGrant& grant : port_grants(port)) {
      if (grant.to.empty() || grant.names_role || contains(grant.to, ":")) continue;
      const std::string near = nearest(grant.name, names);
      if (near.empty() || near == grant.name) continue;
      sink.warning("C049",
                   fmt::format("port '{}' is open to '{}', which is no role or group of {}",
                               port.name, grant.to, platform.tier()),
                   grant.span,
                   fmt::format("did you mean '{}'? A product or team of that name is written "
                               "product:{} or team:{}",
                               near, grant.to, grant.to));
    }
  }
}

/// The texts of a value that is a text or a list of texts, as they are written.
std::vector<const Value*> written_texts(const Value* value) {
  std::vector<const Value*> texts;
  if (value == nullptr) return texts;
  if (value->is_string()) texts.push_back(value);
  if (!value->is_list()) return texts;
  for (const Value& item : value->as_list()) {
    if (item.is_string()) texts.push_back(&item);
  }
  return texts;
}

void check_gate_scope(const config::Gate& gate, const core::Platform& platform,
                      const NamedNodes& nodes, diag::Sink& sink) {
  std::vector<std::string> layers;
  for (const core::Layer& layer : platform.layers) layers.push_back(layer.name);
  for (const Value* layer : written_texts(gate.scope.find("layer"))) {
    if (platform.find_layer(layer->as_string()) != nullptr) continue;
    sink.error("C047",
               fmt::format("gate '{}' is about layer '{}', which {} does not have", gate.name,
                           layer->as_string(), platform.tier()),
               layer->span, did_you_mean(layer->as_string(), layers, "it has " + list_and(layers)));
  }
  for (const Value* pattern : written_texts(gate.scope.find("models"))) {
    if (nodes.has_match(pattern->as_string())) continue;
    sink.warning("C047",
                 fmt::format("gate '{}' is about models '{}', and there are none such", gate.name,
                             pattern->as_string()),
                 pattern->span,
                 did_you_mean(pattern->as_string(), nodes.names, "it checks nothing there"));
  }
  for (const Value* tag : written_texts(gate.scope.find("tags"))) {
    if (nodes.tags.count(tag->as_string()) > 0) continue;
    sink.warning("C047",
                 fmt::format("gate '{}' is about tag '{}', and no model has it", gate.name,
                             tag->as_string()),
                 tag->span,
                 did_you_mean(tag->as_string(), {nodes.tags.begin(), nodes.tags.end()},
                              "it checks nothing there"));
  }
}

void check_meta_keys(const Value& meta, const std::string& of, diag::Span span,
                     const std::string& unique_id, diag::Sink& sink) {
  const Value* own = meta.find("floe");
  if (own == nullptr || !own->is_map()) return;
  for (const value::Member& member : own->as_map()) {
    const bool known = std::find(kMetaKeys.begin(), kMetaKeys.end(), member.key) != kMetaKeys.end();
    if (known || member.key.starts_with("x-")) continue;
    diag::Diagnostic finding;
    finding.code = "C048";
    finding.severity = diag::Severity::kWarning;
    finding.message =
        fmt::format("meta.floe of {} has the key '{}', which floe does not know", of, member.key);
    finding.span = member.key_span ? member.key_span : span;
    finding.node = unique_id;
    finding.help = did_you_mean(member.key, {kMetaKeys.begin(), kMetaKeys.end()},
                                "what is not floe's own goes elsewhere under meta");
    sink.add(std::move(finding));
  }
}

template <typename Resource>
void check_meta_of(const Resource& resource, const std::string& name, diag::Span span,
                   diag::Sink& sink) {
  check_meta_keys(resource.meta, fmt::format("'{}'", name), span, resource.unique_id, sink);
  for (const auto& [key, column] : resource.columns) {
    check_meta_keys(column.meta, fmt::format("column '{}' of '{}'", column.name, name),
                    column.span ? column.span : span, resource.unique_id, sink);
  }
}

}  // namespace

void check_product_names(const config::DataProduct& product, const core::Platform& platform,
                         const std::vector<const dbt::Project*>& projects, diag::Sink& sink) {
  const NamedNodes nodes(projects);
  check_port_models(product, projects, nodes, sink);
  check_grant_names(product, platform, sink);
  for (const config::Gate& gate : product.gates) check_gate_scope(gate, platform, nodes, sink);
  for (const dbt::Project* project : projects) {
    for (const auto& [id, node] : project->nodes) {
      if (!project->is_own(node->package_name) || !node->is_refable()) continue;
      check_meta_of(*node, node->name, node->patch_span ? node->patch_span : node->span, sink);
    }
    for (const auto& [id, source] : project->sources) {
      if (!project->is_own(source->package_name)) continue;
      check_meta_of(*source, source->source_name + "." + source->name, source->span, sink);
    }
  }
}

}  // namespace floe::policy
