// SPDX-License-Identifier: Apache-2.0
// Write, audit, publish: models of output ports are built under another name, and take their own
// when the tests that come before everything built on them have passed.
#pragma once

#include "runtime/schedule.h"
#include "runtime/staging.h"
#include "runtime/state.h"

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace floe::runtime {

/// The audited ports of one run. A model has its staged alias from the moment it is compiled until
/// its audit is over: whoever refers to it in between is a part of the audit, all else waits.
class PortPublisher {
 public:
  /// `schedule` was made with the models of the request's ports as its audited ones.
  PortPublisher(RunState& state, const Schedule& schedule);

  /// Before anything runs: removes what earlier runs have left, and keeps the rows of views.
  void prepare(Worker& master);

  /// Whether the model is built under another name now.
  bool stages(const std::string& model) const;
  /// Before a node is compiled: makes room for a staged model, with the rows of the version before
  /// if it adds to them.
  void stage(Worker& worker, dbt::Node& node);

  /// Takes note of how a node went; publishes, or refuses, the models whose audit ends with it.
  /// Returns those that were not published: nothing may be built on them.
  std::vector<std::string> finished(Worker& worker, const std::string& id, NodeStatus status);

  /// After everything has run: gives up the audits that did not come to an end.
  void close();
  /// Puts the names that readers see into the compiled code of what was published.
  void rename_in(std::vector<NodeResult>& results) const;
  std::vector<PortOutcome> outcomes() const;

 private:
  struct Port {
    PortOutcome outcome;
    dbt::Node* node = nullptr;
    Place live;
    Place staged;
    bool selected = false;
    std::set<std::string> audit;
    std::set<std::string> behind;   // selected, built on the model
    std::set<std::string> pending;  // the model and its audit; guarded by mutex_
    bool built = false;             // guarded by mutex_
    std::atomic<bool> is_staged = false;
    bool over = false;
  };

  Port* port_of(const std::string& model);
  const Port* port_of(const std::string& model) const;
  bool freeze(Worker& master, Port& port);
  bool builds_others(const Port& port) const;
  bool shows_what_is_built(const dbt::Node& view) const;
  void conclude(Worker& worker, Port& port);
  void publish(Worker& worker, Port& port);
  void swap(Worker& worker, Port& port);
  void keep_refused(Worker& worker, Port& port);
  void leave_stage(Port& port);
  void rename_compiled(Port& port);

  RunState& state_;
  std::mutex mutex_;
  std::mutex publishing_;              // one at a time: they share the table of publications
  std::map<std::string, Port> ports_;  // by model
};

}  // namespace floe::runtime
