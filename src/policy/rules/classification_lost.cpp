// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/classification.h"
#include "policy/facts.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

void check_classification_lost(const Context& context, Report& report) {
  if (context.classes == nullptr) return;
  const ClassificationScheme& scheme = context.classes->scheme();
  const ColumnClasses& classes = *context.classes;
  const std::vector<std::string> masks(scheme.masks.begin(), scheme.masks.end());
  const auto check = [&](const dbt::Node& node) {
    for (const auto& [name, column] : classes.of(node.unique_id)) {
      if (!column.is_lost()) continue;
      // Told where it happens first; what follows from it is mended with it.
      const ColumnClass* origin =
          column.via ? classes.find(column.via->from.node, column.via->from.column) : nullptr;
      if (origin != nullptr && origin->is_lost()) continue;
      diag::Diagnostic finding;
      finding.message =
          fmt::format("column '{}' of '{}' is {}, but {} data flows into it", name, node.name,
                      scheme.level_name(column.declared), scheme.level_name(column.inherited));
      finding.span = named_column_span(node, name);
      finding.node = node.unique_id;
      finding.expected = classes.path(node.unique_id, name);
      finding.help = masks.empty()
                         ? fmt::format("declare it {}", scheme.level_name(column.inherited))
                         : fmt::format("declare it {}, or mask the value with {}",
                                       scheme.level_name(column.inherited), join(masks, " or "));
      report.finding(std::move(finding), "governance.classification.propagation");
    }
  };
  for (const auto* nodes : {&context.models, &context.snapshots}) {
    for (const dbt::Node* node : *nodes) check(*node);
  }
}

}  // namespace

extern const Rule rule_classification_lost;
const Rule rule_classification_lost = {
    "G003",
    "classification-lost",
    Governs::kPropagation,
    "a column is no less sensitive than what flows into it",
    R"(Renaming, joining or aggregating data does not make it less sensitive. floe follows every value through the SQL of all
models, column by column; a column that declares a lower level than something that flows into it is refused, unless the
value passes through a function or macro that the platform approves for masking. Columns that only decide which rows there
are (where, join, group by) pass no value on, and neither do counts and tests for null.

Bad: `select email as contact` with `contact` declared PUBLIC, where `email` is RESTRICTED. Good: `sha256(email) as contact` where
the platform lists `sha256` in `declassify_with`, or `contact` declared RESTRICTED.

Set by `governance.classification.propagation` and `declassify_with`. `floe lineage model.column` shows the way of the values.
)",
    check_classification_lost,
};

}  // namespace floe::policy
