// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/facts.h"
#include "policy/required_tests.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

void check_required_test(const Context& context, Report& report) {
  for (const dbt::Node* model : context.models) {
    const core::Layer* layer = context.platform.layer_of(model->name);
    const auto demand = [&](const std::string& name, std::string_view setting) {
      const std::string missing = missing_test(context, *model, name);
      if (missing.empty()) return;
      diag::Diagnostic finding;
      finding.message = fmt::format("model '{}' lacks the required test {}", model->name, name);
      finding.span = model->patch_span ? model->patch_span : model->span;
      finding.node = model->unique_id;
      finding.expected = missing;
      finding.help =
          model->patch_path.empty()
              ? fmt::format("add '{}' to a properties file and the test there", model->name)
              : "add it to the model's entry in the properties file";
      report.finding(std::move(finding), setting);
    };
    const auto& general = context.platform.quality_gates.required_tests;
    for (const std::string& name : general) {
      demand(name, "governance.quality_gates.required_tests");
    }
    if (layer == nullptr) continue;
    for (const std::string& name : layer->required_tests) {
      if (std::find(general.begin(), general.end(), name) != general.end()) continue;
      demand(name,
             fmt::format("data_architecture.layers.{}.quality_gates.required_tests", layer->name));
    }
  }
}

}  // namespace

extern const Rule rule_required_test;
const Rule rule_required_test = {
    "Q003",
    "required-test",
    Governs::kQuality,
    "every model has the tests its platform or layer requires",
    R"(The platform names the tests that no model goes without:

- `not_null_pk`, `unique_pk`: the primary key is tested so;
- `freshness`: every source that the model reads declares a freshness;
- `documentation`: the model and its columns are described;
- `referential_integrity`: a model that reads a dimension has a `relationships` test for it;
- `scd_validation`: a type 2 dimension tests `effective_from` and `is_current` for not_null;
- any other name: a data test of that name is attached to the model.

Bad: `gold_customers` without a `unique` test on its key where `unique_pk` is required. Good: `data_tests: [not_null, unique]` on the key.

Set by `governance.quality_gates.required_tests` and `data_architecture.layers.<layer>.quality_gates.required_tests`. The key is
`meta.floe.primary_key`, a primary_key constraint, or the columns that carry both tests.
)",
    check_required_test,
};

}  // namespace floe::policy
