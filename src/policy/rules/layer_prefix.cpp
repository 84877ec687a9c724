// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/facts.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

std::size_t files_naming(const Context& context, const dbt::Node& model) {
  std::size_t files = model.patch_path.empty() ? 1 : 2;
  for (const auto& [id, node] : context.project.nodes) {
    if (node->type == dbt::ResourceType::kTest && !node->attached_node.empty()) continue;
    for (const dbt::RefArgs& ref : node->refs) {
      if (ref.name == model.name) {
        ++files;
        break;
      }
    }
  }
  return files;
}

/// What a node reads at first hand, in words.
std::string reads_only(const Context& context, const dbt::Node& model) {
  std::vector<std::string> names;
  for (const std::string& id : model.depends_on_nodes) {
    const auto source = context.project.sources.find(id);
    if (source != context.project.sources.end()) {
      names.push_back(
          fmt::format("source('{}', '{}')", source->second->source_name, source->second->name));
    } else if (const dbt::Node* parent = context.project.find_node(id)) {
      names.push_back(fmt::format("'{}'", parent->name));
    }
  }
  if (names.empty()) return "it reads no other model";
  if (names.size() > 3) {
    const std::size_t more = names.size() - 2;
    names.resize(2);
    names.push_back(fmt::format("{} more", more));
  }
  return "it reads only " + list_and(names);
}

void check_layer_prefix(const Context& context, Report& report) {
  if (context.platform.layers.empty()) return;
  for (const dbt::Node* model : context.models) {
    if (context.platform.layer_of(model->name) != nullptr) continue;
    diag::Diagnostic finding;
    finding.message = fmt::format("model '{}' has the prefix of no layer", model->name);
    finding.span = model->span;
    finding.node = model->unique_id;
    finding.expected = expected_prefixes(context.platform);
    if (const core::Layer* layer = likely_layer(context, *model)) {
      finding.help =
          fmt::format("{}, so it belongs to {}: rename it to '{}' in {}",
                      reads_only(context, *model), layer->name, name_in_layer(model->name, *layer),
                      counted(files_naming(context, *model), "file"));
    }
    report.finding(std::move(finding), "data_architecture.naming.enforcement");
  }
}

}  // namespace

extern const Rule rule_layer_prefix;
const Rule rule_layer_prefix = {
    "N001",
    "layer-prefix",
    Governs::kNaming,
    "a model's name says its layer by a prefix",
    R"(The platform's architecture is a set of layers, and the name of every model begins with the prefix of its layer. Then
everybody can tell from a name how far data has been refined, and the layer rules know where a model stands.

Bad: `stg_payments` on a medallion platform. Good: `bronze_payments`.

Rename the file and every `ref()` and properties entry that uses the old name. Set by `data_architecture.naming` and
`data_architecture.layers.<layer>.prefix`.
)",
    check_layer_prefix,
};

}  // namespace floe::policy
