// SPDX-License-Identifier: Apache-2.0
#include "cli/lineage_tree.h"

#include "base/text.h"

#include <fmt/core.h>

#include <functional>
#include <set>

namespace floe::cli {

namespace {

using dbt::ColumnRef;
using dbt::Flow;

/// One way on from a column.
struct LineageStep {
  ColumnRef to;
  std::string how;  // "aggregate (sum)"
};
using LineageSteps = std::function<std::vector<LineageStep>(const ColumnRef&)>;

std::string how_text(const Flow& flow) {
  std::string text(dbt::flow_kind_name(flow.kind));
  if (!flow.functions.empty()) text += fmt::format(" ({})", join(flow.functions, ", "));
  return text;
}

const dbt::InferredColumn* find_column(const dbt::ColumnFacts& facts, const ColumnRef& ref) {
  const dbt::RelationColumns* relation = facts.find(ref.node);
  return relation == nullptr ? nullptr : relation->find(ref.column);
}

std::string column_title(const dbt::ColumnFacts& facts, const LineageNames& names,
                         const ColumnRef& ref) {
  const dbt::InferredColumn* column = find_column(facts, ref);
  std::string title = names.of(ref.node) + "." + ref.column;
  if (column != nullptr && !column->type.empty()) title += "  " + column->type;
  if (column != nullptr && !column->unknown.empty())
    title += "  (unknown: " + column->unknown + ")";
  return title;
}

/// Draws the tree below `root`; what was drawn once is not drawn again ("…").
std::string draw_tree(const ColumnRef& root, const LineageSteps& steps,
                      const std::function<std::string(const ColumnRef&)>& title) {
  struct Pending {
    LineageStep step;
    std::string indent;
    bool last;
  };
  std::string text;
  std::set<ColumnRef> drawn{root};
  std::vector<Pending> stack;
  const auto push = [&](const ColumnRef& of, const std::string& indent) {
    const std::vector<LineageStep> next = steps(of);
    for (std::size_t i = next.size(); i-- > 0;) {
      stack.push_back({next[i], indent, i + 1 == next.size()});
    }
  };
  push(root, "  ");
  while (!stack.empty()) {
    const Pending at = stack.back();
    stack.pop_back();
    const bool again = !drawn.insert(at.step.to).second;
    text += fmt::format("{}{} {:<10} {}{}\n", at.indent, at.last ? "└─" : "├─", at.step.how,
                        title(at.step.to), again && !steps(at.step.to).empty() ? " …" : "");
    if (!again) push(at.step.to, at.indent + (at.last ? "   " : "│  "));
  }
  return text;
}

}  // namespace

LineageNames::LineageNames(const dbt::Project& project) {
  for (const auto& [id, node] : project.nodes) names_[id] = node->name;
  for (const auto& [id, source] : project.sources) {
    names_[id] = source->source_name + "." + source->name;
  }
}

std::string LineageNames::of(const std::string& unique_id) const {
  const auto at = names_.find(unique_id);
  return at == names_.end() ? unique_id : at->second;
}

std::vector<std::string> LineageNames::find(std::string_view name) const {
  std::vector<std::string> ids;
  for (const auto& [id, own] : names_) {
    if (own == name || id == name) ids.push_back(id);
  }
  return ids;
}

std::string lineage_overview(const dbt::ColumnFacts& facts, const LineageNames& names) {
  std::string text;
  for (const auto& [id, relation] : facts.relations) {
    text += names.of(id);
    if (!relation.unknown.empty()) text += "  (not fully known: " + relation.unknown + ")";
    text += "\n";
    for (const dbt::InferredColumn& column : relation.columns) {
      text += fmt::format("  {:<32} {}\n", column.name, column.type.empty() ? "?" : column.type);
    }
  }
  return text;
}

std::vector<std::string> LineageNames::all() const {
  std::vector<std::string> all;
  for (const auto& [id, name] : names_) all.push_back(name);
  return all;
}

std::string nearest_place(const dbt::ColumnFacts& facts, const LineageNames& names,
                          const std::string& place) {
  const std::string relation = nearest(place, names.all());
  const std::size_t dot = place.rfind('.');
  if (dot == std::string::npos || relation == place) return relation;
  const std::string before = place.substr(0, dot);
  std::string of = nearest(before, names.all());
  for (const std::string& id : names.find(before)) of = names.of(id);
  for (const std::string& id : names.find(of)) {
    const dbt::RelationColumns* known = facts.find(id);
    if (known == nullptr) continue;
    std::vector<std::string> columns;
    for (const dbt::InferredColumn& column : known->columns) columns.push_back(column.name);
    const std::string column = nearest(place.substr(dot + 1), columns);
    if (!column.empty()) return of + "." + column;
  }
  return of.empty() ? relation : of;
}

std::vector<ColumnRef> lineage_columns(const dbt::ColumnFacts& facts, const LineageNames& names,
                                       std::string_view place) {
  std::vector<ColumnRef> columns;
  for (const std::string& id : names.find(place)) {
    const dbt::RelationColumns* relation = facts.find(id);
    if (relation == nullptr) continue;
    for (const dbt::InferredColumn& column : relation->columns)
      columns.push_back({id, column.name});
  }
  const std::size_t dot = place.rfind('.');
  if (!columns.empty() || dot == std::string_view::npos) return columns;
  for (const std::string& id : names.find(place.substr(0, dot))) {
    const dbt::RelationColumns* relation = facts.find(id);
    const dbt::InferredColumn* column =
        relation == nullptr ? nullptr : relation->find(place.substr(dot + 1));
    if (column != nullptr) columns.push_back({id, column->name});
  }
  return columns;
}

std::string lineage_of(const dbt::ColumnFacts& facts, const LineageNames& names,
                       const ColumnRef& column, bool upstream, bool downstream) {
  const auto title = [&](const ColumnRef& ref) { return column_title(facts, names, ref); };
  std::string text = title(column) + "\n";
  if (upstream) {
    const LineageSteps from = [&](const ColumnRef& ref) {
      std::vector<LineageStep> steps;
      if (const dbt::InferredColumn* at = find_column(facts, ref); at != nullptr) {
        for (const Flow& flow : at->flows) steps.push_back({flow.from, how_text(flow)});
      }
      return steps;
    };
    const std::string tree = draw_tree(column, from, title);
    text += tree.empty() ? "  comes from no other column\n" : "  comes from\n" + tree;
  }
  if (downstream) {
    const LineageSteps to = [&](const ColumnRef& ref) {
      std::vector<LineageStep> steps;
      for (const auto& [id, relation] : facts.relations) {
        for (const dbt::InferredColumn& at : relation.columns) {
          for (const Flow& flow : at.flows) {
            if (flow.from.node == ref.node && to_lower(flow.from.column) == to_lower(ref.column)) {
              steps.push_back({{id, at.name}, how_text(flow)});
            }
          }
        }
      }
      return steps;
    };
    const std::string tree = draw_tree(column, to, title);
    text += tree.empty() ? "  goes into no other column\n" : "  goes into\n" + tree;
  }
  return text;
}

}  // namespace floe::cli
