// SPDX-License-Identifier: Apache-2.0
// What `floe dbt` says while it works: dbt's messages, under dbt's names of events.
#pragma once

#include "cli/dbt/event_log.h"
#include "cli/dbt/options.h"
#include "dbt/graph/graph.h"
#include "dbt/warnings/warnings.h"
#include "runtime/events.h"
#include "runtime/execute.h"
#include "value/value.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace floe::cli {

/// How to speak, from options and dbt_project.yml's flags.
struct ConsoleOptions {
  EventLogOptions log;
  bool json = false;   // stdout gets JSON
  bool quiet = false;  // stdout gets errors and output only
  bool color = false;
  bool print = true;
  std::size_t width = 80;
  std::shared_ptr<dbt::Warnings> warnings = std::make_shared<dbt::Warnings>();
};

/// A mapping of few members, as events carry them.
inline value::Value event_data(
    std::initializer_list<std::pair<const char*, value::Value>> members) {
  return dbt::warning_data(members);
}

/// Says dbt's messages. Thread-safe.
class Console : public runtime::EventSink {
 public:
  explicit Console(ConsoleOptions options);

  /// Says a line; `name` is dbt's name of the event, `data` what it carries in JSON logs.
  void say(LogLevel level, std::string_view text, std::string_view name, const value::Value& data,
           std::string_view thread = "MainThread");
  void say(LogLevel level, std::string_view text, std::string_view name = "Formatting");
  /// What was shown in another way: only for dbt.log.
  void note_in_file(LogLevel level, std::string_view text, std::string_view name,
                    const value::Value& data);
  void info(std::string_view text) { say(LogLevel::kInfo, text); }
  void blank() { say(LogLevel::kInfo, ""); }
  /// Says a warning, unless the policy of the call silences it; fails (kUsage) if that makes it an
  /// error.
  Status warn(const dbt::Warning& warning);
  /// Says a warning that the policy lets pass.
  void show(const dbt::Warning& warning);
  void error(std::string_view text, std::string_view name = "MainEncounteredError");
  /// Output a caller waits for (`ls`): bare, whatever --quiet says.
  void result(std::string_view line);
  void result(std::string_view text, std::string_view name, const value::Value& data);

  /// The nodes that events will be about, and the texts that failures point into; must outlive the
  /// events.
  void watch(const dbt::Graph& graph, const diag::SourceMap& sources,
             std::string_view default_database, std::string_view target_name);
  /// Where a failure comes from, to go below its message: a line break and a place with its
  /// excerpt, or nothing.
  std::string place_text(const runtime::NodeResult& result) const;
  /// Whether each node gets a line when it starts and when it ends: not while compiling.
  void set_progress(bool shown) { progress_ = shown; }
  void on_event(const runtime::Event& event) override;
  bool wants_queries() const override { return log_.wants(LogLevel::kDebug, "SQLQuery"); }
  const std::shared_ptr<dbt::Warnings>& warnings() const { return options_.warnings; }
  /// Judges by other options from now on; what was met so far stays met.
  void set_warnings(std::shared_ptr<dbt::Warnings> warnings);
  const ConsoleOptions& options() const { return options_; }

  /// A status in the colour of its level, if colours are on.
  std::string colored(std::string_view status, LogLevel level) const;
  /// What JSON logs say of a node; `status` is its own word ("started") or empty.
  value::Value node_info(const std::string& unique_id, std::string_view status) const;

 private:
  /// The parts of one result line.
  struct ResultLine {
    std::string text;
    std::string status;
    LogLevel level = LogLevel::kInfo;
    std::string_view name;
  };
  struct NodeTimes {
    std::string started;
    std::string finished;
  };

  const dbt::Member* find(const std::string& unique_id) const;
  std::string describe(const dbt::Member& member) const;
  ResultLine result_line(const dbt::Member& member, const runtime::NodeResult& result) const;
  value::Value result_data(const dbt::Member& member, const runtime::Event& event,
                           const ResultLine& line) const;
  void progress_line(const runtime::Event& event, const ResultLine& line, const value::Value& data);
  void source_finished(const runtime::Event& event, const dbt::Member& member);
  void node_started(const runtime::Event& event);
  void node_step(const runtime::Event& event);
  void node_finished(const runtime::Event& event);
  void hook_event(const runtime::Event& event);
  void message(LogLevel level, const runtime::Event& event, std::string_view name);

  ConsoleOptions options_;
  EventLog log_;
  std::mutex mutex_;
  const dbt::Graph* graph_ = nullptr;
  const diag::SourceMap* sources_ = nullptr;
  std::string default_database_;
  std::string target_name_;
  bool progress_ = true;
  std::map<std::string, NodeTimes> times_;  // touched by events only, which come one at a time
};

/// "2 seeds, 10 table models": what was run, as the summary line counts it.
std::string counted_results(const dbt::Graph& graph,
                            const std::vector<runtime::NodeResult>& results);

/// The summary of a run: time, then each error and warning, then the totals. Fails where the policy
/// makes the mention of a warning an error.
Status print_summary(Console& console, const dbt::Graph& graph, const runtime::RunResult& result);

}  // namespace floe::cli
