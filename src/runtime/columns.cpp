// SPDX-License-Identifier: Apache-2.0
#include "runtime/columns.h"

#include "base/memory.h"
#include "dbt/graph/graph.h"
#include "runtime/column_reader.h"
#include "runtime/runner.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::runtime {

namespace {

using dbt::ColumnFacts;
using dbt::Node;
using dbt::ResourceType;
using JValue = jinja::Value;

class NoEvents : public EventSink {
 public:
  void on_event(const Event&) override {}
};

/// Credentials of a database in memory that has all catalogs the project names, empty.
dbt::Value empty_database(const dbt::Loaded& loaded) {
  std::set<std::string> names;
  for (const auto& [id, node] : loaded.project.nodes) names.insert(node->database);
  for (const auto& [id, source] : loaded.project.sources) names.insert(source->database);
  names.insert(loaded.profile.database);
  dbt::Value attach = dbt::Value::list();
  for (const std::string& name : names) {
    if (name.empty() || name == "memory" || name == "system" || name == "temp") continue;
    dbt::Value entry = dbt::Value::map();
    entry.set("path", ":memory:");
    entry.set("alias", dbt::quote_identifier(name));
    attach.push(std::move(entry));
  }
  dbt::Value credentials = dbt::Value::map();
  credentials.set("type", "duckdb");
  credentials.set("path", ":memory:");
  credentials.set("schema", loaded.profile.schema);
  credentials.set("attach", std::move(attach));
  // Everything here is small: threads of DuckDB's own would only wait for each other.
  dbt::Value config = dbt::Value::map();
  config.set("threads", "1");
  credentials.set("config_options", std::move(config));
  return credentials;
}

/// The session as `floe run` would have it: macros may do something else while they are compiled.
std::shared_ptr<const dbt::Session> run_session(const dbt::Session& session) {
  auto copy = std::make_shared<dbt::Session>(session);
  copy->flags = JValue::dict();
  for (const auto& entry : session.flags.as_dict()) {
    copy->flags.mutable_dict().set(entry.key, entry.value);
  }
  copy->flags.set("WHICH", JValue("run"));
  return copy;
}

/// Compiling changes nodes; what was before comes back when this ends.
class SavedProject {
 public:
  explicit SavedProject(dbt::Loaded& loaded) : loaded_(loaded), session_(loaded.session) {
    for (const auto& [id, node] : loaded.project.nodes) nodes_.emplace(id, *node);
    loaded.session = run_session(*session_);
  }
  SavedProject(const SavedProject&) = delete;
  SavedProject& operator=(const SavedProject&) = delete;
  ~SavedProject() {
    for (auto& [id, node] : nodes_) *loaded_.project.nodes.at(id) = std::move(node);
    loaded_.session = std::move(session_);
  }

 private:
  dbt::Loaded& loaded_;
  std::map<std::string, Node> nodes_;
  std::shared_ptr<const dbt::Session> session_;
};

/// Seeds first, then everything after what it reads.
std::vector<std::string> reading_order(const dbt::Project& project) {
  std::vector<std::string> order;
  std::set<std::string> done;
  std::vector<std::pair<std::string, bool>> stack;
  const auto visit = [&](const std::string& start) {
    stack.emplace_back(start, false);
    while (!stack.empty()) {
      const auto [id, leave] = stack.back();
      stack.pop_back();
      if (leave) {
        order.push_back(id);
        continue;
      }
      const auto at = project.nodes.find(id);
      if (at == project.nodes.end() || !at->second->is_refable() || !done.insert(id).second) {
        continue;
      }
      stack.emplace_back(id, true);
      for (const std::string& parent : at->second->depends_on_nodes) {
        stack.emplace_back(parent, false);
      }
    }
  };
  for (const auto& [id, node] : project.nodes) {
    if (node->type == ResourceType::kSeed) visit(id);
  }
  for (const auto& [id, node] : project.nodes) visit(id);
  return order;
}

/// The nodes that relations are made of, each in a wave behind those of all it reads; seeds first.
std::vector<std::vector<Node*>> reading_waves(dbt::Project& project) {
  std::map<std::string_view, std::size_t> levels;
  std::vector<std::vector<Node*>> waves(1);
  for (const std::string& id : reading_order(project)) {
    Node& node = *project.nodes.at(id);
    std::size_t level = node.type == ResourceType::kSeed ? 0 : 1;
    for (const std::string& parent : node.depends_on_nodes) {
      const auto found = levels.find(parent);
      if (found != levels.end()) level = std::max(level, found->second + 1);
    }
    levels[node.unique_id] = level;
    waves.resize(std::max(waves.size(), level + 1));
    waves[level].push_back(&node);
  }
  return waves;
}

void read_sources(const dbt::Project& project, ColumnReader& reader) {
  for (const auto& [id, source] : project.sources) {
    if (source->enabled) reader.read_source(*source);
  }
}

}  // namespace

Result<ColumnFacts> infer_columns(const ColumnsRequest& request) {
  NoEvents events;
  std::atomic<bool> never = false;
  dbt::Project& project = request.loaded.project;
  const SavedProject saved(request.loaded);
  RunRequest run{.loaded = request.loaded, .cancel = never, .events = events};
  run.command = Command::kCompile;
  run.write_files = false;
  run.sources = request.sources;
  ColumnReader* reader_at = nullptr;
  dbt::WarehouseOptions options;
  options.credentials = empty_database(request.loaded);
  options.database = request.loaded.profile.database;
  options.project_root = project.root;
  options.one_statement_a_text = true;
  options.on_query = [&](std::string_view sql) {
    if (reader_at == nullptr || reader_at->queries == nullptr) return;
    reader_at->queries->emplace_back(sql);
  };
  Result<ColumnFacts> result = ColumnFacts{};
  // What a query computes of constants alone, DuckDB computes when it binds it.
  constexpr int kMostMegabytes = 2048;
  const MemoryCap cap(kMostMegabytes);
  try {
    RunState state(run, std::move(options));
    ColumnReader reader(state, request);
    reader_at = &reader;
    reader.prepare();
    const auto waves = reading_waves(project);
    for (std::size_t i = 0; i < waves.size(); ++i) {
      // A source may be what a seed loads.
      if (i == 1) read_sources(project, reader);
      reader.read_wave(waves[i]);
      if (reader.is_stopped()) return fail(ErrorKind::kInterrupted, "stopped");
    }
    if (waves.size() == 1) read_sources(project, reader);
    std::vector<Node*> tests;
    for (const std::string& id : request.tests) tests.push_back(project.nodes.at(id).get());
    reader.read_wave(tests);
    if (reader.is_stopped()) return fail(ErrorKind::kInterrupted, "stopped");
    result = reader.take();
  } catch (const dbt::WarehouseError& error) {
    result = tl::unexpected(error.error());
  } catch (const jinja::TemplateError& error) {
    const bool stopped = error.type == jinja::ErrorType::kCancelled;
    result = fail(stopped ? ErrorKind::kInterrupted : ErrorKind::kEnvironment, error.what());
  }
  return result;
}

}  // namespace floe::runtime
