// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/class_gates.h"
#include "policy/facts.h"
#include "policy/required_tests.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

bool tests_whole_model(const Context& context, const dbt::Node& model, const std::string& name) {
  const auto& tests = context.tests_on(model.unique_id);
  return std::any_of(tests.begin(), tests.end(), [&](const dbt::Node* test) {
    return test->test_metadata && test->test_metadata->name == name && test->column_name.empty();
  });
}

/// What a model lacks, in words; "" if nothing.
std::string missing_class_test(const Context& context, const dbt::Node& model,
                               const std::vector<std::string>& columns, const std::string& name) {
  if (is_named_requirement(name)) {
    const auto& general = context.platform.quality_gates.required_tests;
    const bool is_told = std::find(general.begin(), general.end(), name) != general.end();
    return is_told ? "" : missing_test(context, model, name);  // else Q003 speaks of it
  }
  if (tests_whole_model(context, model, name)) return "";
  std::vector<std::string> bare;
  for (const std::string& column : columns) {
    if (!has_test(context, model, name, column)) bare.push_back(column);
  }
  return bare.empty() ? "" : fmt::format("a {} test on {}", name, list_and(bare));
}

void check_class_test(const Context& context, Report& report) {
  if (context.classes == nullptr) return;
  const std::vector<ClassGate> gates = class_gates(context);
  for (const dbt::Node* model : context.models) {
    for (const ClassGate& gate : gates) {
      const std::vector<std::string> columns = columns_from(context, *model, gate.level);
      if (columns.empty()) continue;
      for (const std::string& name : gate.required_tests) {
        const std::string missing = missing_class_test(context, *model, columns, name);
        if (missing.empty()) continue;
        diag::Diagnostic finding;
        finding.message = fmt::format("model '{}' has {} data and lacks the required test {}",
                                      model->name, gate.name, name);
        finding.span = model->patch_span ? model->patch_span : model->span;
        finding.node = model->unique_id;
        finding.expected = missing;
        finding.help = "add it to the model's entry in the properties file";
        report.finding(std::move(finding), gate.setting + ".required_tests");
      }
    }
  }
}

}  // namespace

extern const Rule rule_class_test;
const Rule rule_class_test = {
    "Q008",
    "class-test",
    Governs::kQuality,
    "models with columns of a classification have the tests it requires",
    R"(A classification can require tests beyond those of all models. Floe's own names (`floe explain Q003`) are about the models that have a
column of the level or a more sensitive one; any other name is a data test that each of these columns has, or the model as a whole.

Bad: a RESTRICTED column `salary` without a `not_null` test where RESTRICTED requires it. Good: `data_tests: [not_null]` on the column.

Set by `governance.quality_gates.by_classification.<level>.required_tests`.
)",
    check_class_test,
};

}  // namespace floe::policy
