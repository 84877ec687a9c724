// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/facts.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

void check_layer_folder(const Context& context, Report& report) {
  for (const dbt::Node* model : context.models) {
    const core::Layer* layer = context.platform.layer_of(model->name);
    if (layer == nullptr) continue;
    const auto parts = split(model->original_file_path, '/');
    bool own = false;
    const core::Layer* other = nullptr;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const core::Layer* folder = context.platform.find_layer(parts[i]);
      if (folder == layer) own = true;
      if (folder != nullptr && folder != layer) other = folder;
    }
    if (own || other == nullptr) continue;
    diag::Diagnostic finding;
    finding.message = fmt::format("model '{}' ({}) lies in a folder of {}", model->name,
                                  layer->name, other->name);
    finding.span = model->span;
    finding.node = model->unique_id;
    finding.expected = fmt::format("a folder of {}, or one that names no layer", layer->name);
    finding.help = fmt::format("move the file out of '{}'", other->name);
    report.finding(std::move(finding), "data_architecture.pattern");
  }
}

}  // namespace

extern const Rule rule_layer_folder;
const Rule rule_layer_folder = {
    "A004",
    "layer-folder",
    Governs::kArchitecture,
    "a model does not lie in the folder of another layer",
    R"(Where folders are named after layers, a model lies in the folder of its own, or configuration set for that folder hits the
wrong models.

Bad: `models/gold/silver_orders.sql`. Good: `models/silver/silver_orders.sql`.
)",
    check_layer_folder,
};

}  // namespace floe::policy
