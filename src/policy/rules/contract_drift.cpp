// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/facts.h"
#include "policy/model_columns.h"

#include <fmt/core.h>

#include <map>

namespace floe::policy {

namespace {

using contract::Family;
using contract::TypeStep;

/// Before ODCS 3.1 `date` stood for points in time, too.
bool is_old_date(const contract::Contract& contract, const contract::Column& column,
                 Family actual) {
  return contract.api_version.starts_with("v3.0") && column.logical_type == "date" &&
         actual == Family::kTimestamp;
}

/// Whether a type of the model contradicts the contract. What is not known contradicts nothing.
bool contradicts(const contract::Contract& contract, const contract::Column& column,
                 const contract::Type& actual) {
  const contract::Type physical = contract::parse_type(column.physical_type);
  const TypeStep step = contract::compare_types(physical, actual);
  if (physical.family != Family::kUnknown && step != TypeStep::kUnknown) {
    // A shorter text is still what was promised.
    const bool is_shorter = step == TypeStep::kNarrowed && actual.family == Family::kText;
    return step != TypeStep::kSame && !is_shorter;
  }
  const Family promised = contract::logical_type(column.logical_type).family;
  return !contract::is_of_family(actual, promised).value_or(true) &&
         !is_old_date(contract, column, actual.family);
}

void report_table(const mesh::Offer& offer, Report& report) {
  const contract::Contract& contract = *offer.contract;
  if (contract.tables.empty()) return;
  std::vector<std::string> names;
  for (const contract::Table& table : contract.tables) names.push_back(table.name);
  diag::Diagnostic finding;
  finding.message =
      fmt::format("the contract of port '{}' says nothing of '{}'", offer.name, offer.model);
  finding.span = contract.tables.front().span ? contract.tables.front().span : offer.contract_span;
  finding.expected =
      fmt::format("an object of that name or physicalName, not only {}", list_and(names));
  finding.help = "name the model in `physicalName` of the object that describes it";
  report.finding(std::move(finding), "governance.contracts.enforcement");
}

void report_column(const mesh::Offer& offer, const dbt::Node& node, const contract::Column& column,
                   const ModelColumns& known, const ModelColumn* actual, Report& report) {
  diag::Diagnostic finding;
  finding.node = node.unique_id;
  finding.span = column.span ? column.span : offer.contract_span;
  if (actual == nullptr) {
    if (!known.is_complete) return;
    finding.message = fmt::format("port '{}' promises a column '{}' that model '{}' does not have",
                                  offer.name, column.name, node.name);
    std::vector<std::string> names;
    for (const ModelColumn& each : known.columns) names.push_back(each.name);
    const std::string near = nearest(column.name, names);
    finding.help = near.empty() ? "add the column to the model, or take it out of the contract"
                                : fmt::format("did you mean '{}'?", near);
  } else {
    if (!contradicts(*offer.contract, column, actual->type)) return;
    finding.span = column.type_span ? column.type_span : finding.span;
    finding.message =
        fmt::format("column '{}' of port '{}' is {} by contract, but {} in model '{}'", column.name,
                    offer.name, column.type_text(), actual->type_text, node.name);
    if (actual->is_type_inferred) {
      finding.labels.push_back({node.span, fmt::format("its SQL makes it {}", actual->type_text)});
    } else {
      finding.labels.push_back({actual->span, "the model declares it here"});
    }
    finding.expected = column.type_text();
    finding.help = "cast it in the model, or change the contract";
  }
  report.finding(std::move(finding), "governance.contracts.enforcement");
}

/// A column that nobody was promised is no drift, unless the contract claims to be the whole.
void check_contract_drift(const Context& context, Report& report) {
  if (context.mesh == nullptr) return;
  for (const mesh::Offer& offer : context.mesh->offers) {
    const dbt::Node* node = offered_node(context, offer);
    if (!offer.contract || node == nullptr) continue;
    const contract::Table* table = offer.contract->table_of(offer.model);
    if (table == nullptr) {
      report_table(offer, report);
      continue;
    }
    const ModelColumns known = model_columns(context, *node);
    std::map<std::string, const ModelColumn*> by_name;
    for (const ModelColumn& each : known.columns) by_name.emplace(to_lower(each.name), &each);
    for (const contract::Column& column : table->columns) {
      const auto found = by_name.find(to_lower(column.name));
      report_column(offer, *node, column, known, found == by_name.end() ? nullptr : found->second,
                    report);
    }
  }
}

}  // namespace

extern const Rule rule_contract_drift;
const Rule rule_contract_drift = {
    "K003",
    "contract-drift",
    Governs::kContracts,
    "the model behind a port is what its contract says",
    R"(A contract that the model has left behind is worse than none: its readers rely on columns and types that are not there.

Compared are the columns and types that are known of the model: those its SQL makes, and where that is not known, those it
declares. A column that the contract promises must be
among them if they are all there are (dbt enforces the model's contract). A physical type must be the same type, a logical one
of the same kind; a shorter text will do. What floe does not know, it does not guess: an undeclared type contradicts nothing.

Bad: the contract says `order_id: integer`, the model makes or declares `varchar`. Good: both say integer.

Set by `governance.contracts.enforcement`.
)",
    check_contract_drift,
};

}  // namespace floe::policy
