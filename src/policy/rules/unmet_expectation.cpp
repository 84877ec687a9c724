// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/facts.h"
#include "policy/model_columns.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

using contract::Family;
using contract::TypeStep;
using value::Value;

contract::Type expected_type(const std::string& text) {
  const contract::Type logical = contract::logical_type(to_lower(text));
  // `integer` is the type of 32 bits that `int` is, as in floe's short form of a contract.
  const bool is_word = logical.family != Family::kUnknown && logical.family != Family::kInteger;
  return is_word ? logical : contract::parse_type(text);
}

/// Whether data of `offered` may be more than who expects `expected` can take.
bool is_unmet(const contract::Type& expected, const contract::Type& offered) {
  if (expected.family == Family::kUnknown || offered.family == Family::kUnknown) return false;
  // Any number may be a number of the kind that is expected.
  if (offered.family == Family::kNumber)
    return !contract::is_of_family(expected, offered.family).value_or(true);
  const TypeStep step = contract::compare_types(expected, offered);
  if (step == TypeStep::kSame || step == TypeStep::kNarrowed || step == TypeStep::kUnknown) {
    return false;
  }
  return step != TypeStep::kChanged ||
         !contract::is_of_family(offered, expected.family).value_or(true) ||
         expected.family == offered.family;
}

void check_expected_column(const mesh::Input& input, const contract::Table& table,
                           const Value& expected, Report& report) {
  const Value* name = expected.find("name");
  if (name == nullptr || !name->is_string()) return;
  const Value* required = expected.find("required");
  const bool is_optional = required != nullptr && required->is_bool() && !required->as_bool();
  diag::Diagnostic finding;
  finding.span = name->span;
  const contract::Column* offered = table.find(name->as_string());
  if (offered == nullptr) {
    if (is_optional) return;
    std::vector<std::string> names;
    for (const contract::Column& column : table.columns) names.push_back(column.name);
    finding.message = fmt::format("input port '{}' expects a column '{}' that {} does not promise",
                                  input.name, name->as_string(), input.reference);
    finding.expected = list_or(names);
    const std::string near = nearest(name->as_string(), names);
    finding.help =
        near.empty() ? fmt::format("ask the owner of {} for it, or do without", input.provider.name)
                     : fmt::format("did you mean '{}'?", near);
  } else {
    const Value* type = expected.find("type");
    if (type == nullptr || !type->is_string()) return;
    if (!is_unmet(expected_type(type->as_string()), offered->type())) return;
    finding.span = type->span;
    finding.message =
        fmt::format("input port '{}' expects '{}' to be {}, but {} promises {}", input.name,
                    name->as_string(), type->as_string(), input.reference, offered->type_text());
    finding.expected = offered->type_text();
    finding.help = "expect what is promised, and cast it where you need another type";
  }
  report.finding(std::move(finding), "governance.contracts.enforcement");
}

void check_unmet_expectation(const Context& context, Report& report) {
  if (context.mesh == nullptr || !context.judges_product) return;
  for (const mesh::Input& input : context.mesh->inputs) {
    if (input.search != mesh::Search::kFound || !input.contract) continue;
    const contract::Table* table = input.contract->table_of(input.port->offered());
    const Value* schema = port_value(context.product.input_ports, input.name, "schema");
    if (table == nullptr || !table->has_columns || schema == nullptr || !schema->is_list())
      continue;
    for (const Value& column : schema->as_list()) {
      check_expected_column(input, *table, column, report);
    }
  }
}

}  // namespace

extern const Rule rule_unmet_expectation;
const Rule rule_unmet_expectation = {
    "K005",
    "unmet-expectation",
    Governs::kContracts,
    "what an input port expects is what its provider promises",
    R"(An input port says which columns it needs. They are compared with the contract of the provider's port in the version that
floe.lock pins: every column must be promised, unless it says `required: false`, with a type whose values fit the expected one.
A provider without a contract promises nothing that could be compared.

Bad: `schema: [{name: order_total, type: decimal(10,2)}]` where the provider's contract has `total`. Good: `name: total`.

Set by `governance.contracts.enforcement`.
)",
    check_unmet_expectation,
};

}  // namespace floe::policy
