// SPDX-License-Identifier: Apache-2.0
// What happens during a run, told while it happens: one Event a fact, to whoever listens.
#pragma once

#include "value/value.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace floe::runtime {

struct NodeResult;

enum class EventKind {
  kRunStart,       // `total` nodes will run on `threads` threads; message: "Concurrency: …"
  kNodeStart,      // node_id, index of total, message "sql table model main.orders"
  kNodeCompiling,  // its code is about to be rendered
  kNodeExecuting,  // its code is about to be sent
  kNodeFinished,   // result points to the node's result, index of total
  kHookStart,      // an on-run-start/on-run-end operation: node_id, index, total
  kHookFinished,
  kLog,    // log(..., info=true) or a message for people
  kDebug,  // log(...): only with --debug
  kPrint,  // print(...): to standard output as it is
  kWarning,
  kQuery,   // SQL that is sent (debug)
  kRunEnd,  // elapsed; the results are in the RunResult
};

/// Pointers and views are valid only during the call of the sink.
struct Event {
  EventKind kind = EventKind::kLog;
  std::string node_id;  // also of messages: the node whose code is running, or ""
  std::string thread;   // "Thread-1 (worker)", or "" for the main thread
  std::string message;
  std::string name;   // kWarning: dbt's name of it
  value::Value data;  // kWarning: what JSON logs carry of it
  std::size_t index = 0;
  std::size_t total = 0;
  std::size_t threads = 0;
  double elapsed = 0;                  // seconds
  double progress = -1;                // percent, if known
  const NodeResult* result = nullptr;  // kNodeFinished, kHookFinished
};

/// Receives events; called from several threads, one call at a time.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void on_event(const Event& event) = 0;
  /// Whether every SQL text is to be told (kQuery).
  virtual bool wants_queries() const { return false; }
};

}  // namespace floe::runtime
