// SPDX-License-Identifier: Apache-2.0
// Functions and windows: which of what they are given becomes their value.
#include "base/text.h"
#include "dbt/columns/lineage_reader.h"

#include <fmt/core.h>

namespace floe::dbt {

using value::Value;

namespace {

/// Windows that number rows or say where they are: no value comes through.
bool is_ranking(std::string_view type) {
  return type == "WINDOW_ROW_NUMBER" || type == "WINDOW_RANK" || type == "WINDOW_RANK_DENSE" ||
         type == "WINDOW_PERCENT_RANK" || type == "WINDOW_CUME_DIST" || type == "WINDOW_NTILE";
}

/// Counting reveals how many rows there are, not what is in them.
bool is_counting(std::string_view function) {
  return function == "count" || function == "count_star" || function == "count_if" ||
         function == "countif" || function == "approx_count_distinct" || function == "regr_count";
}

/// Aggregates that take their values from `within group (order by …)`, as the parser calls them.
bool is_ordered_aggregate(std::string_view function) {
  return function == "mode" || function == "quantile_cont" || function == "quantile_disc";
}

bool is_arrow(const Value& node) { return lineage_text(node, "class") == "LAMBDA"; }

}  // namespace

ExpressionFlows LineageReader::function(const Value& node, const LineageScope& scope) {
  const std::string name = to_lower(lineage_text(node, "function_name"));
  const auto& children = lineage_list(node, "children");
  if (name == kMaskMarker && catalog_.takes_marks && children.size() == 2) {
    ExpressionFlows made = expression(children[1], scope);
    const Value* macro = children[0].find_path("value.value");
    const bool is_named = macro != nullptr && macro->is_string();
    made.flows =
        made.flows.through(FlowKind::kTransform, is_named ? macro->as_string() : std::string());
    return made;
  }
  const Value* is_operator = node.find("is_operator");
  const bool named = is_operator == nullptr || !is_operator->is_bool() || !is_operator->as_bool();
  const FunctionSource source = named ? source_of(name) : FunctionSource::kEngine;
  ExpressionFlows made = this->arguments(node, name, scope);
  if (is_counting(name) && source == FunctionSource::kEngine) {
    made.filters.add(made.flows.through(FlowKind::kFilter));
    made.flows = {};
    made.typing.clear();
  } else {
    const bool aggregate = catalog_.aggregates != nullptr && catalog_.aggregates->contains(name);
    made.flows = made.flows.through(aggregate ? FlowKind::kAggregate : FlowKind::kTransform,
                                    named ? name : std::string());
  }
  const bool has_type = catalog_.fixed_types != nullptr && catalog_.fixed_types->contains(name);
  if (has_type && source == FunctionSource::kEngine) made.typing.clear();
  if (source == FunctionSource::kAnything) {
    result_.reads_anything = true;
    if (made.unknown.empty()) made.unknown = fmt::format("{}() may read anything", name);
  }
  made.filters.add(indirect(node.find("filter"), scope).filters);
  return made;
}

FunctionSource LineageReader::source_of(const std::string& function) const {
  return catalog_.function_source ? catalog_.function_source(function) : FunctionSource::kEngine;
}

/// What a function is given: its arguments, the value that it is called on as a method, and of an
/// ordered aggregate the values in order.
ExpressionFlows LineageReader::arguments(const Value& node, const std::string& name,
                                         const LineageScope& scope) {
  ExpressionFlows made;
  const auto object = receiver(node, scope);
  if (object) made.add(*object);
  const auto& children = lineage_list(node, "children");
  const bool takes_lambdas =
      catalog_.takes_lambdas != nullptr && catalog_.takes_lambdas->contains(name);
  for (std::size_t i = 0; i < children.size(); ++i) {
    const bool is_first = i == 0 && !object;  // the list
    const bool is_lambda = takes_lambdas && !is_first && is_arrow(children[i]);
    made.add(is_lambda ? lambda(children[i], scope) : expression(children[i], scope));
  }
  if (const Value* orders = node.find("order_bys"); orders != nullptr) {
    made.add(ordering(*orders, is_ordered_aggregate(name), scope));
  }
  return made;
}

/// `email.upper()` is parsed as function `upper` of schema `email`, `p.email.upper()` as that of
/// database `p`.
std::optional<ExpressionFlows> LineageReader::receiver(const Value& node,
                                                       const LineageScope& scope) {
  std::vector<std::string> names;
  for (const char* key : {"catalog", "schema"}) {
    if (std::string name = lineage_text(node, key); !name.empty()) names.push_back(std::move(name));
  }
  static const std::set<std::string, std::less<>> kSchemas = {"main", "pg_catalog", "system",
                                                              "temp", "information_schema"};
  if (names.empty() || kSchemas.contains(to_lower(names.back()))) return std::nullopt;
  ExpressionFlows made = column_named(names, scope);
  // A schema with functions that somebody made.
  if (!made.unknown.empty()) result_.reads_anything = true;
  return made;
}

/// Of most aggregates the order decides which value is taken; of those `within group` it has the
/// values.
ExpressionFlows LineageReader::ordering(const Value& node, bool is_value,
                                        const LineageScope& scope) {
  ExpressionFlows made;
  for (const Value& order : lineage_list(node, "orders")) {
    const Value* by = order.find("expression");
    if (is_value && by != nullptr) made.add(expression(*by, scope));
    made.filters.add(indirect(by, scope).filters);
  }
  return made;
}

ExpressionFlows LineageReader::window(const Value& node, const LineageScope& scope) {
  ExpressionFlows made = children(node, scope);
  const std::string name = to_lower(lineage_text(node, "function_name"));
  const std::string type = lineage_text(node, "type");
  if (is_ranking(type) || is_counting(name)) {
    made.filters.add(made.flows.through(FlowKind::kFilter));
    made.flows = {};
    made.typing.clear();
  } else {
    const bool aggregate = type == "WINDOW_AGGREGATE";
    made.flows = made.flows.through(aggregate ? FlowKind::kAggregate : FlowKind::kTransform, name);
  }
  if (catalog_.fixed_types != nullptr && catalog_.fixed_types->contains(name)) made.typing.clear();
  if (const Value* fallback = node.find("default_expr"); fallback != nullptr) {
    made.add(expression(*fallback, scope));
  }
  for (const Value& part : lineage_list(node, "partitions")) {
    made.filters.add(indirect(&part, scope).filters);
  }
  for (const char* key : {"orders", "arg_orders"}) {
    for (const Value& order : lineage_list(node, key)) {
      made.filters.add(indirect(order.find("expression"), scope).filters);
    }
  }
  for (const char* key : {"filter_expr", "start_expr", "end_expr", "offset_expr"}) {
    made.filters.add(indirect(node.find(key), scope).filters);
  }
  return made;
}

}  // namespace floe::dbt
