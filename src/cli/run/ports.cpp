// SPDX-License-Identifier: Apache-2.0
#include "cli/run/ports.h"

#include "base/hash.h"
#include "base/text.h"
#include "dbt/adapter/duckdb.h"
#include "dbt/adapter/warehouse.h"
#include "policy/access.h"
#include "runtime/staging.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::cli {

namespace {

using runtime::NodeResult;
using value::Value;

constexpr std::string_view kCopySchema = "floe_last_good";

/// What a port offers; all versions of a model, if it has some.
std::vector<const dbt::Node*> offered_nodes(const config::Port& port, const dbt::Project& project) {
  std::vector<const dbt::Node*> offered;
  for (const auto& [id, node] : project.nodes) {
    const bool has_rows = node->is_refable() && node->materialized() != "ephemeral";
    if (has_rows && policy::is_offered(port, *node)) offered.push_back(node.get());
  }
  return offered;
}

bool depends_on(const dbt::Node& test, const std::string& id) {
  return std::find(test.depends_on_nodes.begin(), test.depends_on_nodes.end(), id) !=
         test.depends_on_nodes.end();
}

/// The tests of a model that can block.
std::vector<std::string> blocking_tests(const dbt::Node& model, const dbt::Project& project,
                                        const runtime::GatePlan& gates) {
  std::vector<std::string> ids;
  for (const auto& [id, effect] : gates.effects) {
    const dbt::Node* test = project.find_node(id);
    if (!effect.block || test == nullptr || !depends_on(*test, model.unique_id)) continue;
    const dbt::Value* enabled = test->config_value("enabled");
    if (enabled != nullptr && enabled->is_bool() && !enabled->as_bool()) continue;
    const dbt::Value* severity = test->config_value("severity");
    const bool warns =
        severity != nullptr && severity->is_string() && to_lower(severity->as_string()) == "warn";
    if (!warns) ids.push_back(id);
  }
  return ids;
}

/// Whether what lies at a path (of a profile or an attached database) is a database of DuckDB's own
/// kind: others have tables that cannot be swapped like that.
bool is_plain_path(const Value* path) {
  return path == nullptr || !path->is_string() || path->as_string() == ":memory:" ||
         !contains(path->as_string(), ":");
}

bool in_plain_duckdb(const dbt::Node& model, const dbt::Loaded& loaded) {
  const Value& credentials = loaded.profile.credentials;
  if (to_lower(model.database) == to_lower(loaded.profile.database)) {
    return is_plain_path(credentials.find("path"));
  }
  const Value* attached = credentials.find("attach");
  if (attached == nullptr || !attached->is_list()) return false;
  for (const Value& entry : attached->as_list()) {
    const Value* path = entry.find("path");
    const Value* alias = entry.find("alias");
    const Value* type = entry.find("type");
    const std::string name = alias != nullptr && alias->is_string() ? alias->as_string()
                             : path != nullptr && path->is_string()
                                 ? fs::path(path->as_string()).stem().string()
                                 : "";
    if (to_lower(name) != to_lower(model.database)) continue;
    const bool duckdb = type == nullptr || type->is_null() || *type == Value("duckdb");
    return duckdb && is_plain_path(path);
  }
  return false;
}

/// Why floe cannot publish a model by write, audit, publish, or "".
std::string why_not_audited(const dbt::Node& model, const dbt::Loaded& loaded, bool foreign) {
  if (foreign) return "dbt builds it";
  if (model.type == dbt::ResourceType::kSeed) return "it is a seed";
  if (model.type == dbt::ResourceType::kSnapshot) return "it is a snapshot";
  const std::string materialized = model.materialized();
  if (materialized == "external" || materialized == "table_function") {
    return fmt::format("it is materialized as '{}'", materialized);
  }
  if (!in_plain_duckdb(model, loaded)) return "it is not in a DuckDB database";
  const std::string name = runtime::staged_name(model.identifier());
  for (const auto& [id, node] : loaded.project.nodes) {
    if (node->is_refable() && to_lower(node->alias) == to_lower(name)) {
      return fmt::format("'{}' has the name that it would be built under", node->name);
    }
  }
  return "";
}

void add_port(std::vector<runtime::AuditedPort>& ports, const config::Port& port,
              const std::string& model) {
  for (runtime::AuditedPort& known : ports) {
    if (known.model != model) continue;
    known.port += "', '" + port.name;
    return;
  }
  ports.push_back({port.name, model});
}

/// Adds one model of a port to the plan, and the tests that it needs to `chosen`.
void plan_model(const config::Port& port, const dbt::Node& model, const dbt::Loaded& loaded,
                const runtime::GatePlan& gates, bool foreign, std::set<std::string>& chosen,
                PortPlan& plan) {
  const bool built = chosen.contains(model.unique_id);
  const std::string materialized = model.materialized();
  if (!built && (materialized != "view" || foreign)) return;
  const std::vector<std::string> tests = blocking_tests(model, loaded.project, gates);
  if (tests.empty()) return;
  const std::string why = why_not_audited(model, loaded, foreign);
  const bool table = materialized == "table" || materialized == "incremental" ||
                     model.type != dbt::ResourceType::kModel;
  if (why.empty()) {
    add_port(plan.audited, port, model.unique_id);
  } else if (table && loaded.project.adapter_type == "duckdb") {
    add_port(plan.copied, port, model.unique_id);
  } else if (built) {
    plan.unguarded.push_back(fmt::format(
        "output port '{}' shows its new version before it is tested: {}", port.name, why));
  }
  if (!built) return;
  for (const std::string& test : tests) {
    if (chosen.insert(test).second) plan.tests.push_back(test);
  }
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

PortPlan plan_ports(const config::DataProduct& product, const dbt::Loaded& loaded,
                    const runtime::GatePlan& gates, const std::vector<std::string>& selected,
                    bool foreign) {
  PortPlan plan;
  std::set<std::string> chosen(selected.begin(), selected.end());
  for (const config::Port& port : product.output_ports) {
    for (const dbt::Node* model : offered_nodes(port, loaded.project)) {
      plan_model(port, *model, loaded, gates, foreign, chosen, plan);
    }
  }
  return plan;
}

Result<std::vector<GuardedPort>> copy_ports(const std::vector<runtime::AuditedPort>& ports,
                                            const dbt::Loaded& loaded) {
  std::vector<GuardedPort> guarded;
  if (ports.empty()) return guarded;
  dbt::Warehouse warehouse(warehouse_options(loaded));
  dbt::Connection connection = FLOE_TRY(warehouse.connect());
  for (const runtime::AuditedPort& port : ports) {
    const dbt::Node* model = loaded.project.find_node(port.model);
    if (model == nullptr) continue;
    GuardedPort entry{port.port, model->unique_id, model->relation_name, ""};
    if (FLOE_TRY(table_exists(connection, *model))) {
      const std::string name = xxh128_hex(model->schema + "\n" + model->alias).substr(0, 16);
      entry.copy = fmt::format("{}.{}", copy_schema(*model), dbt::quote_identifier(name));
      FLOE_TRY(connection.execute("create schema if not exists " + copy_schema(*model)));
      FLOE_TRY(connection.execute(
          fmt::format("create table if not exists {} as from {}", entry.copy, entry.relation)));
    }
    guarded.push_back(std::move(entry));
  }
  return guarded;
}

Result<PortsPutBack> settle_ports(const std::vector<GuardedPort>& ports, const dbt::Loaded& loaded,
                                  const runtime::RunResult& result) {
  PortsPutBack outcome;
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
