// SPDX-License-Identifier: Apache-2.0
#include "cli/run/port_report.h"

#include "base/text.h"

#include <fmt/core.h>

namespace floe::cli {

namespace {

/// "big enough: row_count at least 2, not_null_orders_id": the tests that decided.
std::string named_tests(const std::vector<std::string>& ids, const dbt::Project& project,
                        const runtime::GatePlan& gates) {
  constexpr std::size_t kMost = 3;
  std::vector<std::string> names;
  for (const std::string& id : ids) {
    if (names.size() == kMost) break;
    const auto gate = gates.gate_tests.find(id);
    const dbt::Node* node = project.find_node(id);
    names.push_back(gate != gates.gate_tests.end() ? gate->second
                    : node != nullptr              ? node->name
                                                   : id);
  }
  std::string text = join(names, ", ");
  if (ids.size() > kMost) text += fmt::format(" and {} more", ids.size() - kMost);
  return text;
}

/// Why a port was not published.
std::string refusal(const runtime::PortOutcome& port, const dbt::Project& project,
                    const runtime::GatePlan& gates) {
  using Kind = runtime::PortOutcome::Kind;
  switch (port.kind) {
    case Kind::kFailed: return "the database refused the swap: " + port.error;
    case Kind::kUnbuilt: return "its model was not built";
    case Kind::kRefused: break;
    case Kind::kPublished:
    case Kind::kHeld: return "";
  }
  std::vector<std::string> reasons;
  if (!port.failed.empty()) {
    reasons.push_back(fmt::format("{} of {} failed ({})", port.failed.size(),
                                  counted(port.checks, "check"),
                                  named_tests(port.failed, project, gates)));
  }
  if (!port.missing.empty()) {
    reasons.push_back(fmt::format("{} of {} did not run ({})", port.missing.size(),
                                  counted(port.checks, "check"),
                                  named_tests(port.missing, project, gates)));
  }
  return reasons.empty() ? "the run was stopped" : join(reasons, ", ");
}

std::string version_readers_see(const runtime::PortOutcome& port) {
  if (!port.readable) return "it has no earlier version: there is nothing to read yet";
  std::string text = port.published_at.empty()
                         ? "readers still see the version from before this run"
                         : "readers still see the version of " + port.published_at;
  if (port.held) text += ", its rows kept in a table until the view is published again";
  return text;
}

}  // namespace

std::string describe_outcome(const runtime::PortOutcome& port, const dbt::Project& project,
                             const runtime::GatePlan& gates) {
  using Kind = runtime::PortOutcome::Kind;
  if (port.kind == Kind::kHeld) {
    return fmt::format(
        "output port '{}' is a view of what this run built, and was not built itself: it keeps its "
        "rows until it is built and tested",
        port.port);
  }
  if (port.kind == Kind::kPublished) {
    if (port.error.empty()) return "";
    return fmt::format("output port '{}' was published, but not all that belongs to it: {}",
                       port.port, port.error);
  }
  std::string text = fmt::format("output port '{}' was not published: {}; {}", port.port,
                                 refusal(port, project, gates), version_readers_see(port));
  if (!port.staged.empty()) {
    text += fmt::format(". The refused rows are in {} until the next run; to drop them: {}",
                        port.staged, port.drop_staged);
  }
  return text;
}

value::Value outcome_value(const runtime::PortOutcome& port) {
  using Kind = runtime::PortOutcome::Kind;
  const auto status = [&]() -> std::string_view {
    switch (port.kind) {
      case Kind::kPublished: return "published";
      case Kind::kRefused: return "refused";
      case Kind::kUnbuilt: return "unbuilt";
      case Kind::kFailed: return "failed";
      case Kind::kHeld: return "held";
    }
    return "unbuilt";
  };
  value::Value entry = value::Value::map();
  entry.set("port", port.port);
  entry.set("model", port.model);
  entry.set("status", status());
  entry.set("relation", port.relation);
  entry.set("readable", port.readable);
  if (!port.published_at.empty()) entry.set("version_of", port.published_at);
  if (!port.staged.empty()) entry.set("staged", port.staged);
  if (!port.failed.empty()) entry.set("failed", value::Value::texts(port.failed));
  if (!port.missing.empty()) entry.set("missing", value::Value::texts(port.missing));
  if (!port.error.empty()) entry.set("error", port.error);
  return entry;
}

std::vector<std::string> port_sentences(const PortsPutBack& settled, const dbt::Project& project,
                                        const runtime::GatePlan& gates,
                                        const runtime::RunResult& result) {
  std::vector<std::string> sentences;
  for (const std::string& port : settled.restored) {
    sentences.push_back(fmt::format("output port '{}' keeps its last good version", port));
  }
  for (const std::string& port : settled.first_bad) {
    sentences.push_back(
        fmt::format("output port '{}' has no earlier version: its table holds what failed", port));
  }
  for (const runtime::PortOutcome& port : result.ports) {
    std::string sentence = describe_outcome(port, project, gates);
    if (!sentence.empty()) sentences.push_back(std::move(sentence));
  }
  return sentences;
}

std::set<std::string> withdrawn_models(const PortsPutBack& settled,
                                       const runtime::RunResult& result) {
  std::set<std::string> models = settled.withdrawn;
  for (const runtime::PortOutcome& port : result.ports) {
    if (port.kind != runtime::PortOutcome::Kind::kPublished) models.insert(port.model);
  }
  return models;
}

}  // namespace floe::cli
