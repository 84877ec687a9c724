// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/facts.h"
#include "policy/port_reads.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

std::string first_door(const core::Platform& platform) {
  std::vector<std::string> names;
  for (const core::Layer& layer : platform.layers) {
    const auto& reads = layer.may_depend_on;
    if (std::find(reads.begin(), reads.end(), "source") != reads.end()) names.push_back(layer.name);
  }
  return names.empty() ? "no layer reads sources" : "only " + list_or(names) + " reads sources";
}

void check_direct_source_read(const Context& context, Report& report) {
  for (const dbt::Node* model : context.models) {
    const core::Layer* layer = context.platform.layer_of(model->name);
    if (layer == nullptr) continue;
    const auto& reads = layer->may_depend_on;
    if (std::find(reads.begin(), reads.end(), "source") != reads.end()) continue;
    for (const LayeredInput& input : layered_inputs(context, *model)) {
      if (input.source == nullptr) continue;
      diag::Diagnostic finding;
      finding.message =
          fmt::format("model '{}' ({}) reads source '{}.{}'{}", model->name, layer->name,
                      input.source->source_name, input.source->name, input.through);
      finding.span = source_call_span(*model, *input.source);
      finding.node = model->unique_id;
      finding.expected = first_door(context.platform);
      finding.help = "read the source in a model of that layer, and ref() that model here";
      report.finding(std::move(finding),
                     fmt::format("data_architecture.layers.{}.may_depend_on", layer->name));
    }
  }
}

}  // namespace

extern const Rule rule_direct_source_read;
const Rule rule_direct_source_read = {
    "A002",
    "direct-source-read",
    Governs::kArchitecture,
    "sources are read in the first layer only",
    R"(Raw data enters through one door, where it is named, typed and tested for the first time. A source read in a later layer
goes around that door.

Bad: `gold_revenue` reads `source('stripe', 'payments')`. Good: `bronze_payments` reads it, and the later layers read `bronze_payments`.

Set by `data_architecture.layers.<layer>.may_depend_on`: only layers that list `source` read sources. Seeds are part of the
project and may be read from every layer.
)",
    check_direct_source_read,
};

}  // namespace floe::policy
