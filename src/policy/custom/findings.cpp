// SPDX-License-Identifier: Apache-2.0
#include "policy/custom/findings.h"

#include "base/text.h"
#include "policy/facts.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

namespace floe::policy {

void FindingPlaces::add(Place place) {
  id_of_name_.try_emplace(place.name, place.unique_id);
  std::string id = place.unique_id;
  by_id_.try_emplace(std::move(id), std::move(place));
}

void FindingPlaces::collect() {
  collected_ = true;
  const dbt::Project& project = context_.project;
  const auto place_of = [](const dbt::Node& node) {
    return Place{node.unique_id, node.name, node.patch_span ? node.patch_span : node.span, &node,
                 nullptr};
  };
  for (const auto* own : {&context_.models, &context_.seeds, &context_.snapshots}) {
    for (const dbt::Node* node : *own) add(place_of(*node));
  }
  for (const auto& [id, source] : project.sources) {
    add({id, source->source_name + "." + source->name, source->span, nullptr, source.get()});
  }
  for (const auto* resources : {&project.exposures, &project.semantic_models, &project.metrics,
                                &project.saved_queries, &project.unit_tests}) {
    for (const auto& [id, resource] : *resources) add({id, resource->name, resource->span});
  }
  for (const auto& [id, group] : project.groups) add({id, group->name, group->span});
  for (const auto& [id, node] : project.nodes) add(place_of(*node));
  for (const auto& [id, node] : project.functions) add(place_of(*node));
  for (const auto& [id, macro] : project.macros) {
    if (context_.is_own(macro->package_name)) add({id, macro->name, macro->span});
  }
}

const FindingPlaces::Place* FindingPlaces::find(std::string_view name) {
  if (!collected_) collect();
  if (const auto found = by_id_.find(name); found != by_id_.end()) return &found->second;
  const auto id = id_of_name_.find(name);
  return id == id_of_name_.end() ? nullptr : &by_id_.at(id->second);
}

std::string custom_rule_setting(const CustomRule& rule) {
  return "governance.custom_rules." + rule.code;
}

namespace {

/// The columns of a query of a rule, by what they mean.
struct ViolationColumns {
  std::optional<std::size_t> name, message, column, path, line;
  std::string unknown;  // the first column that is none of these, as it is written

  explicit ViolationColumns(const dbt::Table& table) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      const std::string title = to_lower(table.columns[i].name);
      if (title == "name" || title == "unique_id") {
        if (title == "name" || !name) name = i;
      } else if (title == "message") {
        message = i;
      } else if (title == "column") {
        column = i;
      } else if (title == "path") {
        path = i;
      } else if (title == "line") {
        line = i;
      } else if (unknown.empty()) {
        unknown = table.columns[i].name;
      }
    }
  }
};

std::string text_of_cell(const std::vector<dbt::Cell>& row, const std::optional<std::size_t>& at) {
  if (!at || row[*at].is_null()) return "";
  constexpr std::size_t kMost = 1000;
  std::string text = row[*at].to_text();
  if (text.size() <= kMost) return text;
  text.resize(kMost);
  while (!text.empty() && find_invalid_utf8(text) != std::string::npos) text.pop_back();
  return text + "…";
}

/// The span of a column that the place declares.
diag::Span declared_column_span(const FindingPlaces::Place& place, const std::string& name) {
  const auto* columns = place.node != nullptr     ? &place.node->columns
                        : place.source != nullptr ? &place.source->columns
                                                  : nullptr;
  if (columns == nullptr || name.empty()) return {};
  for (const auto& [key, column] : *columns) {
    if (to_lower(column.name) == to_lower(name) && column.span) return column.span;
  }
  return {};
}

void place_violation(const std::vector<dbt::Cell>& row, const ViolationColumns& columns,
                     const FindingPlaces::Place* place, diag::Diagnostic& finding) {
  if (place != nullptr) {
    finding.node = place->unique_id;
    finding.span = declared_column_span(*place, text_of_cell(row, columns.column));
    if (finding.span) return;
    finding.span = place->span;
  }
  const std::string path = text_of_cell(row, columns.path);
  if (path.empty()) return;
  std::uint32_t line = 1;
  if (columns.line && row[*columns.line].kind == dbt::CellKind::kInt) {
    const std::int64_t given = row[*columns.line].integer;
    line = static_cast<std::uint32_t>(std::clamp<std::int64_t>(given, 1, 10'000'000));
  }
  finding.span = {};
  finding.position = diag::Position{path, line, 1, line, 1};
}

}  // namespace

std::string violation_columns_problem(const dbt::Table& table) {
  const ViolationColumns found(table);
  if (found.name && found.unknown.empty()) return "";
  if (found.name) {
    static const std::vector<std::string> kKnown = {"name",   "unique_id", "message",
                                                    "column", "path",      "line"};
    const std::string near = nearest(to_lower(found.unknown), kKnown);
    return fmt::format("its query returns a column '{}' that means nothing here{}", found.unknown,
                       near.empty() ? "; known are " + list_and(kKnown)
                                    : fmt::format(": did you mean '{}'?", near));
  }
  std::vector<std::string> names;
  for (const dbt::ResultColumn& column : table.columns) names.push_back(column.name);
  return fmt::format("its query returns {}, but no column 'name' that says what breaks the rule",
                     list_and(names));
}

bool rule_applies(const Context& context, const CustomRule& rule, const std::string& name) {
  if (!rule.applies_to.empty() && !glob_match(rule.applies_to, name)) return false;
  if (rule.layers.empty()) return true;
  const core::Layer* layer = context.platform.layer_of(name);
  return layer != nullptr &&
         std::find(rule.layers.begin(), rule.layers.end(), layer->name) != rule.layers.end();
}

void report_violations(const Context& context, const CustomRule& rule,
                       const dbt::Selected& selected, FindingPlaces& places, diag::Sink& sink) {
  const ViolationColumns columns(selected.table);
  Report report(context, rule.code, rule.severity, sink);
  for (const std::vector<dbt::Cell>& row : selected.table.rows) {
    const std::string name = text_of_cell(row, columns.name);
    const FindingPlaces::Place* place = name.empty() ? nullptr : places.find(name);
    if (!name.empty() && !rule_applies(context, rule, place == nullptr ? name : place->name)) {
      continue;
    }
    diag::Diagnostic finding;
    finding.message = text_of_cell(row, columns.message);
    if (finding.message.empty()) {
      finding.message =
          name.empty()
              ? rule.description
              : fmt::format("'{}': {}", place == nullptr ? name : place->name, rule.description);
    } else if (finding.message != rule.description) {
      finding.expected = rule.description;
    }
    finding.help = rule.help;
    place_violation(row, columns, place, finding);
    report.finding(std::move(finding), custom_rule_setting(rule));
  }
  if (!selected.more) return;
  diag::Diagnostic rest;
  rest.message = fmt::format("rule {} finds more than the {} shown", rule.code,
                             counted(selected.table.rows.size(), "violation"));
  rest.expected = rule.description;
  report.finding(std::move(rest), custom_rule_setting(rule));
}

}  // namespace floe::policy
