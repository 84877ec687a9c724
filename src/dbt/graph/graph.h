// SPDX-License-Identifier: Apache-2.0
// The dependency graph of a project: dense numbers for nodes, edges both ways, order and cycles.
#pragma once

#include "dbt/project/model.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace floe::dbt {

/// parent_map and child_map as manifest.json has them: every node, source, exposure, function,
/// metric, semantic model, saved query and unit test is a key; entries are sorted.
GraphMaps make_graph_maps(const Project& project);

/// A set of graph nodes by number.
class NodeSet {
 public:
  NodeSet() = default;
  explicit NodeSet(std::size_t size) : size_(size), words_((size + 63) / 64) {}
  bool contains(std::size_t i) const { return (words_[i / 64] >> (i % 64) & 1) != 0; }
  void add(std::size_t i) { words_[i / 64] |= std::uint64_t{1} << (i % 64); }
  void remove(std::size_t i) { words_[i / 64] &= ~(std::uint64_t{1} << (i % 64)); }
  NodeSet& operator|=(const NodeSet& other);
  NodeSet& operator&=(const NodeSet& other);
  NodeSet& operator-=(const NodeSet& other);
  bool operator==(const NodeSet& other) const = default;
  bool empty() const;
  std::size_t count() const;
  std::size_t capacity() const { return size_; }
  /// The members in ascending order.
  std::vector<std::uint32_t> members() const;

 private:
  std::size_t size_ = 0;
  std::vector<std::uint64_t> words_;
};

/// What one graph node is; exactly one pointer is set.
struct Member {
  ResourceType type = ResourceType::kModel;
  const Node* node = nullptr;
  const SourceNode* source = nullptr;
  const Resource* resource = nullptr;

  const std::string& unique_id() const;
  const std::string& name() const;
  const std::string& package_name() const;
  const std::string& original_file_path() const;
  const std::vector<std::string>& fqn() const;
  const std::vector<std::string>& depends_on() const;  // empty for sources
};

/// The enabled members of a project, numbered in unique_id order. The project must outlive it and
/// stay unchanged.
class Graph {
 public:
  explicit Graph(const Project& project);

  std::size_t size() const { return members_.size(); }
  const Member& member(std::size_t i) const { return members_[i]; }
  std::optional<std::uint32_t> find(std::string_view unique_id) const;
  const std::vector<std::uint32_t>& parents(std::size_t i) const { return parents_[i]; }
  const std::vector<std::uint32_t>& children(std::size_t i) const { return children_[i]; }

  NodeSet none() const { return NodeSet(size()); }
  NodeSet all() const;
  /// All that can be reached against (ancestors) or along (descendants) the edges within `depth`
  /// steps from `from`; a member of `from` is in the result only if another one leads to it.
  NodeSet ancestors(const NodeSet& from, std::optional<unsigned> depth = {}) const;
  NodeSet descendants(const NodeSet& from, std::optional<unsigned> depth = {}) const;

  /// Parents before children; ties in unique_id order. Members of cycles are missing.
  std::vector<std::uint32_t> topological_order() const;
  /// The nodes of one cycle, each depending on the one before it, or empty.
  std::vector<std::uint32_t> find_cycle() const;

 private:
  NodeSet reach(const NodeSet& from, std::optional<unsigned> depth,
                const std::vector<std::vector<std::uint32_t>>& edges) const;

  std::vector<Member> members_;
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
  std::vector<std::vector<std::uint32_t>> parents_;
  std::vector<std::vector<std::uint32_t>> children_;
};

/// The extra edges (test → node) of `build`: a node waits for the tests whose parents are all among
/// its ancestors, so that bad data does not spread.
std::vector<std::pair<std::uint32_t, std::uint32_t>> test_edges(const Graph& graph);

}  // namespace floe::dbt
