// SPDX-License-Identifier: Apache-2.0
#include "cli/run/state.h"

#include "base/hash.h"
#include "base/version.h"
#include "value/json.h"

namespace floe::cli {

namespace {

using runtime::NodeResult;
using runtime::NodeStatus;
using value::Value;

constexpr std::int64_t kSchemaVersion = 1;

bool succeeded(const NodeResult& result) {
  return result.status == NodeStatus::kSuccess || result.status == NodeStatus::kPass ||
         result.status == NodeStatus::kWarn || result.status == NodeStatus::kNoOp;
}

std::string text_member(const Value& map, std::string_view key) {
  const Value* found = map.find(key);
  return found != nullptr && found->is_string() ? found->as_string() : std::string();
}

fs::path state_path(const fs::path& target) { return target / "run_state.json"; }

}  // namespace

std::string run_identity(const RunIdentity& identity, const dbt::Loaded& loaded) {
  std::string text = std::string(version()) + "\n" + identity.platform_digest + "\n" +
                     identity.environment + "\n" + identity.command + "\n" +
                     value::canonical_json(loaded.project.vars) + "\n" +
                     value::canonical_json(loaded.profile.credentials) + "\n";
  for (const auto& [id, macro] : loaded.project.macros) text += id + "\n" + macro->macro_sql + "\n";
  return sha256_hex(text);
}

namespace {

/// What the properties of a function say, and its overloads as they are written.
std::string function_signature(const dbt::Node& function) {
  std::string text = value::canonical_json(function.arguments) + "\n" +
                     value::canonical_json(function.returns) + "\n";
  for (const Value& overload : function.overloads.as_list()) {
    Value written = overload;
    written.erase("compiled_body");
    text += value::canonical_json(written) + "\n";
  }
  return text;
}

}  // namespace

std::string node_fingerprint(const dbt::Node& node) {
  std::string text = node.checksum.name + "\n" + node.checksum.checksum + "\n" + node.raw_code +
                     "\n" + value::canonical_json(node.config) + "\n" + node.relation_name + "\n";
  for (const std::string& parent : node.depends_on_nodes) text += parent + "\n";
  if (node.type == dbt::ResourceType::kFunction) text += function_signature(node);
  return sha256_hex(text);
}

std::optional<RunState> read_run_state(const fs::path& target) {
  const Result<std::string> text = read_file(state_path(target));
  if (!text) return std::nullopt;
  const Result<Value> file = value::read_json(*text);
  if (!file || !file->is_map()) return std::nullopt;
  const Value* schema = file->find("schemaVersion");
  if (schema == nullptr || !schema->is_int() || schema->as_int() != kSchemaVersion) {
    return std::nullopt;
  }
  RunState state;
  state.identity = text_member(*file, "identity");
  const Value* selected = file->find("selected");
  if (selected != nullptr && selected->is_list()) {
    for (const Value& item : selected->as_list()) {
      if (item.is_string()) state.selected.push_back(item.as_string());
    }
  }
  const Value* nodes = file->find("succeeded");
  if (nodes != nullptr && nodes->is_map()) {
    for (const value::Member& member : nodes->as_map()) {
      if (member.value.is_string()) state.succeeded.emplace(member.key, member.value.as_string());
    }
  }
  return state;
}

Status write_run_state(const fs::path& target, const RunState& before, const dbt::Loaded& loaded,
                       const runtime::RunResult& result, const std::set<std::string>& withdrawn) {
  std::map<std::string, std::string> successes = before.succeeded;
  for (const NodeResult& entry : result.results) {
    const dbt::Node* node = loaded.project.find_node(entry.unique_id);
    if (node != nullptr && succeeded(entry) && withdrawn.count(entry.unique_id) == 0) {
      successes[entry.unique_id] = node_fingerprint(*node);
    } else {
      successes.erase(entry.unique_id);
    }
  }
  Value file = Value::map();
  file.set("schemaVersion", kSchemaVersion);
  file.set("identity", before.identity);
  file.set("selected", Value::texts(before.selected));
  Value nodes = Value::map();
  for (const auto& [id, fingerprint] : successes) nodes.set(id, fingerprint);
  file.set("succeeded", std::move(nodes));
  return write_output(state_path(target), value::write_json(file, 2) + "\n");
}

std::vector<std::string> nodes_to_resume(const RunState& state, const dbt::Graph& graph,
                                         const std::vector<std::string>& selected) {
  const std::set<std::string> wanted(selected.begin(), selected.end());
  std::vector<bool> again(graph.size(), false);
  std::vector<std::string> nodes;
  for (const std::uint32_t i : graph.topological_order()) {
    const dbt::Member& member = graph.member(i);
    if (wanted.count(member.unique_id()) == 0) continue;
    const auto before = state.succeeded.find(member.unique_id());
    bool run = before == state.succeeded.end() || member.node == nullptr ||
               node_fingerprint(*member.node) != before->second;
    for (const std::uint32_t parent : graph.parents(i)) run = run || again[parent];
    again[i] = run;
    if (run) nodes.push_back(member.unique_id());
  }
  return nodes;
}

}  // namespace floe::cli
