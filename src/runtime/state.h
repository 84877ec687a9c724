// SPDX-License-Identifier: Apache-2.0
// What one run shares between its threads, and what each thread has for itself.
#pragma once

#include "dbt/adapter/adapter.h"
#include "dbt/adapter/foreign_keys.h"
#include "dbt/adapter/warehouse.h"
#include "dbt/context/base_context.h"
#include "dbt/project/load.h"
#include "runtime/execute.h"
#include "runtime/live_graph.h"
#include "runtime/refs.h"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

namespace floe::runtime {

class PortPublisher;

/// Shared by all threads of a run.
struct RunState {
  RunState(const RunRequest& request_in, dbt::WarehouseOptions options);

  const RunRequest& request;
  dbt::Loaded& loaded;
  dbt::Project& project;
  dbt::Warehouse warehouse;
  dbt::ForeignKeys foreign_keys;
  std::shared_ptr<const dbt::Session> session;  // the loader's, with logging into the events
  std::shared_ptr<const jinja::MapContext> session_names;
  RefFinder refs;
  std::set<std::string> selected;
  dbt::Value quoting = dbt::Value::map();  // of the root project
  PortPublisher* ports = nullptr;          // if there are audited ports
  /// Held while an ephemeral model is compiled into another node.
  std::recursive_mutex ephemeral_mutex;
  std::set<std::string> compiled_ephemerals;
  /// What `graph` shows of nodes; open if a template of the project reads it.
  PublishedNodes published;

  /// An ephemeral model's code before CTEs were put in front of it.
  std::string own_code(const dbt::Node& node) const;
  void remember_own_code(const dbt::Node& node);
  /// Does a test keep its failures (config, or --store-failures)?
  bool stores_failures(const dbt::Node& test) const;

  /// Tells the sink, one event at a time; the thread and, for messages, its node are added.
  void emit(Event event);
  /// What the calling thread is called and which node it is at, for its events.
  void at_thread(const std::string& thread);
  void at_node(const std::string& node_id);
  void log(EventKind kind, std::string_view text);
  /// Tells the sink of a warning, unless the policy silences it. Throws DbtError if it makes it an
  /// error.
  void warn(const dbt::Warning& warning);

 private:
  std::shared_ptr<const dbt::Session> make_session();
  std::map<std::string, std::string> own_codes_;  // guarded by ephemeral_mutex
  struct Place {
    std::string thread;
    std::string node_id;
  };
  std::mutex events_mutex_;
  std::map<std::thread::id, Place> places_;  // guarded by events_mutex_
};

/// Notes which macros a node calls directly: dbt counts those as dependencies, also at run time.
class MacroDependencies : public dbt::RenderHost {
 public:
  void macro_called(const dbt::Macro& macro) override;
  void macro_returned(const dbt::Macro& macro, jinja::Value& result) override {
    if (on_return) on_return(macro, result);
  }
  std::function<void(const dbt::Macro& macro, jinja::Value& result)> on_return;  // may be null
  dbt::Node* node = nullptr;  // whose dependencies grow; null: nobody's
  std::size_t level = 0;      // how many macros lie between the node and a direct call
};

/// Directs a worker's macro dependencies to a node while it lives.
class DependencyScope {
 public:
  DependencyScope(MacroDependencies& dependencies, dbt::Node* node, std::size_t level = 0)
      : dependencies_(dependencies), saved_(dependencies) {
    dependencies_.node = node;
    dependencies_.level = level;
    dependencies_.depth = 0;
  }
  DependencyScope(const DependencyScope&) = delete;
  DependencyScope& operator=(const DependencyScope&) = delete;
  ~DependencyScope() { dependencies_ = saved_; }

 private:
  MacroDependencies& dependencies_;
  MacroDependencies saved_;
};

/// What the code of a node was rendered to, and from where.
struct RenderedCode {
  const dbt::Node* node = nullptr;
  std::string text;  // before CTEs were put in front of it
  jinja::RenderMap origins;
};

/// One thread of a run.
class Worker {
 public:
  Worker(RunState& state, std::string thread_id);
  Worker(const Worker&) = delete;

  RunState& state;
  std::string thread_id;
  dbt::WarehouseSession session;
  jinja::Interp interp;
  dbt::AdapterHost host;
  MacroDependencies dependencies;
  const dbt::Node* running = nullptr;
  RenderedCode rendered;  // of the last node that was compiled, if the request has sources

  /// The `graph` variable, made at its first use.
  jinja::Value graph();
  /// The vars that nodes of a package see.
  const jinja::Value& vars(const std::string& package);

 private:
  jinja::Value graph_node(const std::string& unique_id);

  struct ReadNode {
    PublishedNodes::Text text;
    jinja::Value value;
  };
  jinja::Value graph_;
  std::map<std::string, ReadNode> read_nodes_;
  std::map<std::string, jinja::Value> vars_;
  std::unique_ptr<class Scope> operations_;

 public:
  ~Worker();
};

/// A node as the `model` variable: manifest form without nulls.
jinja::Value node_dict(const dbt::Node& node);

}  // namespace floe::runtime
