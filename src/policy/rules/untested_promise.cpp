// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "dbt/manifest/contract.h"
#include "policy/facts.h"
#include "policy/model_columns.h"
#include "policy/weak_tests.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace floe::policy {

namespace {

using value::Value;

/// The types of the constraints on one column: its own, and those of the model on it alone.
std::set<std::string> constraints_on(const dbt::Node& node, const std::string& name) {
  std::set<std::string> types;
  const auto take = [&](const Value& constraints, bool of_column) {
    if (!constraints.is_list()) return;
    for (const Value& constraint : constraints.as_list()) {
      const std::vector<std::string> on = texts_of(constraint.find("columns"));
      const bool is_on_it = on.size() == 1 && to_lower(on.front()) == to_lower(name);
      if (of_column || is_on_it) types.insert(text_at(constraint, "type"));
    }
  };
  take(node.constraints, false);
  for (const auto& [key, column] : node.columns) {
    if (to_lower(column.name) == to_lower(name)) take(column.constraints, true);
  }
  return types;
}

/// What keeps a promise about a column from being kept, in words; "" if a test, or a constraint
/// that dbt enforces, holds the column to it.
std::string missing_proof(const Context& context, const OwnTestMacros& own, const dbt::Node& node,
                          const std::string& column, const std::string& test_name) {
  if (dbt::contract_enforced(node)) {
    const std::set<std::string> constraints = constraints_on(node, column);
    if (constraints.contains(test_name) || constraints.contains("primary_key")) return "";
  }
  std::string missing = fmt::format("nothing tests it in model '{}'", node.name);
  for (const dbt::Node* test : context.tests_on(node.unique_id)) {
    if (!is_test_of(context, *test, test_name, column)) continue;
    const std::string weakness = weakness_of(context.project, own, *test);
    if (weakness.empty()) return "";
    missing = fmt::format("the test '{}' {}", test->name, weakness);
  }
  return missing;
}

void check_promise(const Context& context, const OwnTestMacros& own, const mesh::Offer& offer,
                   const dbt::Node& node, const contract::Column& column, const std::string& test,
                   Report& report) {
  const std::string missing = missing_proof(context, own, node, column.name, test);
  if (missing.empty()) return;
  diag::Diagnostic finding;
  finding.message = fmt::format("port '{}' promises that '{}' is {}, but {}", offer.name,
                                column.name, test == "unique" ? "unique" : "never null", missing);
  finding.span = column.span ? column.span : offer.contract_span;
  finding.node = node.unique_id;
  finding.labels.push_back({node.patch_span ? node.patch_span : node.span, "the model"});
  finding.expected = fmt::format("a {} test on '{}'", test, column.name);
  finding.help = fmt::format("add `data_tests: [{}]` to column '{}' of model '{}'", test,
                             column.name, node.name);
  report.finding(std::move(finding), "governance.contracts.enforcement");
}

void check_untested_promise(const Context& context, Report& report) {
  if (context.mesh == nullptr) return;
  const OwnTestMacros own(context.project);
  for (const mesh::Offer& offer : context.mesh->offers) {
    const dbt::Node* node = offered_node(context, offer);
    if (!offer.contract || node == nullptr) continue;
    const contract::Table* table = offer.contract->table_of(offer.model);
    if (table == nullptr) continue;  // K003 says so
    for (const contract::Column& column : table->columns) {
      if (column.is_never_null()) {
        check_promise(context, own, offer, *node, column, "not_null", report);
      }
      if (column.is_all_different()) {
        check_promise(context, own, offer, *node, column, "unique", report);
      }
    }
  }
}

}  // namespace

extern const Rule rule_untested_promise;
const Rule rule_untested_promise = {
    "K007",
    "untested-promise",
    Governs::kContracts,
    "what a contract promises of values is tested",
    R"(`required: true` and `unique: true` in a contract are promises about every row, and only a test that runs keeps them. So the
model behind the port needs a `not_null` or `unique` test on that column, or dbt's constraint of that name (or `primary_key`)
where dbt enforces the model's contract. A test that lets failures through (Q005) keeps no promise.

ODCS's `quality` of a column counts, too, where it says the same: `{metric: nullValues, mustBe: 0}` and `{metric: duplicateValues,
mustBe: 0}` (or `rule` before ODCS 3.1). Of other quality checks floe warns that it does not run them (C064).

Bad: `{name: order_id, required: true}` without a test. Good: `data_tests: [not_null]` on `order_id` in the properties file.

Set by `governance.contracts.enforcement`.
)",
    check_untested_promise,
};

}  // namespace floe::policy
