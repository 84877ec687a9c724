// SPDX-License-Identifier: Apache-2.0
// What `floe dbt` says while it works: dbt's lines, or one JSON object a line.
#pragma once

#include "cli/dbt/options.h"
#include "dbt/graph/graph.h"
#include "runtime/events.h"
#include "runtime/execute.h"
#include "value/value.h"

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace floe::cli {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

/// How to speak, from options and dbt_project.yml's flags.
struct ConsoleOptions {
  bool json = false;
  bool quiet = false;
  bool debug = false;
  bool color = false;
  bool print = true;
  std::size_t width = 80;
  std::string invocation_id;
};

/// Writes dbt's messages to stdout. Thread-safe.
class Console : public runtime::EventSink {
 public:
  explicit Console(ConsoleOptions options) : options_(std::move(options)) {}

  /// Says a line; `name` is dbt's name of the event in JSON logs.
  void say(LogLevel level, std::string_view text, std::string_view name = "Formatting",
           const value::Value& data = value::Value::map());
  void info(std::string_view text) { say(LogLevel::kInfo, text); }
  void blank() { say(LogLevel::kInfo, ""); }
  void warning(std::string_view text);
  void error(std::string_view text);
  /// Output a caller waits for (`ls`): bare, whatever --quiet says.
  void result(std::string_view line);

  /// The nodes that events will be about; must outlive the events.
  void watch(const dbt::Graph& graph, std::string_view default_database);
  void on_event(const runtime::Event& event) override;
  std::size_t warnings() const { return warnings_; }
  const ConsoleOptions& options() const { return options_; }

 private:
  /// The parts of one result line.
  struct ResultLine {
    std::string text;
    std::string status;
    LogLevel level = LogLevel::kInfo;
    std::string_view name;
  };

  std::string describe(const dbt::Member& member) const;
  ResultLine result_line(const dbt::Member& member, const runtime::NodeResult& result) const;
  void progress_line(const runtime::Event& event, std::string text, std::string status,
                     LogLevel level, std::string_view name);
  value::Value node_info(const runtime::Event& event) const;
  void hook_event(const runtime::Event& event);
  void node_finished(const runtime::Event& event);
  std::string colored(std::string_view status, LogLevel level) const;

  ConsoleOptions options_;
  std::mutex mutex_;
  std::size_t warnings_ = 0;
  const dbt::Graph* graph_ = nullptr;
  std::string default_database_;
};

/// "2 seeds, 10 table models": what was run, as the summary line counts it.
std::string counted_results(const dbt::Graph& graph,
                            const std::vector<runtime::NodeResult>& results);

/// The summary of a run: time, then each error and warning, then the totals.
void print_summary(Console& console, const dbt::Graph& graph, const runtime::RunResult& result);

}  // namespace floe::cli
