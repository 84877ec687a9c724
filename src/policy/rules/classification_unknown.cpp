// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/classification.h"
#include "policy/facts.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

void report_unknown_level(const ClassificationScheme& scheme, Report& report, std::string what,
                          const std::string& level, const dbt::Node& node, diag::Span span) {
  diag::Diagnostic finding;
  finding.message = fmt::format("{} has the classification '{}'", what, level);
  finding.span = span;
  finding.node = node.unique_id;
  finding.expected = "one of " + join(scheme.levels, ", ");
  const std::string near = nearest(level, {scheme.levels.begin(), scheme.levels.end()});
  finding.help = near.empty()                        ? "choose one of the platform's levels"
                 : to_lower(near) == to_lower(level) ? fmt::format("write {}", near)
                                                     : fmt::format("did you mean '{}'?", near);
  report.finding(std::move(finding), "governance.classification.levels");
}

void check_classification_unknown(const Context& context, Report& report) {
  if (context.classes == nullptr) return;
  const ClassificationScheme& scheme = context.classes->scheme();
  const auto check = [&](const dbt::Node& node) {
    if (const value::Value* meta = find_meta(node, "floe.classification");
        meta != nullptr && meta->is_string() && scheme.level_of(meta->as_string()) < 0) {
      report_unknown_level(scheme, report, fmt::format("'{}'", node.name), meta->as_string(), node,
                           node.patch_span ? node.patch_span : node.span);
    }
    for (const auto& [key, column] : node.columns) {
      const std::string level = declared_classification(column);
      if (level.empty() || scheme.level_of(level) >= 0) continue;
      report_unknown_level(scheme, report,
                           fmt::format("column '{}' of '{}'", column.name, node.name), level, node,
                           column_span(node, column));
    }
  };
  for (const auto* nodes : {&context.models, &context.seeds, &context.snapshots}) {
    for (const dbt::Node* node : *nodes) check(*node);
  }
}

}  // namespace

extern const Rule rule_classification_unknown;
const Rule rule_classification_unknown = {
    "G002",
    "classification-unknown",
    Governs::kClassification,
    "a classification is one of the platform's levels",
    R"(A level that the platform does not know protects nothing: no grant, mask or retention rule speaks of it.

Bad: `classification: secret` where the levels are PUBLIC, INTERNAL, RESTRICTED. Good: `classification: RESTRICTED`.

Set by `governance.classification.levels`.
)",
    check_classification_unknown,
};

}  // namespace floe::policy
