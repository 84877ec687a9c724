// SPDX-License-Identifier: Apache-2.0
#include "dbt/graph/graph.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <queue>

namespace floe::dbt {

namespace {

const std::vector<std::string> kNoStrings;

/// Calls `visit` with every member of the graph in dbt's order of sections.
template <class Visit>
void for_each_member(const Project& project, Visit visit) {
  for (const auto& [id, node] : project.nodes) visit(Member{node->type, node.get()});
  for (const auto& [id, source] : project.sources) {
    visit(Member{ResourceType::kSource, nullptr, source.get()});
  }
  for (const auto& [id, function] : project.functions) {
    visit(Member{function->type, function.get()});
  }
  for (const auto* section : {&project.exposures, &project.metrics, &project.semantic_models,
                              &project.saved_queries, &project.unit_tests}) {
    for (const auto& [id, resource] : *section) {
      visit(Member{resource->type, nullptr, nullptr, resource.get()});
    }
  }
}

/// dbt keeps some disabled nodes in its manifest (tests of disabled models): they take no part.
bool is_enabled(const Member& member) {
  if (member.type == ResourceType::kExposure) return true;
  const Value& config = member.node != nullptr     ? member.node->config
                        : member.source != nullptr ? member.source->config
                                                   : member.resource->config;
  const Value* enabled = config.find("enabled");
  return enabled == nullptr || !enabled->is_bool() || enabled->as_bool();
}

}  // namespace

const std::string& Member::unique_id() const {
  return node != nullptr     ? node->unique_id
         : source != nullptr ? source->unique_id
                             : resource->unique_id;
}

const std::string& Member::name() const {
  return node != nullptr ? node->name : source != nullptr ? source->name : resource->name;
}

const std::string& Member::package_name() const {
  return node != nullptr     ? node->package_name
         : source != nullptr ? source->package_name
                             : resource->package_name;
}

const std::string& Member::original_file_path() const {
  return node != nullptr     ? node->original_file_path
         : source != nullptr ? source->original_file_path
                             : resource->original_file_path;
}

const std::vector<std::string>& Member::fqn() const {
  return node != nullptr ? node->fqn : source != nullptr ? source->fqn : resource->fqn;
}

const std::vector<std::string>& Member::depends_on() const {
  return node != nullptr       ? node->depends_on_nodes
         : resource != nullptr ? resource->depends_on_nodes
                               : kNoStrings;
}

NodeSet& NodeSet::operator|=(const NodeSet& other) {
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  return *this;
}

NodeSet& NodeSet::operator&=(const NodeSet& other) {
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
  return *this;
}

NodeSet& NodeSet::operator-=(const NodeSet& other) {
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
  return *this;
}

bool NodeSet::empty() const {
  return std::all_of(words_.begin(), words_.end(), [](std::uint64_t word) { return word == 0; });
}

std::size_t NodeSet::count() const {
  std::size_t total = 0;
  for (const std::uint64_t word : words_) total += static_cast<std::size_t>(std::popcount(word));
  return total;
}

std::vector<std::uint32_t> NodeSet::members() const {
  std::vector<std::uint32_t> result;
  for (std::size_t w = 0; w < words_.size(); ++w) {
    for (std::uint64_t word = words_[w]; word != 0; word &= word - 1) {
      result.push_back(static_cast<std::uint32_t>(w * 64) +
                       static_cast<std::uint32_t>(std::countr_zero(word)));
    }
  }
  return result;
}

GraphMaps make_graph_maps(const Project& project) {
  GraphMaps maps;
  for_each_member(project, [&](const Member& member) {
    maps.children.emplace(member.unique_id(), std::vector<std::string>());
    maps.parents.emplace(member.unique_id(), member.depends_on());
  });
  for (auto& [id, parents] : maps.parents) {
    for (const std::string& parent : parents) {
      const auto it = maps.children.find(parent);
      if (it != maps.children.end()) it->second.push_back(id);
    }
    std::sort(parents.begin(), parents.end());
  }
  for (auto& [id, children] : maps.children) std::sort(children.begin(), children.end());
  return maps;
}

Graph::Graph(const Project& project) {
  for_each_member(project, [&](const Member& member) {
    if (is_enabled(member)) members_.push_back(member);
  });
  std::sort(members_.begin(), members_.end(),
            [](const Member& a, const Member& b) { return a.unique_id() < b.unique_id(); });
  numbers_.reserve(members_.size());
  for (std::uint32_t i = 0; i < members_.size(); ++i) numbers_[members_[i].unique_id()] = i;
  parents_.resize(members_.size());
  children_.resize(members_.size());
  for (std::uint32_t i = 0; i < members_.size(); ++i) {
    for (const std::string& dependency : members_[i].depends_on()) {
      const auto it = numbers_.find(dependency);
      if (it == numbers_.end()) continue;
      auto& parents = parents_[i];
      if (std::find(parents.begin(), parents.end(), it->second) != parents.end()) continue;
      parents.push_back(it->second);
      children_[it->second].push_back(i);
    }
  }
}

std::optional<std::uint32_t> Graph::find(std::string_view unique_id) const {
  const auto it = numbers_.find(unique_id);
  if (it == numbers_.end()) return std::nullopt;
  return it->second;
}

NodeSet Graph::all() const {
  NodeSet set(size());
  for (std::size_t i = 0; i < size(); ++i) set.add(i);
  return set;
}

NodeSet Graph::reach(const NodeSet& from, std::optional<unsigned> depth,
                     const std::vector<std::vector<std::uint32_t>>& edges) const {
  NodeSet found(size());
  std::vector<std::uint32_t> layer = from.members();
  for (unsigned step = 0; !layer.empty() && (!depth || step < *depth); ++step) {
    std::vector<std::uint32_t> next;
    for (const std::uint32_t at : layer) {
      for (const std::uint32_t to : edges[at]) {
        if (found.contains(to)) continue;
        found.add(to);
        next.push_back(to);
      }
    }
    layer = std::move(next);
  }
  return found;
}

NodeSet Graph::ancestors(const NodeSet& from, std::optional<unsigned> depth) const {
  return reach(from, depth, parents_);
}

NodeSet Graph::descendants(const NodeSet& from, std::optional<unsigned> depth) const {
  return reach(from, depth, children_);
}

std::vector<std::uint32_t> Graph::topological_order() const {
  std::vector<std::size_t> waiting(size());
  std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> ready;
  for (std::uint32_t i = 0; i < size(); ++i) {
    waiting[i] = parents_[i].size();
    if (waiting[i] == 0) ready.push(i);
  }
  std::vector<std::uint32_t> order;
  order.reserve(size());
  while (!ready.empty()) {
    const std::uint32_t at = ready.top();
    ready.pop();
    order.push_back(at);
    for (const std::uint32_t child : children_[at]) {
      if (--waiting[child] == 0) ready.push(child);
    }
  }
  return order;
}

std::vector<std::uint32_t> Graph::find_cycle() const {
  NodeSet rest = all();
  for (const std::uint32_t i : topological_order()) rest.remove(i);
  if (rest.empty()) return {};
  // Every node that is left has a parent that is left: walking up must meet a node twice.
  std::vector<std::uint32_t> path;
  NodeSet seen(size());
  std::uint32_t at = rest.members().front();
  while (!seen.contains(at)) {
    seen.add(at);
    path.push_back(at);
    for (const std::uint32_t parent : parents_[at]) {
      if (rest.contains(parent)) {
        at = parent;
        break;
      }
    }
  }
  path.erase(path.begin(), std::find(path.begin(), path.end(), at));
  std::reverse(path.begin(), path.end());
  return path;
}

std::vector<std::pair<std::uint32_t, std::uint32_t>> test_edges(const Graph& graph) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> edges;
  const auto executable = [&](std::uint32_t i) {
    const ResourceType type = graph.member(i).type;
    return graph.member(i).node != nullptr && type != ResourceType::kTest &&
           type != ResourceType::kFunction;
  };
  for (std::uint32_t test = 0; test < graph.size(); ++test) {
    if (graph.member(test).node == nullptr || graph.member(test).type != ResourceType::kTest) {
      continue;
    }
    const std::vector<std::uint32_t>& parents = graph.parents(test);
    if (parents.empty()) continue;
    // Below a single parent its children are enough; below several, what all of them lead to.
    if (parents.size() == 1) {
      for (const std::uint32_t node : graph.children(parents.front())) {
        if (executable(node)) edges.emplace_back(test, node);
      }
      continue;
    }
    NodeSet waiting = graph.all();
    for (std::size_t p = 0; p < parents.size(); ++p) {
      NodeSet single = graph.none();
      single.add(parents[p]);
      waiting &= graph.descendants(single);
    }
    for (const std::uint32_t node : waiting.members()) {
      if (executable(node)) edges.emplace_back(test, node);
    }
  }
  return edges;
}

}  // namespace floe::dbt
