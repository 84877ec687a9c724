// SPDX-License-Identifier: Apache-2.0
#include "dbt/columns/facts.h"

#include "base/text.h"

#include <algorithm>
#include <utility>

namespace floe::dbt {

const InferredColumn* RelationColumns::find(std::string_view name) const {
  const std::string lower = to_lower(name);
  for (const InferredColumn& column : columns) {
    if (to_lower(column.name) == lower) return &column;
  }
  return nullptr;
}

namespace {

void add_missing(std::vector<std::string>& names, const std::vector<std::string>& more,
                 std::string_view except = {}) {
  for (const std::string& name : more) {
    const bool is_there = std::find(names.begin(), names.end(), name) != names.end();
    if (!is_there && name != except) names.push_back(name);
  }
}

/// The flows of `later` into columns of `first`, by place. Where a value comes from the relation
/// itself it comes from wherever that column does, in any earlier run.
std::vector<Flows> flows_of_all_runs(const RelationColumns& first, const RelationColumns& later,
                                     std::string_view self) {
  std::vector<Flows> all(first.columns.size());
  std::vector<std::pair<std::size_t, Flow>> of_itself;  // to the column at that place
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < first.columns.size(); ++i) {
    places.emplace(to_lower(first.columns[i].name), i);
    for (const Flow& flow : first.columns[i].flows) all[i].add(flow);
    const InferredColumn* again = later.find(first.columns[i].name);
    if (again == nullptr) continue;
    for (const Flow& flow : again->flows) {
      if (flow.from.node == self) {
        of_itself.emplace_back(i, flow);
      } else {
        all[i].add(flow);
      }
    }
  }
  // Each round follows one run more; functions only gather, so that there is an end.
  for (std::size_t round = 0; round < first.columns.size(); ++round) {
    bool has_changed = false;
    for (const auto& [to, flow] : of_itself) {
      const auto from = places.find(to_lower(flow.from.column));
      if (from == places.end()) continue;
      Flows passed = all[from->second].through(flow.kind);
      for (const std::string& function : flow.functions) {
        passed = passed.through(flow.kind, function);
      }
      const std::vector<Flow> before = all[to].all();
      all[to].add(passed);
      has_changed = has_changed || before != all[to].all();
    }
    if (!has_changed) break;
  }
  return all;
}

}  // namespace

void merge_later_run(RelationColumns& first, const RelationColumns& later, std::string_view self,
                     bool adds_columns) {
  for (const InferredColumn& column : later.columns) {
    if (adds_columns && first.find(column.name) == nullptr) {
      first.columns.push_back({column.name, column.type, {}, column.unknown});
    }
  }
  const std::vector<Flows> flows = flows_of_all_runs(first, later, self);
  for (std::size_t i = 0; i < first.columns.size(); ++i) {
    InferredColumn& column = first.columns[i];
    column.flows = flows[i].all();
    const InferredColumn* again = later.find(column.name);
    if (!column.unknown.empty()) continue;
    if (again != nullptr) column.unknown = again->unknown;
    if (again == nullptr && later.is_opaque()) column.unknown = later.unknown;
  }
  Flows filters;
  for (const RelationColumns* run : {&std::as_const(first), &later}) {
    for (const Flow& flow : run->filters) {
      if (flow.from.node != self) filters.add(flow);
    }
  }
  first.filters = filters.all();
  first.traits.takes_all = first.traits.takes_all || later.traits.takes_all;
  add_missing(first.traits.changing, later.traits.changing);
  first.reads_elsewhere = first.reads_elsewhere || later.reads_elsewhere;
  add_missing(first.hard_coded, later.hard_coded, self);
  first.hard_coded_at.insert(later.hard_coded_at.begin(), later.hard_coded_at.end());
  add_missing(first.passes_through, later.passes_through, self);
  if (first.sql_error.empty() && !later.sql_error.empty()) {
    first.sql_error = later.sql_error;
    first.sql_error_at = later.sql_error_at;
    first.fails_later = true;
  }
  if (first.unknown.empty()) first.unknown = later.unknown;
  first.followed = first.followed && later.followed;
}

const RelationColumns* ColumnFacts::find(std::string_view unique_id) const {
  const auto at = relations.find(unique_id);
  return at == relations.end() ? nullptr : &at->second;
}

}  // namespace floe::dbt
