// SPDX-License-Identifier: Apache-2.0
#include "cli/run/display.h"

#include "base/term.h"
#include "base/text.h"
#include "base/time.h"
#include "dbt/project/load.h"
#include "diag/render.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>

namespace floe::cli {

namespace {

using runtime::NodeResult;
using runtime::NodeStatus;
using value::Value;

constexpr std::size_t kTitleWidth = 44;

struct StatusLook {
  std::string_view sign;
  Style style;
};

StatusLook look_of(NodeStatus status) {
  switch (status) {
    case NodeStatus::kSuccess:
    case NodeStatus::kPass:
    case NodeStatus::kNoOp: return {"✓", Style::kGreen};
    case NodeStatus::kWarn:
    case NodeStatus::kPartialSuccess: return {"!", Style::kYellow};
    case NodeStatus::kSkipped: return {"-", Style::kDim};
    case NodeStatus::kFail:
    case NodeStatus::kError:
    case NodeStatus::kRuntimeError: return {"✗", Style::kRed};
  }
  return {"?", Style::kRed};
}

/// The last words of a result line: "3 failures", "table", "skipped".
std::string outcome_words(const dbt::Node* node, const NodeResult& result) {
  switch (result.status) {
    case NodeStatus::kSuccess:
      return node != nullptr && node->type == dbt::ResourceType::kModel ? node->materialized() : "";
    case NodeStatus::kPass: return "";
    case NodeStatus::kNoOp: return "nothing to do";
    case NodeStatus::kSkipped: return "skipped";
    case NodeStatus::kWarn:
    case NodeStatus::kFail:
      return result.failures ? counted(static_cast<std::size_t>(*result.failures), "failure")
                             : std::string(runtime::status_name(result.status));
    default: return std::string(runtime::status_name(result.status));
  }
}

void write_json_line(const Value& object) {
  const std::string line = value::write_json(object) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

Value node_event(std::string_view name, const runtime::Event& event, const std::string& kind,
                 const std::string& title) {
  Value object = Value::map();
  object.set("event", name);
  object.set("node", event.node_id);
  object.set("kind", kind);
  object.set("name", title);
  object.set("index", static_cast<std::int64_t>(event.index));
  object.set("total", static_cast<std::int64_t>(event.total));
  return object;
}

std::string indented(std::string_view text, std::string_view indent) {
  std::string out;
  for (const std::string_view line : split(trim_right(text), '\n')) {
    out.append(indent).append(line).append("\n");
  }
  return out;
}

}  // namespace

std::string node_kind(const dbt::Project& project, const runtime::GatePlan& gates,
                      const std::string& unique_id) {
  if (gates.gate_tests.count(unique_id) > 0) return "gate";
  const dbt::Node* node = project.find_node(unique_id);
  if (node != nullptr) return std::string(dbt::resource_type_name(node->type));
  return replace_all(unique_id.substr(0, unique_id.find('.')), "_", " ");
}

std::string node_title(const dbt::Project& project, const runtime::GatePlan& gates,
                       const std::string& unique_id) {
  const dbt::Node* node = project.find_node(unique_id);
  if (node == nullptr) return unique_id.substr(unique_id.rfind('.') + 1);
  const auto gate = gates.gate_tests.find(unique_id);
  if (gate == gates.gate_tests.end()) return node->name;
  const dbt::Node* model = project.find_node(node->attached_node);
  return gate->second + (model == nullptr ? "" : " (" + model->name + ")");
}

RunDisplay::RunDisplay(const Output& output)
    : output_(output), progress_({.live = output.progress, .color = output.color_err}) {}

void RunDisplay::watch(const dbt::Project& project, const runtime::GatePlan& gates) {
  project_ = &project;
  gates_ = &gates;
}

void RunDisplay::message(std::string_view level, const std::string& text) {
  if (output_.json_log) {
    Value object = Value::map();
    object.set("level", level);
    object.set("message", text);
    write_json_line(object);
    return;
  }
  std::string line = printable(text);
  if (level == "warning") {
    line = styled("warning:", Style::kYellow, output_.color_err) + " " + line;
  }
  progress_.print(line);
}

void RunDisplay::node_started(const runtime::Event& event) {
  const std::string kind = node_kind(*project_, *gates_, event.node_id);
  const std::string title = node_title(*project_, *gates_, event.node_id);
  if (output_.json_log) {
    write_json_line(node_event("node_start", event, kind, title));
    return;
  }
  progress_.start(event.node_id, fmt::format("{} {}", kind, title));
}

void RunDisplay::node_finished(const runtime::Event& event) {
  const NodeResult& result = *event.result;
  const std::string kind = node_kind(*project_, *gates_, event.node_id);
  const std::string title = node_title(*project_, *gates_, event.node_id);
  if (output_.json_log) {
    Value object = node_event("node_finished", event, kind, title);
    object.set("status", runtime::status_name(result.status));
    object.set("seconds", result.execution_time);
    if (result.failures) object.set("failures", *result.failures);
    if (result.message) object.set("message", *result.message);
    write_json_line(object);
    return;
  }
  const StatusLook look = look_of(result.status);
  const bool calm = look.style == Style::kGreen || look.style == Style::kDim;
  if (output_.quiet && calm) {
    progress_.finish(event.node_id, "");
    return;
  }
  const std::string total = std::to_string(event.total);
  const std::string words = outcome_words(project_->find_node(event.node_id), result);
  std::string text = fmt::format("{:>{}}/{} ", ++finished_, total.size(), total);
  text += styled(look.sign, look.style, output_.color_err);
  text += fmt::format(" {:<8} {}", kind, printable(title));
  std::string rest;
  if (result.status != NodeStatus::kSkipped) rest = duration_text(result.execution_time);
  if (!words.empty()) rest += (rest.empty() ? "" : "  ") + words;
  const std::size_t used = display_width(title);
  if (used < kTitleWidth) text.append(kTitleWidth - used, ' ');
  text += "  " + (calm ? styled(rest, Style::kDim, output_.color_err) : rest);
  progress_.finish(event.node_id, text);
}

void RunDisplay::on_event(const runtime::Event& event) {
  using runtime::EventKind;
  switch (event.kind) {
    case EventKind::kRunStart:
      finished_ = 0;
      progress_.set_total(event.total);
      break;
    case EventKind::kNodeStart:
    case EventKind::kHookStart: node_started(event); break;
    case EventKind::kNodeFinished:
    case EventKind::kHookFinished: node_finished(event); break;
    case EventKind::kLog:
      if (!output_.quiet) message("info", event.message);
      break;
    case EventKind::kWarning: message("warning", event.message); break;
    case EventKind::kPrint:
      progress_.write_through([&] {
        print_line(event.message);
        std::fflush(stdout);
      });
      break;
    case EventKind::kDebug:
    case EventKind::kQuery:
      if (output_.verbosity >= 2) message("debug", event.message);
      break;
    case EventKind::kNodeCompiling:
    case EventKind::kNodeExecuting:
    case EventKind::kRunEnd: break;
  }
}

void print_failures(const Output& output, const diag::SourceMap& sources, const dbt::Loaded& loaded,
                    const runtime::GatePlan& gates, const runtime::RunResult& result) {
  if (output.json_log) return;  // the events said it
  for (const NodeResult& entry : result.results) {
    const bool warned = entry.status == NodeStatus::kWarn;
    if (!entry.failed() && !warned) continue;
    const StatusLook look = look_of(entry.status);
    const dbt::Node* node = loaded.project.find_node(entry.unique_id);
    std::string text = "\n" + styled(look.sign, look.style, output.color_err) + " ";
    text += node_kind(loaded.project, gates, entry.unique_id) + " ";
    text += printable(node_title(loaded.project, gates, entry.unique_id));
    const bool gate = gates.gate_tests.count(entry.unique_id) > 0;
    if (gate) {
      text += " in floe.yaml";
    } else if (node != nullptr && !node->original_file_path.empty()) {
      text += " in " + node->original_file_path;
    }
    text += "\n";
    if (entry.message) text += indented(printable(*entry.message), "    ");
    if (entry.place) {
      diag::RenderOptions options;
      options.color = output.color_err;
      text += indented(trim_right(diag::render_place(*entry.place, sources, options)), "    ");
    }
    if (node != nullptr && !node->compiled_path.empty()) {
      text += "    SQL: " + node->compiled_path + "\n";
    }
    std::fwrite(text.data(), 1, text.size(), stderr);
  }
}

std::string counted_kinds(const dbt::Project& project, const runtime::GatePlan& gates,
                          const runtime::RunResult& result) {
  static constexpr std::string_view kOrder[] = {"seed", "snapshot", "model", "gate", "test"};
  std::map<std::string, std::size_t> counts;
  for (const NodeResult& entry : result.results) {
    ++counts[node_kind(project, gates, entry.unique_id)];
  }
  std::vector<std::string> parts;
  for (const std::string_view kind : kOrder) {
    const auto it = counts.find(std::string(kind));
    if (it == counts.end()) continue;
    parts.push_back(counted(it->second, kind == "gate" ? "gate check" : kind));
    counts.erase(it);
  }
  for (const auto& [kind, count] : counts) parts.push_back(counted(count, kind));
  return join(parts, ", ");
}

std::string counted_outcomes(const runtime::RunResult& result) {
  std::size_t failed = 0;
  std::size_t warned = 0;
  std::size_t skipped = 0;
  for (const NodeResult& entry : result.results) {
    if (entry.failed()) ++failed;
    if (entry.status == NodeStatus::kWarn || entry.status == NodeStatus::kPartialSuccess) ++warned;
    if (entry.status == NodeStatus::kSkipped) ++skipped;
  }
  std::vector<std::string> parts;
  if (failed > 0) parts.push_back(fmt::format("{} failed", failed));
  if (warned > 0) parts.push_back(fmt::format("{} warned", warned));
  if (skipped > 0) parts.push_back(fmt::format("{} skipped", skipped));
  parts.push_back(fmt::format("{} passed", result.results.size() - failed - warned - skipped));
  return join(parts, ", ");
}

}  // namespace floe::cli
