// SPDX-License-Identifier: Apache-2.0
#include "dbt/manifest/agreement.h"

#include "base/text.h"
#include "value/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace floe::dbt {

namespace {

std::string agreed_text(const Value* value) {
  return value != nullptr && value->is_string() ? value->as_string() : std::string();
}

/// The strings of a list, sorted: dbt's engines order them differently.
std::string agreed_set(const Value* list) {
  std::set<std::string> items;
  if (list != nullptr && list->is_list()) {
    for (const Value& item : list->as_list()) items.insert(agreed_text(&item));
  }
  return join(std::vector<std::string>(items.begin(), items.end()), ", ");
}

std::string agreed_set(const std::vector<std::string>& items) {
  const std::set<std::string> sorted(items.begin(), items.end());
  return join(std::vector<std::string>(sorted.begin(), sorted.end()), ", ");
}

std::string agreed_json(const Value* value) {
  if (value == nullptr || value->is_null()) return "{}";
  return value::canonical_json(*value);
}

bool is_on(const Value* value) { return value != nullptr && value->is_bool() && value->as_bool(); }

/// Compares one node's members; collects what differs.
class NodeComparison {
 public:
  void compare(std::string_view what, const std::string& ours, const std::string& theirs) {
    if (ours == theirs) return;
    differences_.push_back(fmt::format("{} is '{}', dbt says '{}'", what, ours, theirs));
  }
  /// "id: …; …", or "" if nothing differs.
  std::string line(const std::string& id) const {
    return differences_.empty() ? "" : id + ": " + join(differences_, "; ");
  }

 private:
  std::vector<std::string> differences_;
};

std::string compare_node(const Node& node, const Value& theirs, bool with_database) {
  NodeComparison found;
  const bool built = node.is_refable();
  if (built && node.materialized() != "ephemeral") {
    found.compare("schema", node.schema, agreed_text(theirs.find("schema")));
    found.compare("alias", node.alias, agreed_text(theirs.find("alias")));
    if (with_database) {
      found.compare("database", node.database, agreed_text(theirs.find("database")));
    }
  }
  if (built) {
    found.compare("group", node.group, agreed_text(theirs.find_path("config.group")));
    found.compare("meta", agreed_json(node.config.find("meta")),
                  agreed_json(theirs.find_path("config.meta")));
    const auto word = [](bool on) { return std::string(on ? "enforced" : "not enforced"); };
    found.compare("contract", word(is_on(node.config.find_path("contract.enforced"))),
                  word(is_on(theirs.find_path("config.contract.enforced"))));
  }
  if (node.type == ResourceType::kModel) {
    found.compare("materialized", node.materialized(),
                  agreed_text(theirs.find_path("config.materialized")));
    found.compare("access", node.access, agreed_text(theirs.find_path("config.access")));
  }
  found.compare("tags", agreed_set(node.config.find("tags")),
                agreed_set(theirs.find_path("config.tags")));
  found.compare("dependencies", agreed_set(node.depends_on_nodes),
                agreed_set(theirs.find_path("depends_on.nodes")));
  return found.line(node.unique_id);
}

std::string compare_source(const SourceNode& source, const Value& theirs, bool with_database) {
  NodeComparison found;
  found.compare("schema", source.schema, agreed_text(theirs.find("schema")));
  found.compare("identifier", source.identifier, agreed_text(theirs.find("identifier")));
  if (with_database) {
    found.compare("database", source.database, agreed_text(theirs.find("database")));
  }
  return found.line(source.unique_id);
}

bool is_compared(const Node& node) { return node.is_refable() || node.type == ResourceType::kTest; }

bool is_compared(std::string_view id) {
  return id.starts_with("model.") || id.starts_with("seed.") || id.starts_with("snapshot.") ||
         id.starts_with("test.") || id.starts_with("source.") || id.starts_with("unit_test.");
}

/// dbt's nodes of all sections by id.
std::map<std::string, const Value*> their_nodes(const Value& manifest) {
  std::map<std::string, const Value*> found;
  for (const std::string_view section : {"nodes", "sources", "unit_tests"}) {
    const Value* nodes = manifest.find(section);
    if (nodes == nullptr || !nodes->is_map()) continue;
    for (const value::Member& member : nodes->as_map()) {
      if (is_compared(member.key)) found.emplace(member.key, &member.value);
    }
  }
  return found;
}

}  // namespace

std::vector<std::string> manifest_disagreements(const Project& project, const Value& manifest,
                                                const std::set<std::string>& ours_only) {
  // Other adapters have names of their own for what DuckDB calls a database.
  const bool with_database = project.adapter_type == "duckdb";
  std::map<std::string, const Value*> theirs = their_nodes(manifest);
  std::map<std::string, std::string> lines;
  const auto compare = [&](const std::string& id, const auto& comparison) {
    const auto at = theirs.find(id);
    if (at == theirs.end()) {
      if (!ours_only.contains(id)) lines[id] = id + ": dbt does not have it";
      return;
    }
    const std::string line = comparison(*at->second);
    if (!line.empty()) lines[id] = line;
    theirs.erase(at);
  };
  for (const auto& [id, node] : project.nodes) {
    if (!is_compared(*node)) continue;
    compare(id, [&](const Value& other) { return compare_node(*node, other, with_database); });
  }
  for (const auto& [id, source] : project.sources) {
    compare(id, [&](const Value& other) { return compare_source(*source, other, with_database); });
  }
  for (const auto& [id, test] : project.unit_tests) {
    compare(id, [](const Value&) { return std::string(); });
  }
  for (const auto& [id, other] : theirs) lines[id] = id + ": only dbt has it";
  std::vector<std::string> result;
  for (auto& [id, line] : lines) result.push_back(std::move(line));
  return result;
}

}  // namespace floe::dbt
