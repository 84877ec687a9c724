// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/classification.h"
#include "policy/facts.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

struct NamePattern {
  std::string pattern, tag;
  int level = -1;
};

std::vector<NamePattern> name_patterns(const Context& context, const ClassificationScheme& scheme) {
  std::vector<NamePattern> patterns;
  const value::Value* list = context.platform.classification.find("auto_detect");
  if (list == nullptr || !list->is_list()) return patterns;
  for (const value::Value& entry : list->as_list()) {
    NamePattern pattern{text_at(entry, "pattern"), text_at(entry, "tag"),
                        scheme.level_of(text_at(entry, "level"))};
    if (const auto tag = scheme.tags.find(pattern.tag); tag != scheme.tags.end()) {
      pattern.level = std::max(pattern.level, tag->second.level);
    }
    patterns.push_back(std::move(pattern));
  }
  return patterns;
}

void check_sensitive_name(const Context& context, Report& report) {
  if (context.classes == nullptr) return;
  const ClassificationScheme& scheme = context.classes->scheme();
  const std::vector<NamePattern> patterns = name_patterns(context, scheme);
  if (patterns.empty()) return;
  const ColumnClasses& classes = *context.classes;
  const auto check = [&](const dbt::Node& node) {
    for (const auto& [name, column] : classes.of(node.unique_id)) {
      if (column.declared >= 0) continue;  // somebody has looked at it
      for (const NamePattern& pattern : patterns) {
        const bool tagged = pattern.tag.empty() || column.tags.contains(pattern.tag);
        if (tagged && column.level() >= pattern.level) continue;
        if (!pattern_matches(pattern.pattern, name)) continue;
        const std::string wanted = pattern.tag.empty() ? scheme.level_name(pattern.level)
                                                       : fmt::format("the tag {}", pattern.tag);
        diag::Diagnostic finding;
        finding.message = fmt::format("column '{}' of '{}' looks sensitive and is not classified",
                                      name, node.name);
        finding.span = named_column_span(node, name);
        finding.node = node.unique_id;
        finding.expected = fmt::format("{}, since its name matches {}", wanted, pattern.pattern);
        finding.help = fmt::format("add {} to the column, or classify it as what it is", wanted);
        report.finding(std::move(finding), "governance.classification.auto_detect");
        break;
      }
    }
  };
  for (const auto* nodes : {&context.models, &context.seeds, &context.snapshots}) {
    for (const dbt::Node* node : *nodes) check(*node);
  }
}

}  // namespace

extern const Rule rule_sensitive_name;
const Rule rule_sensitive_name = {
    "G004",
    "sensitive-name",
    Governs::kClassification,
    "columns whose name gives sensitive data away are classified as such",
    R"(Personal data travels under telling names. The platform lists patterns of column names with the tag or level that such a
column should have; a column that matches must carry them, be it by its own properties, its model's or by lineage.

Bad: a column `customer_email` without tag or classification, where `.*email.*` should be `pii`. Good: `tags: [pii]` on the column.

Set by `governance.classification.auto_detect`. A column that is no such thing (`email_count`) says so with
`meta: {floe: {classification: PUBLIC}}`: an explicit classification is the team's word, and shows in review.
)",
    check_sensitive_name,
};

}  // namespace floe::policy
