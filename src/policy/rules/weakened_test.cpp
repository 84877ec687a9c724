// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/class_gates.h"
#include "policy/facts.h"
#include "policy/own_test_macros.h"
#include "policy/required_tests.h"
#include "policy/weak_tests.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

/// Whether a requirement asks for exactly this test on this column.
bool required_asks_for(const Context& context, const dbt::Node& model, const dbt::Node& test,
                       const std::string& requirement) {
  const std::string& name = test.test_metadata->name;
  const auto on_key = [&] {
    const auto key = primary_key(context, model);
    return is_within_key(test, key);
  };
  if (requirement == "not_null_pk") return name == "not_null" && on_key();
  if (requirement == "unique_pk") {
    return (name == "unique" || name == "unique_combination_of_columns") && on_key();
  }
  if (requirement == "referential_integrity") return name == "relationships";
  if (requirement == "scd_validation") {
    return name == "not_null" &&
           (test.column_name == "effective_from" || test.column_name == "is_current");
  }
  return name == requirement;
}

/// A required test with the setting that requires it.
struct Requirement {
  std::string name;
  std::string setting;
};

std::vector<Requirement> required_of(const Context& context, const dbt::Node& model,
                                     const dbt::Node& test) {
  std::vector<Requirement> required;
  const auto add = [&](const std::vector<std::string>& names, const std::string& setting) {
    for (const std::string& name : names) required.push_back({name, setting});
  };
  add(context.platform.quality_gates.required_tests, "governance.quality_gates.required_tests");
  if (const core::Layer* layer = context.platform.layer_of(model.name)) {
    add(layer->required_tests,
        fmt::format("data_architecture.layers.{}.quality_gates.required_tests", layer->name));
  }
  for (const ClassGate& gate : class_gates(context)) {
    const std::vector<std::string> columns = columns_from(context, model, gate.level);
    if (columns.empty()) continue;
    const std::string column = to_lower(test.column_name);
    const bool concerns =
        column.empty() || std::find(columns.begin(), columns.end(), column) != columns.end();
    for (const std::string& name : gate.required_tests) {
      // A test of a column is required of the columns of the classification alone.
      if (!concerns && !is_named_requirement(name)) continue;
      required.push_back({name, gate.setting + ".required_tests"});
    }
  }
  return required;
}

void check_one_test(const Context& context, const OwnTestMacros& own, const dbt::Node& test,
                    Report& report) {
  if (!test.test_metadata || test.attached_node.empty()) return;
  const std::string weakness = weakness_of(context.project, own, test);
  if (weakness.empty()) return;
  const dbt::Node* model = context.project.find_node(test.attached_node);
  if (model == nullptr || model->type != dbt::ResourceType::kModel) return;
  if (!context.is_own(model->package_name)) return;
  const std::vector<Requirement> required = required_of(context, *model, test);
  const auto asked =
      std::find_if(required.begin(), required.end(), [&](const Requirement& requirement) {
        return required_asks_for(context, *model, test, requirement.name);
      });
  if (asked == required.end()) return;
  diag::Diagnostic finding;
  finding.message =
      fmt::format("required test {} on '{}'{} {}", test.test_metadata->name, model->name,
                  test.column_name.empty() ? "" : "." + test.column_name, weakness);
  finding.span = test.span ? test.span : model->patch_span;
  finding.node = test.unique_id;
  finding.expected = "the test as dbt has it: enabled, with severity error, over all rows";
  finding.help = "remove what weakens it";
  report.finding(std::move(finding), asked->setting);
}

void check_weakened_test(const Context& context, Report& report) {
  const OwnTestMacros own(context.project);
  for (const dbt::Node* test : context.tests) check_one_test(context, own, *test, report);
  for (const auto& [id, nodes] : context.project.disabled) {
    for (const auto& node : nodes) {
      if (node->type == dbt::ResourceType::kTest) check_one_test(context, own, *node, report);
    }
  }
}

}  // namespace

extern const Rule rule_weakened_test;
const Rule rule_weakened_test = {
    "Q005",
    "weakened-test",
    Governs::kQuality,
    "a required test is neither disabled nor demoted",
    R"(A required test that is disabled, or whose severity is `warn`, or that lets failures through by `error_if` `fail_calc`, `where` or a
`limit` that leaves all out, or that a macro of the product's own decides in place of dbt's (`test_not_null`, `get_where_subquery`), no longer holds anybody up. It counts as missing.

Bad: `unique` with `severity: warn` on the key where `unique_pk` is required. Good: the test with its default severity.

Set by `required_tests` of `governance.quality_gates`, of the layer, or of a classification.
)",
    check_weakened_test,
};

}  // namespace floe::policy
