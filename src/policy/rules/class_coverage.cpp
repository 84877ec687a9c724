// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/class_gates.h"
#include "policy/facts.h"

#include <fmt/core.h>

#include <set>

namespace floe::policy {

namespace {

void check_class_coverage(const Context& context, Report& report) {
  if (context.classes == nullptr) return;
  for (const ClassGate& gate : class_gates(context)) {
    if (!gate.minimum_coverage) continue;
    std::size_t covered = 0;
    std::size_t total = 0;
    diag::Diagnostic finding;
    for (const dbt::Node* model : context.models) {
      const std::vector<std::string> columns = columns_from(context, *model, gate.level);
      if (columns.empty()) continue;
      const ColumnCoverage& coverage = model_coverage(context, *model);
      std::set<std::string> hit;
      for (const std::string& name : coverage.covered) hit.insert(to_lower(name));
      std::vector<std::string> bare;
      for (const std::string& name : columns) {
        if (!hit.contains(name)) bare.push_back(name);
      }
      total += columns.size();
      covered += columns.size() - bare.size();
      if (bare.empty()) continue;
      if (!finding.span) finding.span = model->patch_span ? model->patch_span : model->span;
      finding.notes.push_back(fmt::format("{}: {}", model->name, join(bare, ", ")));
    }
    if (percent(covered, total) >= *gate.minimum_coverage) continue;
    finding.message = fmt::format("tests cover {} of {} columns ({}) that are {} or more sensitive",
                                  covered, total, percent_text(percent(covered, total)), gate.name);
    finding.expected = fmt::format("at least {}", percent_text(*gate.minimum_coverage));
    finding.help = "add data_tests to the columns listed here";
    report.finding(std::move(finding), gate.setting + ".minimum_test_coverage");
  }
}

}  // namespace

extern const Rule rule_class_coverage;
const Rule rule_class_coverage = {
    "Q007",
    "class-coverage",
    Governs::kQuality,
    "columns of a classification are tested to its minimum",
    R"(Sensitive data deserves more tests. The columns of the product that are of the level or a more sensitive one, by declaration or lineage,
are counted; covered is what `floe explain Q001` says.

Bad: two of three RESTRICTED columns are tested where RESTRICTED asks for 100 %. Good: a test on each.

Set by `governance.quality_gates.by_classification.<level>.minimum_test_coverage`.
)",
    check_class_coverage,
    false,
    true,
};

}  // namespace floe::policy
