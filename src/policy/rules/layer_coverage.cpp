// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/facts.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

void check_layer_coverage(const Context& context, Report& report) {
  for (const core::Layer& layer : context.platform.layers) {
    if (!layer.minimum_coverage) continue;
    std::size_t covered = 0;
    std::size_t total = 0;
    diag::Diagnostic finding;
    for (const dbt::Node* model : context.models) {
      if (context.platform.layer_of(model->name) != &layer) continue;
      const ColumnCoverage& coverage = model_coverage(context, *model);
      covered += coverage.covered.size();
      total += coverage.total();
      if (coverage.uncovered.empty()) continue;
      if (!finding.span) finding.span = model->patch_span ? model->patch_span : model->span;
      finding.notes.push_back(fmt::format("{}: {}", model->name, join(coverage.uncovered, ", ")));
    }
    if (percent(covered, total) >= *layer.minimum_coverage) continue;
    finding.message = fmt::format("tests cover {} of {} columns ({}) of layer {}", covered, total,
                                  percent_text(percent(covered, total)), layer.name);
    finding.expected = fmt::format("at least {}", percent_text(*layer.minimum_coverage));
    finding.help = "add data_tests to the columns listed here";
    report.finding(
        std::move(finding),
        fmt::format("data_architecture.layers.{}.quality_gates.minimum_coverage", layer.name));
  }
}

}  // namespace

extern const Rule rule_layer_coverage;
const Rule rule_layer_coverage = {
    "Q002",
    "layer-coverage",
    Governs::kQuality,
    "each layer's columns are tested to the layer's minimum",
    R"(A layer can ask for more test coverage than the product as a whole: what others build on deserves more tests. Coverage is
counted as `floe explain Q001` says, over the models of the layer.

Bad: gold at 60 % where gold asks for 100 %. Good: every column of gold tested.

Set by `data_architecture.layers.<layer>.quality_gates.minimum_coverage`.
)",
    check_layer_coverage,
    false,
    true,
};

}  // namespace floe::policy
