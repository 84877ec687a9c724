// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "core/platform/access.h"
#include "core/platform/merge.h"
#include "policy/facts.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

/// What is wrong with a namespace for a node of a layer ("" none); "" if nothing is.
std::string namespace_mistake(const core::Platform& platform, const std::string& name,
                              const core::Layer* layer) {
  const std::vector<std::string> names = core::namespace_names(platform);
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    return "which the platform does not list";
  }
  const std::string of = core::layer_of_namespace(platform, name);
  if (!of.empty() && (layer == nullptr || layer->name != of)) {
    return fmt::format("which is for layer {}", of);
  }
  const std::string domain = text_at(platform.domain, "namespace");
  if (!domain.empty() && !core::lies_in_namespace(name, domain)) {
    return fmt::format("which lies outside of the domain's '{}'", domain);
  }
  return "";
}

/// The namespaces that a node of the layer can be in.
std::vector<std::string> right_namespaces(const core::Platform& platform,
                                          const core::Layer* layer) {
  std::vector<std::string> right;
  for (const std::string& name : core::namespace_names(platform)) {
    if (namespace_mistake(platform, name, layer).empty()) right.push_back(name);
  }
  return right;
}

std::string owner_of_namespace(const core::Platform& platform, const std::string& name) {
  for (const value::Value& space : platform.namespaces.as_list()) {
    if (text_at(space, "name") == name) return text_at(space, "owner");
  }
  return "";
}

void check_approved_namespace(const Context& context, Report& report) {
  if (context.platform.namespaces.empty()) return;
  for (const auto* nodes : {&context.models, &context.seeds, &context.snapshots}) {
    for (const dbt::Node* node : *nodes) {
      const value::Value* own = find_meta(*node, "floe.namespace");
      if (own == nullptr || !own->is_string()) continue;
      const core::Layer* layer = context.platform.layer_of(node->name);
      const std::string& name = own->as_string();
      const std::string mistake = namespace_mistake(context.platform, name, layer);
      if (mistake.empty()) continue;
      const std::vector<std::string> right = right_namespaces(context.platform, layer);
      const std::string near = nearest(name, right);
      const std::string owner = owner_of_namespace(context.platform, name);
      diag::Diagnostic finding;
      finding.message =
          fmt::format("'{}' says it is in namespace '{}', {}", node->name, name, mistake);
      finding.span = own->span ? own->span : node->patch_span ? node->patch_span : node->span;
      finding.node = node->unique_id;
      finding.expected = right.empty() ? "no namespace: none is for it" : list_or(right);
      finding.help = !near.empty()    ? fmt::format("did you mean '{}'?", near)
                     : !owner.empty() ? fmt::format("{} answers for '{}'", owner, name)
                                      : "remove meta.floe.namespace: the layer's counts then";
      report.finding(std::move(finding), "catalog.namespaces");
    }
  }
}

}  // namespace

extern const Rule rule_approved_namespace;
const Rule rule_approved_namespace = {
    "G010",
    "approved-namespace",
    Governs::kConfiguration,
    "a model is in a namespace that the platform approves for its layer",
    R"(Tables go into the namespaces that the platform lists: who may read them, and where they are stored, hangs on it. A model says which
one it is in by `meta.floe.namespace`; where it says nothing, it is in that of its layer. The namespace must be listed, must be
for the model's layer if it is for one, and in a domain it must be the domain's own.

Bad: `meta: {floe: {namespace: scratch}}` where `catalog.namespaces` has `sales.bronze` and `sales.gold`. Good: `sales.gold` on a model of gold.

Set by `catalog.namespaces`.
)",
    check_approved_namespace,
};

}  // namespace floe::policy
