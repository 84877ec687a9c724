// SPDX-License-Identifier: Apache-2.0
// In which order selected nodes run: the graph between them, dbt's priorities, and who is skipped
// after a failure.
#pragma once

#include "dbt/project/model.h"
#include "runtime/execute.h"

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace floe::runtime {

/// The selected nodes as a graph. Unit tests are not in it: `build` runs them before their model.
class Schedule {
 public:
  /// `test_edges`: tests of a node come before what is built on it (dbt build). `audited`: models
  /// on which nothing is built before all of their tests that can come first are done.
  Schedule(const dbt::Project& project, const std::vector<std::string>& selected, bool test_edges,
           bool attach_unit_tests, const std::vector<std::string>& audited = {});

  std::size_t size() const { return nodes_.size(); }
  /// Takes the next node whose parents are done: the one that has waited longest; "" if there is
  /// none now.
  std::string take();
  /// Marks a taken node as done: its children may become ready.
  void finish(const std::string& id);
  bool all_taken() const { return taken_ == nodes_.size(); }
  std::size_t in_progress() const { return taken_ - finished_; }
  /// Nodes that were not taken yet, in order.
  std::vector<std::string> remaining() const;

  /// All that depends on a node, in the whole project (with the test edges).
  std::set<std::string> descendants(const std::string& id) const;
  /// Of the selected ones among `audited`: the tests that come before everything built on the
  /// model. A test that also needs something built on it cannot be one of them.
  const std::map<std::string, std::set<std::string>>& audits() const { return audits_; }
  /// The selected nodes that are built on an audited model, its audit apart.
  const std::set<std::string>& behind_audit(const std::string& model) const {
    return behind_.at(model);
  }
  /// The selected unit tests of a model, sorted.
  const std::vector<std::string>& unit_tests_of(const std::string& model) const;

 private:
  struct Entry {
    std::vector<std::string> children;
    std::size_t waiting = 0;
    std::size_t level = 0;
  };
  void add_test_edges(const dbt::Project& project);
  void add_audits(const dbt::Project& project, const std::vector<std::string>& audited);
  void link_selected();
  void set_levels();

  std::map<std::string, std::set<std::string>> parents_;   // of the whole project
  std::map<std::string, std::set<std::string>> children_;  // of the whole project
  std::map<std::string, Entry> nodes_;
  std::map<std::string, std::vector<std::string>> unit_tests_;
  std::map<std::string, std::set<std::string>> audits_;
  std::map<std::string, std::set<std::string>> behind_;
  /// By when they became so (how many nodes were done), level and name: dbt hands a node to its
  /// threads as soon as it is ready, in that order.
  std::set<std::tuple<std::size_t, std::size_t, std::string>> ready_;
  std::set<std::string> done_or_taken_;
  std::size_t taken_ = 0;
  std::size_t finished_ = 0;
};

}  // namespace floe::runtime
