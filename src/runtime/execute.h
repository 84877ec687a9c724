// SPDX-License-Identifier: Apache-2.0
// Running selected nodes of a loaded dbt project on DuckDB.
#pragma once

#include "base/result.h"
#include "dbt/adapter/duckdb.h"
#include "dbt/project/model.h"
#include "diag/diagnostic.h"
#include "runtime/event_time.h"
#include "runtime/events.h"
#include "runtime/inject.h"

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace floe::dbt {
struct Loaded;  // project/loader: project, profile, macros
}

namespace floe::runtime {

enum class Command {
  kBuild,
  kRun,
  kTest,
  kSeed,
  kSnapshot,
  kCompile,
  kShow,
  kRunOperation,
  kFreshness,
  kClone,
  kDocsGenerate,
};

/// dbt's name of a command ("run-operation").
std::string_view command_name(Command command);

enum class NodeStatus {
  kSuccess,
  kPass,
  kFail,
  kWarn,
  kError,
  kSkipped,
  kNoOp,
  kPartialSuccess,
  kRuntimeError,
};

/// dbt's name of a status ("partial success").
std::string_view status_name(NodeStatus status);

struct Timing {
  std::string name;        // "compile", "execute"
  std::string started_at;  // 2026-01-31T12:00:00.123456Z
  std::string completed_at;
};

/// One entry of run_results.json.
struct NodeResult {
  std::string unique_id;
  NodeStatus status = NodeStatus::kSuccess;
  std::optional<std::string> message;
  std::optional<std::int64_t> failures;
  dbt::Value adapter_response = dbt::Value::map();  // {"_message": "OK"}
  std::vector<Timing> timing;
  std::string thread_id;
  double execution_time = 0;
  std::optional<std::string> relation_name;
  bool compiled = false;
  std::optional<std::string> compiled_code;
  dbt::Value batch_results;               // microbatch: {successful: [...], failed: [...]} or null
  dbt::Value overload_results;            // functions: {successful: [...], failed: [...]} or null
  dbt::Value freshness;                   // kFreshness: the entry of sources.json
  std::optional<dbt::Table> preview;      // kShow: fetched rows
  std::string node_path;                  // for messages: models/orders.sql
  std::optional<diag::Diagnostic> place;  // of a failure: where in the project's files it came up
  bool cancelled = false;                 // stopped by the user or by fail-fast
  bool lost = false;  // kFreshness: failed so that sources.json does not have it

  /// Is it one of error, fail, runtime error (not skipped)?
  bool failed() const {
    return status == NodeStatus::kError || status == NodeStatus::kFail ||
           status == NodeStatus::kRuntimeError;
  }
};

/// What the caller's gate says after a node has been built: kSkipDownstream treats the node as
/// failed for its descendants, kStop ends the run after the running nodes.
enum class GateDecision { kContinue, kSkipDownstream, kStop };

/// An output port whose model is published by write, audit, publish: it is built under another
/// name, tested there, and takes the place of what readers see only if nothing failed.
struct AuditedPort {
  std::string port;   // for messages: its name in floe.yaml, or several
  std::string model;  // unique id of the model that it offers
};

/// What became of an audited port.
struct PortOutcome {
  enum class Kind {
    kPublished,
    kRefused,  // the audit failed or did not come to its end
    kUnbuilt,  // the model failed or was skipped
    kFailed,   // the audit passed, but the database refused the swap: `error`
    kHeld,     // a view that was not built again, but what it shows was
  };
  std::string port;
  std::string model;
  Kind kind = Kind::kUnbuilt;
  std::string relation;              // what readers read
  std::string published_at;          // the version they see; "" if floe did not note it
  bool readable = false;             // there is a version
  bool held = false;                 // a view: its rows of before are kept in a table of its name
  std::string staged;                // where the refused rows are; "" if nowhere
  std::string drop_staged;           // the statement that removes them
  std::size_t checks = 0;            // tests of the audit
  std::vector<std::string> failed;   // of them, by unique id
  std::vector<std::string> missing;  // could not run
  std::string error;
};

/// The batches of a microbatch model in an earlier run that left some to do.
struct PreviousBatches {
  std::vector<EventWindow> successful;
  std::vector<EventWindow> failed;
};

struct RunRequest {
  dbt::Loaded& loaded;
  const diag::SourceMap* sources = nullptr;  // the texts of the project; null: no places are noted
  std::vector<std::string> selected;         // unique ids, any order
  Command command = Command::kBuild;
  int threads = 1;
  bool full_refresh = false;
  bool fail_fast = false;
  bool empty = false;
  bool store_failures = false;
  bool introspect = true;          // compile, show: may ask the database
  bool inject_ctes = true;         // compile: ephemeral models go into the code of what reads them
  GroupingLimits grouping;         // of code that gets ephemeral models
  bool ephemeral_results = false;  // compile, show: results of ephemeral models too
  bool favor_state = false;
  bool write_files = true;  // target/compiled and target/run
  std::string target_path;  // absolute folder
  std::string invocation_id;
  std::optional<EventWindow> event_time;  // bounds of microbatch models
  std::optional<EventWindow> sample;      // what ref() and source() are cut to
  std::int64_t invoked_at = 0;  // where the last batch ends: microseconds since 1970; 0: now
  std::map<std::string, PreviousBatches> previous_batches;  // retry, by unique id
  /// Retry: the overloads of functions that exist already, by unique id.
  std::map<std::string, std::set<std::string>> previous_overloads;
  dbt::Value invocation_args = dbt::Value::map();  // flags and arguments as the templates see them
  std::string macro;                               // kRunOperation: name or package.name
  dbt::Value macro_args = dbt::Value::map();
  std::string inline_code;  // kCompile, kShow: instead of nodes
  int show_limit = 5;       // kShow; below 0 is no limit
  /// Relations to use for nodes that were not selected (--defer): unique id → relation name parts.
  std::map<std::string, dbt::Value> deferred;
  /// Output ports that are published only after their tests (a kBuild request has them). A view
  /// among them that is not selected keeps its rows when something that it shows is built.
  std::vector<AuditedPort> ports;

  std::atomic<bool>& cancel;
  EventSink& events;
  /// Called after each node (not hooks) from its worker thread; null means continue.
  std::function<GateDecision(const NodeResult&)> gate;
};

struct RunResult {
  std::vector<NodeResult> results;  // in order of completion
  std::vector<PortOutcome> ports;   // of the request's, but for views that nothing happened to
  double elapsed = 0;
  bool success = true;
  bool cancelled = false;
  std::string generated_at;
};

/// Compiles and runs the request. Mistakes of the project end up in the results; a Result failure
/// is the world's: no database, a locked or corrupt file, an unwritable target folder, or a request
/// that cannot run at all (unknown macro).
Result<RunResult> execute(const RunRequest& request);

}  // namespace floe::runtime
