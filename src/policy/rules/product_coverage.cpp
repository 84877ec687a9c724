// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/facts.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

void list_uncovered(const Context& context, diag::Diagnostic& finding) {
  static constexpr std::size_t kShown = 10;
  std::size_t more = 0;
  for (const dbt::Node* model : context.models) {
    const ColumnCoverage& coverage = model_coverage(context, *model);
    if (coverage.uncovered.empty()) continue;
    if (finding.notes.size() >= kShown) {
      ++more;
      continue;
    }
    finding.notes.push_back(fmt::format("{} ({} of {} covered): {}", model->name,
                                        coverage.covered.size(), coverage.total(),
                                        join(coverage.uncovered, ", ")));
  }
  if (more > 0) finding.notes.push_back(fmt::format("… and {}", counted(more, "more model")));
}

void check_product_coverage(const Context& context, Report& report) {
  const double minimum = context.platform.quality_gates.minimum_test_coverage;
  if (minimum <= 0) return;
  std::size_t covered = 0;
  std::size_t total = 0;
  for (const dbt::Node* model : context.models) {
    const ColumnCoverage& coverage = model_coverage(context, *model);
    covered += coverage.covered.size();
    total += coverage.total();
  }
  if (percent(covered, total) >= minimum) return;
  diag::Diagnostic finding;
  finding.message = fmt::format("tests cover {} of {} columns ({}) of product '{}'", covered, total,
                                percent_text(percent(covered, total)), context.product.name);
  finding.span = context.product.metadata_span;
  finding.expected = fmt::format("at least {}", percent_text(minimum));
  finding.help = "add data_tests (not_null, unique, accepted_values, …) to the columns listed here";
  list_uncovered(context, finding);
  report.finding(std::move(finding), "governance.quality_gates.minimum_test_coverage");
}

}  // namespace

extern const Rule rule_product_coverage;
const Rule rule_product_coverage = {
    "Q001",
    "test-coverage",
    Governs::kQuality,
    "the product's columns are tested to the platform's minimum",
    R"(Test coverage is the share of columns that at least one enabled data test, unit test or enforced contract constraint
covers, over all models of the product. Columns count as known if the model's SQL has them, declared or not; where the SQL does not
tell, or with `count_inferred_columns: false`, if its properties declare them or a test names them. A model of which no column is known
counts as one column that nothing covers: not declaring columns never raises the figure.

Bad: 4 of 10 columns tested where the minimum is 80 %. Good: `data_tests: [not_null]` on the columns that matter, and more.

Set by `governance.quality_gates.minimum_test_coverage`. The finding lists what is not covered.
)",
    check_product_coverage,
    false,
    true,
};

}  // namespace floe::policy
