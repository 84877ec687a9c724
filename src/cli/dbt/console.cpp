// SPDX-License-Identifier: Apache-2.0
#include "cli/dbt/console.h"

#include "base/term.h"
#include "base/text.h"
#include "dbt/manifest/json_writer.h"
#include "dbt/manifest/write_manifest.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace floe::cli {

namespace {

using dbt::Member;
using dbt::ResourceType;
using runtime::NodeResult;
using runtime::NodeStatus;

std::string clock_text() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return fmt::format("{:%H:%M:%S}", fmt::gmtime(now));
}

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "debug";
    case LogLevel::kInfo: return "info";
    case LogLevel::kWarn: return "warn";
    case LogLevel::kError: return "error";
  }
  return "info";
}

std::string text_of(const value::Value* value) {
  return value != nullptr && value->is_string() ? value->as_string() : std::string();
}

/// What the adapter answered ("OK", "INSERT 3"), or the status.
std::string answer_of(const NodeResult& result) {
  const std::string answer = text_of(result.adapter_response.find("_message"));
  if (!answer.empty()) return answer;
  if (result.message && !result.message->empty() &&
      result.message->find('\n') == std::string::npos) {
    return *result.message;
  }
  return to_upper(runtime::status_name(result.status));
}

std::string times(std::size_t count, std::string_view one) { return counted(count, one); }

}  // namespace

void Console::say(LogLevel level, std::string_view text, std::string_view name,
                  const value::Value& data) {
  if (level == LogLevel::kDebug && !options_.debug) return;
  if (options_.quiet && level != LogLevel::kError) return;
  const std::scoped_lock lock(mutex_);
  if (options_.json) {
    dbt::JsonWriter json;
    json.begin_object();
    json.member("data", data);
    json.key("info");
    json.begin_object();
    json.member("category", "");
    json.member("code", "");
    json.member("extra", value::Value::map());
    json.member("invocation_id", options_.invocation_id);
    json.member("level", level_name(level));
    json.member("msg", text);
    json.member("name", name);
    json.key("pid");
    json.integer(::getpid());
    json.member("thread", "MainThread");
    json.member("ts", dbt::artifact_time_now());
    json.end_object();
    json.end_object();
    fmt::print("{}\n", json.text());
  } else {
    fmt::print("{}  {}\n", clock_text(), text);
  }
  std::fflush(stdout);
}

void Console::warning(std::string_view text) {
  ++warnings_;
  say(LogLevel::kWarn, fmt::format("[{}]: {}", colored("WARNING", LogLevel::kWarn), text),
      "Warning");
}

void Console::error(std::string_view text) { say(LogLevel::kError, text, "MainEncounteredError"); }

void Console::result(std::string_view line) {
  const std::scoped_lock lock(mutex_);
  if (options_.json) {
    dbt::JsonWriter json;
    json.begin_object();
    json.key("data");
    json.begin_object();
    json.member("msg", line);
    json.end_object();
    json.key("info");
    json.begin_object();
    json.member("invocation_id", options_.invocation_id);
    json.member("level", "info");
    json.member("msg", line);
    json.member("name", "PrintEvent");
    json.member("ts", dbt::artifact_time_now());
    json.end_object();
    json.end_object();
    fmt::print("{}\n", json.text());
  } else {
    fmt::print("{}\n", line);
  }
}

void Console::watch(const dbt::Graph& graph, std::string_view default_database) {
  graph_ = &graph;
  default_database_ = std::string(default_database);
}

std::string Console::colored(std::string_view status, LogLevel level) const {
  const Style style = level == LogLevel::kError  ? Style::kRed
                      : level == LogLevel::kWarn ? Style::kYellow
                                                 : Style::kGreen;
  return styled(status, style, options_.color);
}

std::string Console::describe(const Member& member) const {
  if (member.type == ResourceType::kUnitTest) {
    return fmt::format("unit_test {}::{}", text_of(member.resource->data.find("model")),
                       member.name());
  }
  if (member.node == nullptr) {
    return fmt::format("{} {}", dbt::resource_type_name(member.type), member.name());
  }
  const dbt::Node& node = *member.node;
  const std::string relation = node.database.empty() || node.database == default_database_
                                   ? node.schema + "." + node.alias
                                   : node.database + "." + node.schema + "." + node.alias;
  switch (node.type) {
    case ResourceType::kModel:
      return fmt::format("{} {} model {}", node.language, node.materialized(), relation);
    case ResourceType::kSeed: return "seed file " + relation;
    case ResourceType::kSnapshot: return "snapshot " + relation;
    default: return fmt::format("{} {}", dbt::resource_type_name(node.type), node.name);
  }
}

Console::ResultLine Console::result_line(const Member& member, const NodeResult& result) const {
  const std::string what = describe(member);
  const bool is_test = member.type == ResourceType::kTest || member.type == ResourceType::kUnitTest;
  const std::string name = member.type == ResourceType::kUnitTest ? what.substr(10) : member.name();
  const std::string failures = result.failures ? " " + std::to_string(*result.failures) : "";
  switch (result.status) {
    case NodeStatus::kSkipped: {
      const bool relation = member.node != nullptr && member.node->is_refable();
      return {relation
                  ? fmt::format("SKIP relation {}.{}", member.node->schema, member.node->alias)
                  : fmt::format("SKIP {} {}", dbt::resource_type_name(member.type), member.name()),
              "SKIP", LogLevel::kWarn, "SkippingDetails"};
    }
    case NodeStatus::kNoOp: return {"NO-OP " + what, "NO-OP", LogLevel::kInfo, "LogNodeNoOpResult"};
    case NodeStatus::kPass: return {"PASS " + name, "PASS", LogLevel::kInfo, "LogTestResult"};
    case NodeStatus::kWarn:
      if (!is_test) return {"WARN " + what, "WARN", LogLevel::kWarn, "LogModelResult"};
      return {"WARN" + failures + " " + name, "WARN" + failures, LogLevel::kWarn, "LogTestResult"};
    case NodeStatus::kFail:
      return {"FAIL" + failures + " " + name, "FAIL" + failures, LogLevel::kError, "LogTestResult"};
    case NodeStatus::kPartialSuccess:
      return {"PARTIAL SUCCESS creating " + what, answer_of(result), LogLevel::kWarn,
              "LogModelResult"};
    case NodeStatus::kError:
    case NodeStatus::kRuntimeError:
      if (is_test) return {"ERROR " + name, "ERROR", LogLevel::kError, "LogTestResult"};
      if (member.type == ResourceType::kSeed) {
        return {"ERROR loading " + what, "ERROR", LogLevel::kError, "LogSeedResult"};
      }
      if (member.type == ResourceType::kSnapshot) {
        return {"ERROR snapshotting " + what, "ERROR", LogLevel::kError, "LogSnapshotResult"};
      }
      if (member.type == ResourceType::kSource) {
        return {"ERROR freshness of " + what, "ERROR", LogLevel::kError, "LogFreshnessResult"};
      }
      return {"ERROR creating " + what, "ERROR", LogLevel::kError, "LogModelResult"};
    case NodeStatus::kSuccess: break;
  }
  if (member.type == ResourceType::kSeed) {
    return {"OK loaded " + what, answer_of(result), LogLevel::kInfo, "LogSeedResult"};
  }
  if (member.type == ResourceType::kSnapshot) {
    return {"OK snapshotted " + what, answer_of(result), LogLevel::kInfo, "LogSnapshotResult"};
  }
  return {"OK created " + what, answer_of(result), LogLevel::kInfo, "LogModelResult"};
}

value::Value Console::node_info(const runtime::Event& event) const {
  value::Value data = value::Value::map();
  value::Value info = value::Value::map();
  info.set("unique_id", event.node_id);
  if (graph_ != nullptr) {
    if (const std::optional<std::uint32_t> i = graph_->find(event.node_id)) {
      const Member& member = graph_->member(*i);
      info.set("node_name", member.name());
      info.set("resource_type", dbt::resource_type_name(member.type));
      info.set("node_path", member.original_file_path());
    }
  }
  if (event.result != nullptr) {
    info.set("node_status", runtime::status_name(event.result->status));
    data.set("execution_time", event.result->execution_time);
    data.set("status", runtime::status_name(event.result->status));
  } else {
    info.set("node_status", "started");
  }
  data.set("index", static_cast<std::int64_t>(event.index));
  data.set("total", static_cast<std::int64_t>(event.total));
  data.set("node_info", std::move(info));
  return data;
}

void Console::progress_line(const runtime::Event& event, std::string text, std::string status,
                            LogLevel level, std::string_view name) {
  std::string line = fmt::format("{} of {} {} ", event.index, event.total, text);
  if (line.size() < options_.width) line.append(options_.width - line.size(), '.');
  const bool started = event.result == nullptr;
  const bool timed = !started && event.result->status != NodeStatus::kSkipped;
  const std::string shown = started ? status : colored(status, level);
  line += timed ? fmt::format(" [{} in {:.2f}s]", shown, event.result->execution_time)
                : fmt::format(" [{}]", shown);
  say(started || level == LogLevel::kInfo ? LogLevel::kInfo : level, line, name,
      options_.json ? node_info(event) : value::Value::map());
}

void Console::hook_event(const runtime::Event& event) {
  // operation.nasty.nasty-on-run-start-0 is shown as nasty.on-run-start.0.
  std::string shown = event.node_id;
  const std::vector<std::string_view> pieces = split(event.node_id, '.');
  if (pieces.size() >= 3) {
    const std::string package(pieces[1]);
    std::string name(pieces.back());
    if (name.starts_with(package + "-")) name = name.substr(package.size() + 1);
    const std::size_t dash = name.rfind('-');
    if (dash != std::string::npos) name[dash] = '.';
    shown = package + "." + name;
  }
  if (event.result == nullptr) {
    progress_line(event, "START hook: " + shown, "RUN", LogLevel::kInfo, "LogHookStartLine");
  } else if (event.result->failed()) {
    progress_line(event, "ERROR hook: " + shown, "ERROR", LogLevel::kError, "LogHookEndLine");
  } else {
    progress_line(event, "OK hook: " + shown, "OK", LogLevel::kInfo, "LogHookEndLine");
  }
}

void Console::node_finished(const runtime::Event& event) {
  const std::optional<std::uint32_t> i =
      graph_ == nullptr ? std::nullopt : graph_->find(event.node_id);
  if (!i || event.result == nullptr) return;
  const Member& member = graph_->member(*i);
  if (member.source != nullptr) {
    const std::string name = member.source->source_name + "." + member.source->name;
    const bool error = event.result->failed();
    const std::string_view status = event.result->status == NodeStatus::kPass    ? "PASS"
                                    : event.result->status == NodeStatus::kWarn  ? "WARN"
                                    : event.result->status == NodeStatus::kError ? "ERROR STALE"
                                                                                 : "ERROR";
    progress_line(event, fmt::format("{} freshness of {}", status, name), std::string(status),
                  error                                       ? LogLevel::kError
                  : event.result->status == NodeStatus::kWarn ? LogLevel::kWarn
                                                              : LogLevel::kInfo,
                  "LogFreshnessResult");
    return;
  }
  const ResultLine line = result_line(member, *event.result);
  progress_line(event, line.text, line.status, line.level, line.name);
  if (options_.json) say(LogLevel::kDebug, "", "NodeFinished", node_info(event));
}

void Console::on_event(const runtime::Event& event) {
  switch (event.kind) {
    case runtime::EventKind::kRunStart:
      blank();
      if (!event.message.empty()) {
        say(LogLevel::kInfo, event.message, "ConcurrencyLine");
        blank();
      }
      return;
    case runtime::EventKind::kNodeStart: {
      const std::optional<std::uint32_t> i =
          graph_ == nullptr ? std::nullopt : graph_->find(event.node_id);
      if (!i) return;
      const Member& member = graph_->member(*i);
      const std::string what =
          member.source != nullptr
              ? fmt::format("freshness of {}.{}", member.source->source_name, member.source->name)
              : describe(member);
      progress_line(event, "START " + what, "RUN", LogLevel::kInfo, "LogStartLine");
      return;
    }
    case runtime::EventKind::kNodeFinished: node_finished(event); return;
    case runtime::EventKind::kHookStart:
    case runtime::EventKind::kHookFinished: hook_event(event); return;
    case runtime::EventKind::kLog: say(LogLevel::kInfo, event.message, "JinjaLogInfo"); return;
    case runtime::EventKind::kDebug: say(LogLevel::kDebug, event.message, "JinjaLogDebug"); return;
    case runtime::EventKind::kPrint:
      if (options_.print) result(event.message);
      return;
    case runtime::EventKind::kWarning: warning(event.message); return;
    case runtime::EventKind::kQuery: say(LogLevel::kDebug, event.message, "SQLQuery"); return;
    case runtime::EventKind::kRunEnd: return;
  }
}

std::string counted_results(const dbt::Graph& graph, const std::vector<NodeResult>& results) {
  std::map<std::string, std::size_t> counts;
  for (const NodeResult& result : results) {
    const std::optional<std::uint32_t> i = graph.find(result.unique_id);
    if (!i) continue;
    const Member& member = graph.member(*i);
    std::string kind(dbt::resource_type_name(member.type));
    if (member.type == ResourceType::kModel) kind = member.node->materialized() + " model";
    if (member.type == ResourceType::kTest) kind = "data test";
    if (member.type == ResourceType::kUnitTest) kind = "unit test";
    if (member.type == ResourceType::kOperation) kind = "project hook";
    if (member.type == ResourceType::kSavedQuery) kind = "saved query";
    ++counts[kind];
  }
  std::vector<std::string> pieces;
  for (const auto& [kind, count] : counts) {
    pieces.push_back(kind.ends_with("query")      ? counted(count, kind, "saved queries")
                     : kind.ends_with("analysis") ? counted(count, kind, "analyses")
                                                  : times(count, kind));
  }
  return join(pieces, ", ");
}

namespace {

std::string elapsed_words(double seconds) {
  const long whole = static_cast<long>(seconds);
  const auto unit = [](long count, std::string_view name) {
    return fmt::format("{} {}{}", count, name, count == 1 ? "" : "s");
  };
  return fmt::format("{} {} and {:.2f} seconds ({:.2f}s)", unit(whole / 3600, "hour"),
                     unit(whole / 60 % 60, "minute"), std::fmod(seconds, 60.0), seconds);
}

void print_problem(Console& console, const dbt::Graph& graph, const NodeResult& result,
                   bool is_warning) {
  const std::optional<std::uint32_t> i = graph.find(result.unique_id);
  const LogLevel level = is_warning ? LogLevel::kWarn : LogLevel::kError;
  const std::string label =
      styled(is_warning ? "WARNING" : "ERROR", is_warning ? Style::kYellow : Style::kRed,
             console.options().color);
  console.blank();
  if (i) {
    const Member& member = graph.member(*i);
    console.say(level,
                fmt::format("[{}]: in {} {} ({})", label, dbt::resource_type_name(member.type),
                            member.name(), member.original_file_path()),
                is_warning ? "RunResultWarning" : "RunResultFailure");
  }
  console.say(level,
              is_warning ? fmt::format("[{}]: {}", label, result.message.value_or(""))
                         : fmt::format("  {}", result.message.value_or("failed without a message")),
              "RunResultError");
  if (!i || graph.member(*i).node == nullptr) return;
  const dbt::Node& node = *graph.member(*i).node;
  if (!node.compiled_path.empty()) {
    console.blank();
    console.info("  compiled code at " + node.compiled_path);
  }
  const value::Value* stored = node.config.find("store_failures");
  if (node.type == ResourceType::kTest && stored != nullptr && stored->is_bool() &&
      stored->as_bool() && result.relation_name) {
    const std::string query = "select * from " + *result.relation_name;
    const std::string rule(query.size(), '-');
    console.blank();
    console.info(fmt::format("  See test failures:\n  {}\n  {}\n  {}", rule, query, rule));
  }
}

}  // namespace

void print_summary(Console& console, const dbt::Graph& graph, const runtime::RunResult& result) {
  std::size_t errors = 0, warnings = 0, passed = 0, skipped = 0, no_op = 0, partial = 0;
  for (const NodeResult& entry : result.results) {
    switch (entry.status) {
      case NodeStatus::kError:
      case NodeStatus::kFail:
      case NodeStatus::kRuntimeError: ++errors; break;
      case NodeStatus::kWarn: ++warnings; break;
      case NodeStatus::kSkipped: ++skipped; break;
      case NodeStatus::kNoOp: ++no_op; break;
      case NodeStatus::kPartialSuccess: ++partial; break;
      case NodeStatus::kSuccess:
      case NodeStatus::kPass: ++passed; break;
    }
  }
  console.blank();
  console.say(LogLevel::kInfo,
              fmt::format("Finished running {} in {}.", counted_results(graph, result.results),
                          elapsed_words(result.elapsed)),
              "FinishedRunningStats");
  console.blank();
  if (errors + partial + warnings == 0) {
    console.say(LogLevel::kInfo,
                styled("Completed successfully", Style::kGreen, console.options().color),
                "EndOfRunSummary");
  } else {
    const std::string counts = fmt::format("{}, {}, and {}", times(errors, "error"),
                                           counted(partial, "partial success", "partial successes"),
                                           times(warnings, "warning"));
    console.say(
        LogLevel::kInfo,
        styled("Completed with " + counts + ":",
               errors + partial > 0 ? Style::kRed : Style::kYellow, console.options().color),
        "EndOfRunSummary");
  }
  for (const NodeResult& entry : result.results) {
    if (entry.failed() || entry.status == NodeStatus::kPartialSuccess) {
      print_problem(console, graph, entry, false);
    }
  }
  for (const NodeResult& entry : result.results) {
    if (entry.status == NodeStatus::kWarn) print_problem(console, graph, entry, true);
  }
  console.blank();
  value::Value data = value::Value::map();
  console.say(LogLevel::kInfo,
              fmt::format("Done. PASS={} WARN={} ERROR={} SKIP={} NO-OP={} REUSED=0 TOTAL={}",
                          passed, warnings, errors, skipped, no_op, result.results.size()),
              "StatsLine", data);
}

}  // namespace floe::cli
