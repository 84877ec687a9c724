// SPDX-License-Identifier: Apache-2.0
#include "cli/dbt/console.h"

#include "base/term.h"
#include "base/text.h"
#include "dbt/manifest/write_manifest.h"
#include "dbt/warnings/events.h"
#include "diag/render.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::cli {

namespace {

using dbt::Member;
using dbt::ResourceType;
using runtime::NodeResult;
using runtime::NodeStatus;
using value::Value;

/// SQL longer than this is shown with its beginning only (seeds).
constexpr std::size_t kLongestQuery = 65536;
constexpr std::size_t kAbridged = 512;

std::string text_of(const Value* value) {
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

/// A time as dbt gives it in events: UTC without the Z.
std::string event_time_now() {
  std::string text = dbt::artifact_time_now();
  if (text.ends_with('Z')) text.pop_back();
  return text;
}

Value or_empty(const Value& map) { return map.is_map() ? map : Value::map(); }

/// nasty.on-run-start.0 of operation.nasty.nasty-on-run-start-0.
std::string hook_name(const std::string& unique_id) {
  const std::vector<std::string_view> pieces = split(unique_id, '.');
  if (pieces.size() < 3) return unique_id;
  const std::string package(pieces[1]);
  std::string name(pieces.back());
  if (name.starts_with(package + "-")) name = name.substr(package.size() + 1);
  const std::size_t dash = name.rfind('-');
  if (dash != std::string::npos) name[dash] = '.';
  return package + "." + name;
}

Value run_result_data(const NodeResult& result) {
  Value timing = Value::list();
  for (const runtime::Timing& step : result.timing) {
    timing.push(event_data({{"completed_at", step.completed_at},
                            {"name", step.name},
                            {"started_at", step.started_at}}));
  }
  return event_data({{"adapter_response", or_empty(result.adapter_response)},
                     {"execution_time", result.execution_time},
                     {"message", result.message.value_or("")},
                     {"num_failures", result.failures.value_or(0)},
                     {"status", runtime::status_name(result.status)},
                     {"thread", result.thread_id},
                     {"timing_info", std::move(timing)}});
}

}  // namespace

Console::Console(ConsoleOptions options) : options_(std::move(options)), log_(options_.log) {
  const std::optional<std::string> problem = log_.take_problem();
  if (problem) say(LogLevel::kWarn, *problem, "Note");
}

void Console::say(LogLevel level, std::string_view text, std::string_view name, const Value& data,
                  std::string_view thread) {
  const std::scoped_lock lock(mutex_);
  log_.write({.level = level, .name = name, .text = text, .data = data, .thread = thread});
}

void Console::say(LogLevel level, std::string_view text, std::string_view name) {
  say(level, text, name, event_data({{"msg", text}}));
}

void Console::note_in_file(LogLevel level, std::string_view text, std::string_view name,
                           const Value& data) {
  const std::scoped_lock lock(mutex_);
  log_.write({.level = level, .name = name, .text = text, .data = data, .file_only = true});
}

void Console::set_warnings(std::shared_ptr<dbt::Warnings> warnings) {
  warnings->add(options_.warnings->deprecations());
  options_.warnings = std::move(warnings);
}

Status Console::warn(const dbt::Warning& warning) {
  switch (options_.warnings->meet(warning)) {
    case dbt::Verdict::kShow: show(warning); return {};
    case dbt::Verdict::kSilence: return {};
    case dbt::Verdict::kError: break;
  }
  return fail(ErrorKind::kUsage, warning.text,
              fmt::format("the options make the warning {} an error", warning.event));
}

void Console::show(const dbt::Warning& warning) {
  const bool named =
      dbt::is_always_named(warning.event) ||
      (dbt::is_deprecation(warning.event) && options_.warnings->flags().name_deprecations);
  say(LogLevel::kWarn,
      fmt::format("[{}]{}: {}", colored("WARNING", LogLevel::kWarn),
                  named ? "[" + warning.event + "]" : "", warning.text),
      warning.event, warning.data);
}

void Console::error(std::string_view text, std::string_view name) {
  constexpr std::string_view kLead = "Encountered an error:\n";
  const std::string_view what = text.starts_with(kLead) ? text.substr(kLead.size()) : text;
  say(LogLevel::kError, text, name, event_data({{"exc", what}}));
}

void Console::result(std::string_view text, std::string_view name, const Value& data) {
  say(LogLevel::kInfo, text, name, data);
}

void Console::result(std::string_view line) {
  result(line, "PrintEvent", event_data({{"msg", line}}));
}

std::string Console::place_text(const NodeResult& result) const {
  if (!result.place || sources_ == nullptr || options_.json) return "";
  diag::RenderOptions options;
  options.color = options_.color;
  const std::string text = diag::render_place(*result.place, *sources_, options);
  return "\n" + std::string(trim_right(text));
}

void Console::watch(const dbt::Graph& graph, const diag::SourceMap& sources,
                    std::string_view default_database, std::string_view target_name) {
  graph_ = &graph;
  sources_ = &sources;
  default_database_ = std::string(default_database);
  target_name_ = std::string(target_name);
}

const Member* Console::find(const std::string& unique_id) const {
  if (graph_ == nullptr) return nullptr;
  const std::optional<std::uint32_t> i = graph_->find(unique_id);
  return i ? &graph_->member(*i) : nullptr;
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
    case ResourceType::kFunction: return "function " + relation;
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
              "SKIP", LogLevel::kInfo, "SkippingDetails"};
    }
    case NodeStatus::kNoOp: return {"NO-OP " + what, "NO-OP", LogLevel::kInfo, "LogNodeNoOpResult"};
    case NodeStatus::kPass: return {"PASS " + name, "PASS", LogLevel::kInfo, "LogTestResult"};
    case NodeStatus::kWarn:
      if (!is_test) return {"WARN " + what, "WARN", LogLevel::kWarn, "LogModelResult"};
      return {"WARN" + failures + " " + name, "WARN" + failures, LogLevel::kWarn, "LogTestResult"};
    case NodeStatus::kFail:
      return {"FAIL" + failures + " " + name, "FAIL" + failures, LogLevel::kError, "LogTestResult"};
    case NodeStatus::kPartialSuccess:
      if (member.type == ResourceType::kFunction) break;
      return {"PARTIAL SUCCESS creating " + what, answer_of(result), LogLevel::kInfo,
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
      if (member.type == ResourceType::kFunction) {
        return {"ERROR creating " + what, "ERROR", LogLevel::kError, "LogFunctionResult"};
      }
      return {"ERROR creating " + what, "ERROR", LogLevel::kError, "LogModelResult"};
    case NodeStatus::kSuccess: break;
  }
  if (member.type == ResourceType::kFunction) {
    return {"OK created " + what, to_upper(runtime::status_name(result.status)), LogLevel::kInfo,
            "LogFunctionResult"};
  }
  if (member.type == ResourceType::kSeed) {
    return {"OK loaded " + what, answer_of(result), LogLevel::kInfo, "LogSeedResult"};
  }
  if (member.type == ResourceType::kSnapshot) {
    return {"OK snapshotted " + what, answer_of(result), LogLevel::kInfo, "LogSnapshotResult"};
  }
  return {"OK created " + what, answer_of(result), LogLevel::kInfo, "LogModelResult"};
}

Value Console::node_info(const std::string& unique_id, std::string_view status) const {
  const Member* member = find(unique_id);
  if (member == nullptr) return Value::map();
  const auto times = times_.find(unique_id);
  const bool timed = times != times_.end() && !status.empty();
  Value info = Value::map();
  const dbt::Node* node = member->node;
  const Value* meta = node != nullptr               ? &node->meta
                      : member->source != nullptr   ? &member->source->meta
                      : member->resource != nullptr ? member->resource->data.find("meta")
                                                    : nullptr;
  info.set("materialized", node == nullptr                          ? std::string()
                           : node->type == ResourceType::kOperation ? std::string("view")
                                                                    : node->materialized());
  info.set("meta", meta == nullptr ? Value::map() : or_empty(*meta));
  const bool summed = node != nullptr && node->checksum.name != "none";
  info.set("node_checksum", summed ? node->checksum.checksum : std::string());
  info.set("node_finished_at", timed ? times->second.finished : std::string());
  info.set("node_name", member->name());
  const std::string* path = node != nullptr               ? &node->path
                            : member->source != nullptr   ? &member->source->path
                            : member->resource != nullptr ? &member->resource->path
                                                          : nullptr;
  info.set("node_path", path == nullptr ? member->original_file_path() : *path);
  Value relation = Value::map();
  relation.set("alias", node == nullptr ? std::string() : node->alias);
  const dbt::SourceNode* source = member->source;
  relation.set("database", node != nullptr     ? node->database
                           : source != nullptr ? source->database
                                               : std::string());
  relation.set("relation_name", node != nullptr     ? node->relation_name
                                : source != nullptr ? source->relation_name
                                                    : std::string());
  relation.set("schema", node != nullptr     ? node->schema
                         : source != nullptr ? source->schema
                                             : std::string());
  info.set("node_relation", std::move(relation));
  info.set("node_started_at", timed ? times->second.started : std::string());
  info.set("node_status", status.empty() ? std::string_view("None") : status);
  info.set("resource_type", dbt::resource_type_name(member->type));
  info.set("unique_id", unique_id);
  return info;
}

/// What dbt's event of a finished node carries.
Value Console::result_data(const Member& member, const runtime::Event& event,
                           const ResultLine& line) const {
  const NodeResult& result = *event.result;
  const std::string_view status = runtime::status_name(result.status);
  const auto index = static_cast<std::int64_t>(event.index);
  const auto total = static_cast<std::int64_t>(event.total);
  Value data = event_data({{"execution_time", result.execution_time},
                           {"index", index},
                           {"node_info", node_info(event.node_id, status)},
                           {"status", status},
                           {"total", total}});
  const dbt::Node* node = member.node;
  if (line.name == "LogTestResult") {
    data.set("name", member.type == ResourceType::kUnitTest ? line.text.substr(5) : member.name());
    data.set("num_failures", result.failures.value_or(0));
    data.set("attached_node", node == nullptr ? std::string() : node->attached_node);
    data.erase("total");
    data.set("num_models", total);
  } else if (line.name == "SkippingDetails") {
    data.set("node_name", node == nullptr ? member.name() : node->alias);
    data.set("resource_type", dbt::resource_type_name(member.type));
    data.set("schema", node == nullptr ? std::string() : node->schema);
    data.erase("status");
    data.erase("execution_time");
  } else if (line.name == "LogSeedResult") {
    data.set("relation", node->alias);
    data.set("schema", node->schema);
    data.set("result_message", line.status);
  } else {
    data.set("description", describe(member));
    if (line.name == "LogSnapshotResult") {
      data.set("cfg", Value::map());
      data.set("result_message", line.status);
    }
    if (line.name == "LogModelResult" && !result.failed()) data.set("status", line.status);
  }
  return data;
}

void Console::progress_line(const runtime::Event& event, const ResultLine& line,
                            const Value& data) {
  if (!progress_) return;
  std::string text = fmt::format("{} of {} {} ", event.index, event.total, line.text);
  if (text.size() < options_.width) text.append(options_.width - text.size(), '.');
  // The policy may silence the line of a test or source; where it is an error, it is one already.
  if (line.level == LogLevel::kWarn &&
      options_.warnings->meet({std::string(line.name), text}) == dbt::Verdict::kSilence) {
    return;
  }
  const bool started = event.result == nullptr;
  const bool timed = !started && event.result->status != NodeStatus::kSkipped;
  const bool yellow = line.name == "SkippingDetails" || line.text.starts_with("PARTIAL");
  const LogLevel level = yellow ? LogLevel::kWarn : line.level;
  const std::string shown = started ? line.status : colored(line.status, level);
  text += timed ? fmt::format(" [{} in {:.2f}s]", shown, event.result->execution_time)
                : fmt::format(" [{}]", shown);
  say(line.level, text, line.name, data, event.thread.empty() ? "MainThread" : event.thread);
}

void Console::hook_event(const runtime::Event& event) {
  const std::string shown = hook_name(event.node_id);
  const bool started = event.result == nullptr;
  times_[event.node_id].started = event_time_now();
  Value data = event_data({{"index", static_cast<std::int64_t>(event.index)},
                           {"node_info", node_info(event.node_id, started ? "started" : "success")},
                           {"statement", shown},
                           {"total", static_cast<std::int64_t>(event.total)}});
  if (started) {
    progress_line(event, {"START hook: " + shown, "RUN", LogLevel::kInfo, "LogHookStartLine"},
                  data);
    return;
  }
  const bool failed = event.result->failed();
  const std::string word = failed ? "ERROR" : "OK";
  data.set("execution_time", event.result->execution_time);
  data.set("status", word);
  progress_line(event,
                {word + " hook: " + shown, word, failed ? LogLevel::kError : LogLevel::kInfo,
                 "LogHookEndLine"},
                data);
}

void Console::source_finished(const runtime::Event& event, const Member& member) {
  const NodeStatus status = event.result->status;
  const std::string word = status == NodeStatus::kPass    ? "PASS"
                           : status == NodeStatus::kWarn  ? "WARN"
                           : status == NodeStatus::kError ? "ERROR STALE"
                                                          : "ERROR";
  const LogLevel level = event.result->failed()        ? LogLevel::kError
                         : status == NodeStatus::kWarn ? LogLevel::kWarn
                                                       : LogLevel::kInfo;
  if (event.result->lost) return;
  const dbt::SourceNode& source = *member.source;
  const Value data =
      event_data({{"execution_time", event.result->execution_time},
                  {"index", static_cast<std::int64_t>(event.index)},
                  {"node_info", node_info(event.node_id, runtime::status_name(status))},
                  {"source_name", source.source_name},
                  {"status", runtime::status_name(status)},
                  {"table_name", source.name},
                  {"total", static_cast<std::int64_t>(event.total)}});
  progress_line(event,
                {fmt::format("{} freshness of {}.{}", word, source.source_name, source.name), word,
                 level, "LogFreshnessResult"},
                data);
}

void Console::node_started(const runtime::Event& event) {
  const Member* member = find(event.node_id);
  if (member == nullptr) return;
  times_[event.node_id].started = event_time_now();
  const std::string what =
      member->source != nullptr
          ? fmt::format("freshness of {}.{}", member->source->source_name, member->source->name)
          : describe(*member);
  const Value info = node_info(event.node_id, "started");
  say(LogLevel::kDebug, "Began running node " + event.node_id, "NodeStart",
      event_data({{"node_info", info}}), event.thread);
  progress_line(event, {"START " + what, "RUN", LogLevel::kInfo, "LogStartLine"},
                event_data({{"description", what},
                            {"index", static_cast<std::int64_t>(event.index)},
                            {"node_info", info},
                            {"total", static_cast<std::int64_t>(event.total)}}));
}

void Console::node_step(const runtime::Event& event) {
  const bool compiling = event.kind == runtime::EventKind::kNodeCompiling;
  const std::string_view status = compiling ? "compiling" : "executing";
  say(LogLevel::kDebug, fmt::format("Began {} node {}", status, event.node_id),
      compiling ? "NodeCompiling" : "NodeExecuting",
      event_data({{"node_info", node_info(event.node_id, status)}}), event.thread);
}

void Console::node_finished(const runtime::Event& event) {
  const Member* member = find(event.node_id);
  if (member == nullptr || event.result == nullptr) return;
  NodeTimes& times = times_[event.node_id];
  const bool skipped = event.result->status == NodeStatus::kSkipped;
  if (times.started.empty()) times.started = event_time_now();
  if (!skipped) times.finished = event_time_now();
  if (member->source != nullptr) {
    source_finished(event, *member);
  } else {
    const ResultLine line = result_line(*member, *event.result);
    progress_line(event, line, result_data(*member, event, line));
  }
  const std::string_view status = runtime::status_name(event.result->status);
  say(LogLevel::kDebug, "Finished running node " + event.node_id, "NodeFinished",
      event_data({{"node_info", node_info(event.node_id, status)},
                  {"run_result", run_result_data(*event.result)}}),
      event.thread);
}

/// What a template says: with the node it belongs to.
void Console::message(LogLevel level, const runtime::Event& event, std::string_view name) {
  if (!log_.wants(level, name)) return;
  Value data = event_data({{"msg", event.message}});
  const std::string_view status =
      times_.contains(event.node_id) ? std::string_view("executing") : std::string_view();
  if (find(event.node_id) != nullptr) data.set("node_info", node_info(event.node_id, status));
  say(level, event.message, name, data, event.thread.empty() ? "MainThread" : event.thread);
}

void Console::on_event(const runtime::Event& event) {
  using runtime::EventKind;
  switch (event.kind) {
    case EventKind::kRunStart:
      blank();
      if (!event.message.empty()) {
        say(LogLevel::kInfo, event.message, "ConcurrencyLine",
            event_data({{"node_count", static_cast<std::int64_t>(event.total)},
                        {"num_threads", static_cast<std::int64_t>(event.threads)},
                        {"target_name", target_name_}}));
        blank();
      }
      return;
    case EventKind::kNodeStart: node_started(event); return;
    case EventKind::kNodeCompiling:
    case EventKind::kNodeExecuting: node_step(event); return;
    case EventKind::kNodeFinished: node_finished(event); return;
    case EventKind::kHookStart:
    case EventKind::kHookFinished: hook_event(event); return;
    case EventKind::kLog: message(LogLevel::kInfo, event, "JinjaLogInfo"); return;
    case EventKind::kDebug: message(LogLevel::kDebug, event, "JinjaLogDebug"); return;
    case EventKind::kPrint:
      if (options_.print) result(event.message);
      return;
    case EventKind::kWarning:
      show({event.name.empty() ? "JinjaLogWarning" : event.name, event.message, event.data});
      return;
    case EventKind::kQuery: {
      const bool whole = event.message.size() <= kLongestQuery;
      const std::string sql = whole ? event.message : event.message.substr(0, kAbridged) + "...";
      const std::string connection = event.node_id.empty() ? "master" : event.node_id;
      say(LogLevel::kDebug, fmt::format("On {}: {}", connection, sql), "SQLQuery",
          event_data({{"conn_name", connection}, {"sql", sql}}),
          event.thread.empty() ? "MainThread" : event.thread);
      return;
    }
    case EventKind::kRunEnd: return;
  }
}

}  // namespace floe::cli
