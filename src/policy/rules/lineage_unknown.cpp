// SPDX-License-Identifier: Apache-2.0
#include "policy/classification.h"
#include "policy/facts.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

std::string name_of_relation(const dbt::Project& project, const std::string& unique_id) {
  if (const dbt::Node* node = project.find_node(unique_id)) return node->name;
  const auto source = project.sources.find(unique_id);
  if (source == project.sources.end()) return unique_id;
  return source->second->source_name + "." + source->second->name;
}

/// Why floe can't see what flows into a column, or into those of the model that have no name here.
std::string why_unknown(const Context& context, const dbt::Node& node,
                        const dbt::InferredColumn* column, const ColumnClass* own) {
  const dbt::RelationColumns* known =
      context.columns == nullptr ? nullptr : context.columns->find(node.unique_id);
  if (column != nullptr && !column->unknown.empty()) return column->unknown;
  if (own != nullptr && own->unsure) {
    return fmt::format("what flows into '{}' of '{}' is not known", own->unsure->column,
                       name_of_relation(context.project, own->unsure->node));
  }
  return known != nullptr ? known->unknown
                          : fmt::format("SQL of {} is not followed", context.platform.compute());
}

void report_doubt(const Context& context, const dbt::Node& node, diag::Diagnostic finding,
                  int possible, const std::string& why, Report& report) {
  const std::string level = context.classes->scheme().level_name(possible);
  finding.node = node.unique_id;
  finding.expected = fmt::format("at least {}, the level of what the model reads{}", level,
                                 why.empty() ? "" : "; unknown because: " + why);
  finding.help = fmt::format("declare it {}, or write SQL that can be followed", level);
  report.finding(std::move(finding), "governance.classification.propagation");
}

void check_followed(const Context& context, const dbt::Node& node, Report& report) {
  const ClassificationScheme& scheme = context.classes->scheme();
  const dbt::RelationColumns* known =
      context.columns == nullptr ? nullptr : context.columns->find(node.unique_id);
  bool is_told = false;
  for (const auto& [name, column] : context.classes->of(node.unique_id)) {
    is_told = is_told || column.is_lost();
    if (!column.is_doubtful()) continue;
    is_told = true;
    diag::Diagnostic finding;
    finding.message =
        fmt::format("column '{}' of '{}' is {}, and floe cannot see what flows into it", name,
                    node.name, scheme.level_name(column.declared));
    finding.span = named_column_span(node, name);
    const dbt::InferredColumn* inferred = known == nullptr ? nullptr : known->find(name);
    report_doubt(context, node, std::move(finding), column.possible,
                 why_unknown(context, node, inferred, &column), report);
  }
  const OtherColumns others = context.classes->others_of(node.unique_id);
  if (is_told || !others.is_doubtful()) return;
  diag::Diagnostic finding;
  finding.message = fmt::format("'{}' is {} as a whole, and floe cannot see all of its columns",
                                node.name, scheme.level_name(others.declared));
  finding.span = node.patch_span ? node.patch_span : node.span;
  report_doubt(context, node, std::move(finding), others.possible,
               why_unknown(context, node, nullptr, nullptr), report);
}

void check_lineage_unknown(const Context& context, Report& report) {
  if (context.classes == nullptr) return;
  for (const auto* nodes : {&context.models, &context.snapshots}) {
    for (const dbt::Node* node : *nodes) check_followed(context, *node, report);
  }
}

}  // namespace

extern const Rule rule_lineage_unknown;
const Rule rule_lineage_unknown = {
    "G007",
    "lineage-unknown",
    Governs::kPropagation,
    "where sensitive data can flow, floe can follow it",
    R"(A column that declares a level below the most sensitive data its model reads must be shown to hold none of it. Where floe
cannot follow the values (SQL that a query writes while it is compiled, PIVOT, a Python model, a table that is none of the
project's, an engine other than DuckDB), nothing is shown, and a low level is not believed: neither that of a column, nor one
that `meta.floe.classification` of a model says of columns that floe cannot name.

Bad: a Python model over RESTRICTED columns that declares its own PUBLIC. Good: the same with its columns declared RESTRICTED, or
SQL that can be followed.

Set by `governance.classification.propagation`.
)",
    check_lineage_unknown,
};

}  // namespace floe::policy
