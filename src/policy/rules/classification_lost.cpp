// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/classification.h"
#include "policy/facts.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace floe::policy {

namespace {

/// Approved masks on the way that the product defines itself, and so do not count.
std::vector<std::string> masks_not_counted(const Context& context, const dbt::Node& node,
                                           const ColumnClass& column) {
  const OwnMasks& own = context.classes->own_masks();
  const auto place = [&](const std::string& file, diag::Span span) {
    const auto at = context.sources.locate(span);
    return at ? fmt::format("{}:{}", at->path, at->line) : file;
  };
  std::vector<std::string> notes;
  if (column.via) {
    for (const std::string& name : column.via->functions) {
      const FunctionDefinition* by = context.classes->redefined(name);
      if (by == nullptr) continue;
      notes.push_back(fmt::format("{} does not count as a mask: the product defines it itself ({})",
                                  name, place(by->file, by->span)));
    }
  }
  for (const auto& [mask, by] : own.used_by(node)) {
    const std::string where = place(by->original_file_path, by->span);
    notes.push_back(
        mask == by
            ? fmt::format("macro {} does not count as a mask: the product defines it itself ({}); "
                          "functions that its SQL calls do",
                          mask->name, where)
            : fmt::format("macro {} of package {} does not count as a mask: the product's macro {} "
                          "decides what it does ({})",
                          mask->name, mask->package_name, by->name, where));
  }
  return notes;
}

void check_classification_lost(const Context& context, Report& report) {
  if (context.classes == nullptr) return;
  const ClassificationScheme& scheme = context.classes->scheme();
  const ColumnClasses& classes = *context.classes;
  std::vector<std::string> masks;
  for (const std::string& name : scheme.masks) {
    if (classes.redefined(name) == nullptr && !classes.own_masks().refuses(name)) {
      masks.push_back(name);
    }
  }
  std::set<std::string_view> judged;
  for (const auto* nodes : {&context.models, &context.snapshots}) {
    for (const dbt::Node* node : *nodes) judged.insert(node->unique_id);
  }
  const auto check = [&](const dbt::Node& node) {
    for (const auto& [name, column] : classes.of(node.unique_id)) {
      if (!column.is_lost()) continue;
      // Told where it happens first; what follows from it is mended with it.
      const ColumnClass* origin =
          column.via ? classes.find(column.via->from.node, column.via->from.column) : nullptr;
      if (origin != nullptr && origin->is_lost() && judged.contains(column.via->from.node))
        continue;
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
      finding.notes = masks_not_counted(context, node, column);
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

A mask counts if the product has no hand in it: a function that no hook, macro or model of the product's creates anew, or a
macro of a package from a repository or the dbt hub. Of a macro of the product's own, the SQL that it renders counts: one that
renders `sha256(…)` masks where `sha256` is approved.

Bad: `select email as contact` with `contact` declared PUBLIC, where `email` is RESTRICTED. Good: `sha256(email) as contact` where
the platform lists `sha256` in `declassify_with`, or `contact` declared RESTRICTED.

Set by `governance.classification.propagation` and `declassify_with`. `floe lineage model.column` shows the way of the values.
)",
    check_classification_lost,
};

}  // namespace floe::policy
