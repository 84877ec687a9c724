// SPDX-License-Identifier: Apache-2.0
// The end of a run of `floe dbt`: what was run, what went wrong, the totals.
#include "base/term.h"
#include "base/text.h"
#include "cli/dbt/console.h"

#include <fmt/format.h>

#include <cmath>

namespace floe::cli {

namespace {

using dbt::Member;
using dbt::ResourceType;
using runtime::NodeResult;
using runtime::NodeStatus;

}  // namespace

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
                                                  : counted(count, kind));
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

value::Value problem_data(const Member& member, const value::Value& info) {
  return event_data({{"node_info", info},
                     {"node_name", member.name()},
                     {"path", member.original_file_path()},
                     {"resource_type", dbt::resource_type_name(member.type)}});
}

std::string problem_place(const Member& member) {
  return fmt::format("in {} {} ({})", dbt::resource_type_name(member.type), member.name(),
                     member.original_file_path());
}

/// Where the code and the failing rows of a node are.
void print_files(Console& console, const dbt::Graph& graph, const NodeResult& result,
                 const value::Value& info) {
  const std::optional<std::uint32_t> i = graph.find(result.unique_id);
  if (!i || graph.member(*i).node == nullptr) return;
  const dbt::Node& node = *graph.member(*i).node;
  if (!node.compiled_path.empty()) {
    console.blank();
    console.say(LogLevel::kInfo, "  compiled code at " + node.compiled_path, "SQLCompiledPath",
                event_data({{"node_info", info}, {"path", node.compiled_path}}));
  }
  const value::Value* stored = node.config.find("store_failures");
  if (node.type == ResourceType::kTest && stored != nullptr && stored->is_bool() &&
      stored->as_bool() && result.relation_name) {
    const std::string query = "select * from " + *result.relation_name;
    const std::string rule(query.size(), '-');
    console.blank();
    console.say(LogLevel::kInfo,
                fmt::format("  See test failures:\n  {}\n  {}\n  {}", rule, query, rule),
                "CheckNodeTestFailure",
                event_data({{"node_info", info}, {"relation_name", *result.relation_name}}));
  }
}

void print_problem(Console& console, const dbt::Graph& graph, const NodeResult& result) {
  const std::optional<std::uint32_t> i = graph.find(result.unique_id);
  console.blank();
  const value::Value info = console.node_info(result.unique_id, "");
  if (i) {
    const Member& member = graph.member(*i);
    const std::string label = styled("ERROR", Style::kRed, console.options().color);
    console.say(LogLevel::kError, fmt::format("[{}]: {}", label, problem_place(member)),
                "RunResultFailure", problem_data(member, info));
  }
  const std::string message = result.message.value_or("failed without a message");
  console.say(LogLevel::kError, fmt::format("  {}{}", message, console.place_text(result)),
              "RunResultError", event_data({{"msg", message}, {"node_info", info}}));
  print_files(console, graph, result, info);
}

Status print_warning(Console& console, const dbt::Graph& graph, const NodeResult& result) {
  const std::optional<std::uint32_t> i = graph.find(result.unique_id);
  console.blank();
  const value::Value info = console.node_info(result.unique_id, "");
  if (i) {
    const Member& member = graph.member(*i);
    FLOE_CHECK(
        console.warn({"RunResultWarning", problem_place(member), problem_data(member, info)}));
  }
  const std::string message = result.message.value_or("");
  FLOE_CHECK(console.warn(
      {"RunResultWarningMessage", message, event_data({{"msg", message}, {"node_info", info}})}));
  print_files(console, graph, result, info);
  return {};
}

}  // namespace

Status print_summary(Console& console, const dbt::Graph& graph, const runtime::RunResult& result) {
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
  const std::string stats = counted_results(graph, result.results);
  const std::string elapsed = elapsed_words(result.elapsed);
  console.say(LogLevel::kInfo, fmt::format("Finished running {} in {}.", stats, elapsed),
              "FinishedRunningStats",
              event_data({{"execution", " in " + elapsed.substr(0, elapsed.find(" ("))},
                          {"execution_time", result.elapsed},
                          {"stat_line", stats}}));
  console.blank();
  const auto number = [](std::size_t count) { return static_cast<std::int64_t>(count); };
  const value::Value ended = event_data({{"keyboard_interrupt", result.cancelled},
                                         {"num_errors", number(errors)},
                                         {"num_partial_success", number(partial)},
                                         {"num_warnings", number(warnings)}});
  if (errors + partial + warnings == 0) {
    console.say(LogLevel::kInfo,
                styled("Completed successfully", Style::kGreen, console.options().color),
                "EndOfRunSummary", ended);
  } else {
    const std::string counts = fmt::format("{}, {}, and {}", counted(errors, "error"),
                                           counted(partial, "partial success", "partial successes"),
                                           counted(warnings, "warning"));
    console.say(
        LogLevel::kInfo,
        styled("Completed with " + counts + ":",
               errors + partial > 0 ? Style::kRed : Style::kYellow, console.options().color),
        "EndOfRunSummary", ended);
  }
  for (const NodeResult& entry : result.results) {
    if (entry.failed() || entry.status == NodeStatus::kPartialSuccess) {
      print_problem(console, graph, entry);
    }
  }
  for (const NodeResult& entry : result.results) {
    if (entry.status == NodeStatus::kWarn) FLOE_CHECK(print_warning(console, graph, entry));
  }
  console.blank();
  const value::Value stats_data = event_data({{"error", number(errors)},
                                              {"noop", number(no_op)},
                                              {"pass", number(passed)},
                                              {"reused", 0},
                                              {"skip", number(skipped)},
                                              {"total", number(result.results.size())},
                                              {"warn", number(warnings)}});
  console.say(LogLevel::kInfo,
              fmt::format("Done. PASS={} WARN={} ERROR={} SKIP={} NO-OP={} REUSED=0 TOTAL={}",
                          passed, warnings, errors, skipped, no_op, result.results.size()),
              "StatsLine", event_data({{"stats", stats_data}}));
  return {};
}

}  // namespace floe::cli
