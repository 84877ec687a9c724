// SPDX-License-Identifier: Apache-2.0
#include "cli/run/ports.h"

#include "base/hash.h"
#include "dbt/adapter/duckdb.h"
#include "dbt/adapter/warehouse.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::cli {

namespace {

using runtime::NodeResult;

constexpr std::string_view kCopySchema = "floe_last_good";

const dbt::Node* port_model(const config::Port& port, const dbt::Project& project) {
  for (const auto& [id, node] : project.nodes) {
    if (node->type == dbt::ResourceType::kModel && node->name == port.model) return node.get();
  }
  return nullptr;
}

bool is_table(const dbt::Node& node) {
  return node.materialized() == "table" || node.materialized() == "incremental";
}

bool depends_on(const dbt::Node& test, const std::string& id) {
  return std::find(test.depends_on_nodes.begin(), test.depends_on_nodes.end(), id) !=
         test.depends_on_nodes.end();
}

/// Whether a selected test of the model can block.
bool can_be_blocked(const dbt::Node& model, const dbt::Project& project,
                    const runtime::GatePlan& gates, const std::vector<std::string>& selected) {
  return std::any_of(selected.begin(), selected.end(), [&](const std::string& id) {
    const auto effect = gates.effects.find(id);
    const dbt::Node* test = project.find_node(id);
    return effect != gates.effects.end() && effect->second.block && test != nullptr &&
           depends_on(*test, model.unique_id);
  });
}

dbt::WarehouseOptions warehouse_options(const dbt::Loaded& loaded) {
  dbt::WarehouseOptions options;
  options.credentials = loaded.profile.credentials;
  options.database = loaded.profile.database;
  options.project_root = loaded.root().root;
  return options;
}

Result<bool> table_exists(dbt::Connection& connection, const dbt::Node& node) {
  const dbt::Table found = FLOE_TRY(connection.query_with(
      "select 1 from duckdb_tables() where database_name = ? and schema_name = ? and "
      "table_name = ?",
      {node.database, node.schema, node.alias}));
  return !found.rows.empty();
}

std::string copy_schema(const dbt::Node& node) {
  return fmt::format("{}.{}", dbt::quote_identifier(node.database),
                     dbt::quote_identifier(kCopySchema));
}

/// Whether a test of this model failed.
bool has_failed_test(const std::string& model, const dbt::Project& project,
                     const runtime::RunResult& result) {
  return std::any_of(result.results.begin(), result.results.end(), [&](const NodeResult& entry) {
    const dbt::Node* node = project.find_node(entry.unique_id);
    return entry.failed() && node != nullptr && node->type == dbt::ResourceType::kTest &&
           depends_on(*node, model);
  });
}

}  // namespace

Result<std::vector<GuardedPort>> guard_ports(const config::DataProduct& product,
                                             const dbt::Loaded& loaded,
                                             const runtime::GatePlan& gates,
                                             const std::vector<std::string>& selected) {
  std::vector<std::pair<const config::Port*, const dbt::Node*>> wanted;
  for (const config::Port& port : product.output_ports) {
    const dbt::Node* model = port_model(port, loaded.project);
    if (model == nullptr || !is_table(*model)) continue;
    const bool runs =
        std::find(selected.begin(), selected.end(), model->unique_id) != selected.end();
    if (runs && can_be_blocked(*model, loaded.project, gates, selected)) {
      wanted.emplace_back(&port, model);
    }
  }
  std::vector<GuardedPort> guarded;
  if (wanted.empty()) return guarded;
  dbt::Warehouse warehouse(warehouse_options(loaded));
  dbt::Connection connection = FLOE_TRY(warehouse.connect());
  for (const auto& [port, model] : wanted) {
    GuardedPort entry{port->name, model->unique_id, model->relation_name, ""};
    if (FLOE_TRY(table_exists(connection, *model))) {
      const std::string name = xxh128_hex(model->schema + "\n" + model->alias).substr(0, 16);
      entry.copy = fmt::format("{}.{}", copy_schema(*model), dbt::quote_identifier(name));
      FLOE_TRY(connection.execute("create schema if not exists " + copy_schema(*model)));
      FLOE_TRY(connection.execute(
          fmt::format("create or replace table {} as from {}", entry.copy, entry.relation)));
    }
    guarded.push_back(std::move(entry));
  }
  return guarded;
}

Result<PortOutcome> settle_ports(const std::vector<GuardedPort>& ports, const dbt::Loaded& loaded,
                                 const runtime::RunResult& result) {
  PortOutcome outcome;
  if (ports.empty()) return outcome;
  dbt::Warehouse warehouse(warehouse_options(loaded));
  dbt::Connection connection = FLOE_TRY(warehouse.connect());
  for (const GuardedPort& port : ports) {
    const bool bad = has_failed_test(port.node, loaded.project, result);
    if (bad && port.copy.empty()) outcome.first_bad.push_back(port.port);
    if (port.copy.empty()) continue;
    if (bad) {
      FLOE_TRY(connection.execute(
          fmt::format("begin; create or replace table {} as from {}; drop table {}; commit",
                      port.relation, port.copy, port.copy)));
      outcome.restored.push_back(port.port);
      outcome.withdrawn.insert(port.node);
    } else {
      FLOE_TRY(connection.execute("drop table " + port.copy));
    }
  }
  for (const GuardedPort& port : ports) {
    const dbt::Node* model = loaded.project.find_node(port.node);
    // Fails while another port's copy is left from a killed run; then it stays for that one.
    if (!port.copy.empty() && model != nullptr) {
      [[maybe_unused]] const auto dropped =
          connection.execute("drop schema if exists " + copy_schema(*model));
    }
  }
  return outcome;
}

}  // namespace floe::cli
