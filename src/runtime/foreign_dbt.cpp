// SPDX-License-Identifier: Apache-2.0
#include "runtime/foreign_dbt.h"

#include "base/process.h"
#include "base/text.h"
#include "dbt/manifest/agreement.h"
#include "value/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace floe::runtime {

namespace {

using value::Value;

constexpr std::size_t kShownDisagreements = 20;
constexpr std::size_t kShownErrorLines = 30;

std::string foreign_text(const Value* value) {
  return value != nullptr && value->is_string() ? value->as_string() : std::string();
}

std::int64_t foreign_count(const Value* value) {
  return value != nullptr && value->is_int() ? value->as_int() : 0;
}

double foreign_seconds(const Value* value) {
  return value != nullptr && value->is_number() ? value->as_double() : 0;
}

NodeStatus status_from(std::string_view name) {
  for (const NodeStatus status :
       {NodeStatus::kSuccess, NodeStatus::kPass, NodeStatus::kFail, NodeStatus::kWarn,
        NodeStatus::kError, NodeStatus::kSkipped, NodeStatus::kNoOp, NodeStatus::kPartialSuccess,
        NodeStatus::kRuntimeError}) {
    if (status_name(status) == name) return status;
  }
  // dbt v2's own words.
  if (name == "reused" || name == "succeeded") return NodeStatus::kSuccess;
  return NodeStatus::kError;
}

/// dbt's structured log, line by line, as floe's events.
class LogReader {
 public:
  explicit LogReader(EventSink* events) : events_(events) {}

  void take(std::string_view text) {
    rest_ += text;
    for (std::size_t end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
      line(rest_.substr(0, end));
      rest_.erase(0, end + 1);
    }
  }
  void finish() {
    if (!rest_.empty()) line(std::exchange(rest_, {}));
  }
  /// What dbt said was wrong, or its last lines.
  std::string trouble() const {
    const std::vector<std::string>& lines = errors_.empty() ? plain_ : errors_;
    const std::size_t from = lines.size() > kShownErrorLines ? lines.size() - kShownErrorLines : 0;
    return join(
        std::vector<std::string>(lines.begin() + static_cast<std::ptrdiff_t>(from), lines.end()),
        "\n");
  }

 private:
  void line(const std::string& text) {
    const Result<Value> parsed = value::read_json(text);
    const Value* info = parsed && parsed->is_map() ? parsed->find("info") : nullptr;
    if (info == nullptr) {
      if (!trim(text).empty()) plain_.emplace_back(text);
      return;
    }
    const Value* data = parsed->find("data");
    message(*info, data == nullptr ? Value::map() : *data);
  }

  void message(const Value& info, const Value& data) {
    const std::string name = foreign_text(info.find("name"));
    const std::string level = foreign_text(info.find("level"));
    const std::string text = foreign_text(info.find("msg"));
    const std::string id = foreign_text(data.find_path("node_info.unique_id"));
    if (name == "ConcurrencyLine") {
      tell(EventKind::kRunStart, "", text, data);
    } else if (name == "LogStartLine") {
      tell(EventKind::kNodeStart, id, foreign_text(data.find("description")), data);
    } else if (is_result(name) && !id.empty()) {
      finished(id, data);
    } else if (name == "PrintEvent" || name == "ShowNode" || name == "CompiledNode") {
      tell(EventKind::kPrint, "", text, data);
    } else if (name == "JinjaLogInfo") {
      tell(EventKind::kLog, id, text, data);
    } else if (level == "warn" && !name.starts_with("RunResult")) {
      tell(EventKind::kWarning, id, text, data);
    } else if (level == "error" && !name.starts_with("RunResult")) {
      errors_.push_back(text);
    }
  }

  static bool is_result(std::string_view name) {
    static constexpr std::array<std::string_view, 8> kResults = {
        "LogModelResult",     "LogTestResult",     "LogSeedResult",   "LogSnapshotResult",
        "LogFreshnessResult", "LogNodeNoOpResult", "SkippingDetails", "NodeFinished"};
    return std::find(kResults.begin(), kResults.end(), name) != kResults.end();
  }

  void finished(const std::string& id, const Value& data) {
    if (!finished_.insert(id).second) return;
    NodeResult result;
    result.unique_id = id;
    std::string status = foreign_text(data.find_path("node_info.node_status"));
    if (status.empty() || status == "None") status = to_lower(foreign_text(data.find("status")));
    result.status = status_from(status);
    result.execution_time = foreign_seconds(data.find("execution_time"));
    if (const Value* count = data.find("num_failures"); count != nullptr && count->is_int()) {
      result.failures = count->as_int();
    }
    tell(EventKind::kNodeFinished, id, "", data, &result);
  }

  void tell(EventKind kind, const std::string& id, std::string text, const Value& data,
            const NodeResult* result = nullptr) {
    if (events_ == nullptr) return;
    Event event;
    event.kind = kind;
    event.node_id = id;
    event.message = std::move(text);
    event.index = static_cast<std::size_t>(foreign_count(data.find("index")));
    event.total = static_cast<std::size_t>(foreign_count(data.find("total")));
    if (event.total == 0) {
      const char* key = kind == EventKind::kRunStart ? "node_count" : "num_models";
      event.total = static_cast<std::size_t>(foreign_count(data.find(key)));
    }
    event.threads = static_cast<std::size_t>(foreign_count(data.find("num_threads")));
    event.result = result;
    events_->on_event(event);
  }

  EventSink* events_;
  std::string rest_;
  std::set<std::string> finished_;
  std::vector<std::string> errors_;
  std::vector<std::string> plain_;
};

Result<int> start_dbt(const ForeignPlace& place, const std::vector<std::string>& words,
                      LogReader& log, const std::atomic<bool>* cancel) {
  std::vector<std::string> arguments = {place.executable.string()};
  arguments.insert(arguments.end(), words.begin(), words.end());
  arguments.insert(arguments.end(), place.arguments.begin(), place.arguments.end());
  for (const char* word : {"--log-format", "json", "--log-level", "info", "--target-path"}) {
    arguments.emplace_back(word);
  }
  arguments.push_back(place.target_path.string());
  ProcessOptions options;
  options.folder = place.folder;
  options.timeout = std::chrono::milliseconds(0);
  options.pass_stderr = true;
  options.environment = {{"DBT_USE_COLORS", "false"}};
  options.on_output = [&](std::string_view text) { log.take(text); };
  options.cancel = cancel;
  const ProcessOutput output = FLOE_TRY(run_process(arguments, options));
  log.finish();
  return output.exit_code;
}

NodeResult read_result(const Value& entry) {
  NodeResult result;
  result.unique_id = foreign_text(entry.find("unique_id"));
  result.status = status_from(foreign_text(entry.find("status")));
  if (const Value* message = entry.find("message"); message != nullptr && message->is_string()) {
    result.message = message->as_string();
  }
  if (const Value* count = entry.find("failures"); count != nullptr && count->is_int()) {
    result.failures = count->as_int();
  }
  if (const Value* response = entry.find("adapter_response"); response && response->is_map()) {
    result.adapter_response = *response;
  }
  if (const Value* steps = entry.find("timing"); steps != nullptr && steps->is_list()) {
    for (const Value& step : steps->as_list()) {
      result.timing.push_back({foreign_text(step.find("name")),
                               foreign_text(step.find("started_at")),
                               foreign_text(step.find("completed_at"))});
    }
  }
  result.thread_id = foreign_text(entry.find("thread_id"));
  result.execution_time = foreign_seconds(entry.find("execution_time"));
  const std::string relation = foreign_text(entry.find("relation_name"));
  if (!relation.empty()) result.relation_name = relation;
  const std::string code = foreign_text(entry.find("compiled_code"));
  if (!code.empty()) {
    result.compiled = true;
    result.compiled_code = code;
  }
  if (const Value* batches = entry.find("batch_results")) result.batch_results = *batches;
  return result;
}

}  // namespace

Result<fs::path> find_dbt_executable(const std::string& configured,
                                     const std::map<std::string, std::string>& environment) {
  const auto variable = [&](const char* name) {
    const auto at = environment.find(name);
    return at == environment.end() ? std::string() : at->second;
  };
  const std::string named = configured.empty() ? variable("FLOE_DBT_EXECUTABLE") : configured;
  const std::string wanted = named.empty() ? "dbt" : named;
  std::error_code code;
  const fs::path self = fs::read_symlink("/proc/self/exe", code);
  std::vector<fs::path> candidates;
  if (contains(wanted, "/")) {
    candidates.emplace_back(wanted);
  } else {
    const std::string path = variable("PATH");
    for (const std::string_view folder : split(path, ':')) {
      candidates.push_back(fs::path(folder.empty() ? "." : folder) / wanted);
    }
  }
  for (const fs::path& candidate : candidates) {
    const fs::perms allowed = fs::status(candidate, code).permissions();
    const bool runs =
        fs::is_regular_file(candidate, code) &&
        (allowed & (fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec)) !=
            fs::perms::none;
    // A link called dbt may be floe itself.
    if (runs && fs::canonical(candidate, code) != self) return fs::absolute(candidate, code);
  }
  return fail(ErrorKind::kEnvironment,
              named.empty() ? "there is no dbt executable on PATH"
                            : fmt::format("there is no dbt executable '{}'", named),
              "install dbt-core and the adapter of the platform's compute (for DuckDB: pip install "
              "dbt-core dbt-duckdb), or name an executable with FLOE_DBT_EXECUTABLE");
}

Status check_dbt_agrees(const ForeignPlace& place, const dbt::Project& project,
                        const std::set<std::string>& ours_only, const std::atomic<bool>* cancel) {
  const fs::path file = place.target_path / "manifest.json";
  std::error_code code;
  fs::remove(file, code);
  LogReader log(nullptr);
  const int exit = FLOE_TRY(start_dbt(place, {"parse"}, log, cancel));
  const Result<std::string> text = read_file(file);
  if (exit != 0 || !text) {
    return fail(ErrorKind::kUsage,
                fmt::format("dbt ({}) cannot read the project (exit code {}):\n{}",
                            place.executable.string(), exit, log.trouble()),
                "floe can read it: compare dbt's version and adapter with the project's needs");
  }
  const Value manifest = FLOE_TRY(value::read_json(*text));
  std::vector<std::string> found = dbt::manifest_disagreements(project, manifest, ours_only);
  if (found.empty()) return {};
  const std::size_t all = found.size();
  if (all > kShownDisagreements) {
    found.resize(kShownDisagreements);
    found.push_back(fmt::format("and {} more", all - kShownDisagreements));
  }
  return fail(ErrorKind::kViolation,
              fmt::format("dbt and floe read {} differently; nothing was run:\n  {}",
                          counted(all, "node"), join(found, "\n  ")),
              "what was enforced would not be what runs: give both the same project, profile, "
              "variables and environment");
}

Result<RunResult> read_run_results(const fs::path& file) {
  const std::string text = FLOE_TRY(read_file(file));
  const Value document = FLOE_TRY(value::read_json(text));
  const Value* entries = document.find("results");
  if (entries == nullptr || !entries->is_list()) {
    return fail(ErrorKind::kEnvironment, file.string() + " holds no results");
  }
  RunResult run;
  for (const Value& entry : entries->as_list()) run.results.push_back(read_result(entry));
  run.elapsed = foreign_seconds(document.find("elapsed_time"));
  run.generated_at = foreign_text(document.find_path("metadata.generated_at"));
  run.success = std::none_of(run.results.begin(), run.results.end(), [](const NodeResult& entry) {
    return entry.failed() || entry.status == NodeStatus::kSkipped ||
           entry.status == NodeStatus::kPartialSuccess;
  });
  return run;
}

Result<RunResult> run_foreign_dbt(const ForeignPlace& place, const ForeignRun& run) {
  const fs::path file = place.target_path / "run_results.json";
  std::error_code code;
  fs::remove(file, code);
  LogReader log(&run.events);
  const Result<int> exit = start_dbt(place, run.words, log, run.cancel);
  if (!exit) return tl::unexpected(exit.error());
  if (!fs::exists(file, code)) {
    if (*exit == 0) return RunResult{};  // nothing was selected
    return fail(ErrorKind::kEnvironment,
                fmt::format("dbt ({}) ended with exit code {} and without results:\n{}",
                            place.executable.string(), *exit, log.trouble()));
  }
  RunResult result = FLOE_TRY(read_run_results(file));
  result.success = result.success && *exit == 0;
  return result;
}

}  // namespace floe::runtime
