// SPDX-License-Identifier: Apache-2.0
// What a run of a data product shows while it happens, and how it sums up.
#pragma once

#include "base/progress.h"
#include "cli/report.h"
#include "dbt/project/model.h"
#include "runtime/events.h"
#include "runtime/execute.h"
#include "runtime/gates.h"

#include <map>
#include <string>

namespace floe::cli {

/// Shows the events of runs on stderr: live lines, plain lines, or JSON lines. Thread-safe.
class RunDisplay : public runtime::EventSink {
 public:
  explicit RunDisplay(const Output& output);

  /// The project whose events come next.
  void watch(const dbt::Project& project, const runtime::GatePlan& gates);
  void on_event(const runtime::Event& event) override;
  /// A warning about the run.
  void note(const std::string& text) { message("warning", text); }
  /// Takes the live lines away; later events are shown plainly.
  void stop() { progress_.stop(); }

 private:
  void node_started(const runtime::Event& event);
  void node_finished(const runtime::Event& event);
  void message(std::string_view level, const std::string& text);

  const Output output_;
  Progress progress_;
  const dbt::Project* project_ = nullptr;
  const runtime::GatePlan* gates_ = nullptr;
  std::size_t finished_ = 0;
};

/// "model", "test", "gate", "unit test", …: what a node is called in front of people.
std::string node_kind(const dbt::Project& project, const runtime::GatePlan& gates,
                      const std::string& unique_id);
/// Its short name.
std::string node_title(const dbt::Project& project, const runtime::GatePlan& gates,
                       const std::string& unique_id);

/// Everything that failed or warned, in full, for stderr. Paths are shown relative to `root`.
void print_failures(const Output& output, const diag::SourceMap& sources, const dbt::Loaded& loaded,
                    const runtime::GatePlan& gates, const runtime::RunResult& result);

/// "5 seeds, 12 models, 40 tests".
std::string counted_kinds(const dbt::Project& project, const runtime::GatePlan& gates,
                          const runtime::RunResult& result);
/// "2 failed, 3 skipped, 40 passed".
std::string counted_outcomes(const runtime::RunResult& result);

}  // namespace floe::cli
