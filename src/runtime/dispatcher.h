// SPDX-License-Identifier: Apache-2.0
// Runs a schedule on worker threads: hands out nodes, collects results, skips what depends on
// failures, stops at cancellation.
#pragma once

#include "runtime/runner.h"
#include "runtime/schedule.h"
#include "runtime/state.h"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace floe::runtime {

class Dispatcher {
 public:
  Dispatcher(RunState& state, Schedule& schedule);

  /// Runs all nodes; the results are in order of completion. `cancelled` tells whether the user
  /// stopped it.
  std::vector<NodeResult> run(std::size_t threads);
  bool cancelled() const { return cancelled_; }
  /// The first failure that ended the run early (fail-fast, compile), or nothing.
  const std::optional<NodeResult>& stopped_by() const { return stopped_by_; }

 private:
  void work(Worker& worker);
  /// Runs one scheduled node (and a model's unit tests before it).
  void run_scheduled(Worker& worker, const std::string& id);
  void audit(Worker& worker, const std::string& id, NodeStatus status);
  NodeResult run_or_skip(Worker& worker, const std::string& id);
  void record(Worker& worker, NodeResult result);
  void watch();
  void stop(const NodeResult* because);
  bool marks_dependents(const NodeResult& result) const;
  void skip_remaining(Worker& worker);
  Turn next_turn(const std::string& id);
  bool is_ephemeral(const std::string& id) const;

  RunState& state_;
  Schedule& schedule_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<NodeResult> results_;
  std::map<std::string, std::optional<NodeResult>> skipped_;  // with the ephemeral cause, if any
  std::vector<std::unique_ptr<Worker>> workers_;
  std::optional<NodeResult> stopped_by_;
  std::size_t total_ = 0;
  std::size_t started_ = 0;
  std::size_t running_ = 0;
  bool stopping_ = false;
  bool cancelled_ = false;
};

}  // namespace floe::runtime
