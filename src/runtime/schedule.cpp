// SPDX-License-Identifier: Apache-2.0
#include "runtime/schedule.h"

#include <algorithm>

namespace floe::runtime {

namespace {

using dbt::ResourceType;

std::set<std::string> reach(const std::string& from,
                            const std::map<std::string, std::set<std::string>>& edges) {
  std::set<std::string> seen;
  std::vector<std::string> todo = {from};
  while (!todo.empty()) {
    const std::string at = std::move(todo.back());
    todo.pop_back();
    const auto next = edges.find(at);
    if (next == edges.end()) continue;
    for (const std::string& id : next->second) {
      if (seen.insert(id).second) todo.push_back(id);
    }
  }
  return seen;
}

}  // namespace

Schedule::Schedule(const dbt::Project& project, const std::vector<std::string>& selected,
                   bool test_edges, bool attach_unit_tests,
                   const std::vector<std::string>& audited) {
  const auto link = [&](const std::string& id, const std::vector<std::string>& depends_on) {
    for (const std::string& parent : depends_on) {
      parents_[id].insert(parent);
      children_[parent].insert(id);
    }
  };
  for (const auto& [id, node] : project.nodes) link(id, node->depends_on_nodes);
  for (const auto& [id, function] : project.functions) link(id, function->depends_on_nodes);
  for (const auto* all : {&project.exposures, &project.metrics, &project.semantic_models,
                          &project.saved_queries, &project.unit_tests}) {
    for (const auto& [id, resource] : *all) link(id, resource->depends_on_nodes);
  }
  if (test_edges) add_test_edges(project);
  for (const std::string& id : selected) {
    const auto unit_test = project.unit_tests.find(id);
    if (attach_unit_tests && unit_test != project.unit_tests.end()) {
      const auto& depends_on = unit_test->second->depends_on_nodes;
      if (!depends_on.empty() &&
          std::find(selected.begin(), selected.end(), depends_on.front()) != selected.end()) {
        unit_tests_[depends_on.front()].push_back(id);
        continue;
      }
    }
    nodes_[id];
  }
  for (auto& [model, tests] : unit_tests_) std::sort(tests.begin(), tests.end());
  if (!audited.empty()) add_audits(project, audited);
  link_selected();
  set_levels();
}

/// A test comes before every model that has all of the test's parents among its ancestors; an edge
/// to the first such models on each path is enough.
void Schedule::add_test_edges(const dbt::Project& project) {
  std::map<std::string, std::set<std::string>> below;
  std::vector<std::pair<std::string, std::string>> edges;
  const auto is_test = [&](const std::string& id) {
    const auto at = project.nodes.find(id);
    return at == project.nodes.end() || at->second->type == ResourceType::kTest;  // no functions
  };
  for (const auto& [id, node] : project.nodes) {
    if (node->type != ResourceType::kTest || node->depends_on_nodes.empty()) continue;
    std::set<std::string> common;
    bool first = true;
    for (const std::string& parent : node->depends_on_nodes) {
      auto at = below.find(parent);
      if (at == below.end()) at = below.emplace(parent, reach(parent, children_)).first;
      if (first) {
        common = at->second;
        first = false;
      } else {
        std::set<std::string> both;
        std::set_intersection(common.begin(), common.end(), at->second.begin(), at->second.end(),
                              std::inserter(both, both.end()));
        common = std::move(both);
      }
    }
    for (const std::string& candidate : common) {
      if (is_test(candidate)) continue;
      const auto parents = parents_.find(candidate);
      const bool later = parents != parents_.end() &&
                         std::any_of(parents->second.begin(), parents->second.end(),
                                     [&](const std::string& p) { return common.contains(p); });
      if (!later) edges.emplace_back(id, candidate);
    }
  }
  for (const auto& [test, model] : edges) {
    parents_[model].insert(test);
    children_[test].insert(model);
  }
}

/// A test is part of a model's audit unless something has to be built on the model for it first.
/// Several models may share a test, and what is built on one may be tested with another: an edge
/// that would close a circle is left out.
void Schedule::add_audits(const dbt::Project& project, const std::vector<std::string>& audited) {
  const std::map<std::string, std::set<std::string>> built_on = children_;
  for (const std::string& model : audited) {
    if (!nodes_.contains(model)) continue;
    std::set<std::string>& behind = behind_[model];
    for (const std::string& id : reach(model, built_on)) {
      if (nodes_.contains(id)) behind.insert(id);
    }
    std::map<std::string, std::set<std::string>> after;  // what comes after each of `behind`
    for (const std::string& id : behind) after.emplace(id, reach(id, children_));
    std::set<std::string>& audit = audits_[model];
    for (const std::string& id : behind) {
      const auto test = project.nodes.find(id);
      if (test == project.nodes.end() || test->second->type != ResourceType::kTest) continue;
      const auto& on = test->second->depends_on_nodes;
      if (std::find(on.begin(), on.end(), model) == on.end()) continue;
      const bool late = std::any_of(after.begin(), after.end(), [&](const auto& entry) {
        return entry.first != id && entry.second.contains(id);
      });
      if (!late) audit.insert(id);
    }
    for (const std::string& test : audit) behind.erase(test);
    for (const std::string& test : audit) {
      for (const std::string& id : behind) {
        parents_[id].insert(test);
        children_[test].insert(id);
      }
    }
  }
}

/// Edges between selected nodes, also across unselected ones.
void Schedule::link_selected() {
  for (auto& [id, entry] : nodes_) {
    std::set<std::string> seen;
    std::vector<std::string> todo = {id};
    while (!todo.empty()) {
      const std::string at = std::move(todo.back());
      todo.pop_back();
      const auto parents = parents_.find(at);
      if (parents == parents_.end()) continue;
      for (const std::string& parent : parents->second) {
        if (!seen.insert(parent).second) continue;
        const auto selected = nodes_.find(parent);
        if (selected == nodes_.end()) {
          todo.push_back(parent);
          continue;
        }
        if (parent == id) continue;
        selected->second.children.push_back(id);
        ++entry.waiting;
      }
    }
  }
}

void Schedule::set_levels() {
  std::vector<std::string> at_level;
  std::map<std::string, std::size_t> waiting;
  for (const auto& [id, entry] : nodes_) {
    waiting[id] = entry.waiting;
    if (entry.waiting == 0) at_level.push_back(id);
  }
  for (std::size_t level = 0; !at_level.empty(); ++level) {
    std::vector<std::string> next;
    for (const std::string& id : at_level) {
      Entry& entry = nodes_[id];
      entry.level = level;
      if (entry.waiting == 0) ready_.emplace(0, level, id);
      for (const std::string& child : entry.children) {
        if (--waiting[child] == 0) next.push_back(child);
      }
    }
    at_level = std::move(next);
  }
}

std::string Schedule::take() {
  if (ready_.empty()) return {};
  const std::string id = std::get<2>(*ready_.begin());
  ready_.erase(ready_.begin());
  done_or_taken_.insert(id);
  ++taken_;
  return id;
}

void Schedule::finish(const std::string& id) {
  ++finished_;
  for (const std::string& child : nodes_.at(id).children) {
    Entry& entry = nodes_.at(child);
    if (--entry.waiting == 0) ready_.emplace(finished_, entry.level, child);
  }
}

std::vector<std::string> Schedule::remaining() const {
  std::vector<std::pair<std::size_t, std::string>> left;
  for (const auto& [id, entry] : nodes_) {
    if (!done_or_taken_.contains(id)) left.emplace_back(entry.level, id);
  }
  std::sort(left.begin(), left.end());
  std::vector<std::string> ids;
  for (auto& [level, id] : left) {
    for (const std::string& test : unit_tests_of(id)) ids.push_back(test);
    ids.push_back(std::move(id));
  }
  return ids;
}

std::set<std::string> Schedule::descendants(const std::string& id) const {
  return reach(id, children_);
}

const std::vector<std::string>& Schedule::unit_tests_of(const std::string& model) const {
  static const std::vector<std::string> kNone;
  const auto at = unit_tests_.find(model);
  return at == unit_tests_.end() ? kNone : at->second;
}

}  // namespace floe::runtime
