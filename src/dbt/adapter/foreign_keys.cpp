// SPDX-License-Identifier: Apache-2.0
#include "dbt/adapter/foreign_keys.h"

#include "base/text.h"
#include "dbt/context/base_context.h"

#include <fmt/format.h>

namespace floe::dbt {

namespace {

void require_components(const Relation& relation) {
  if (relation.database && relation.schema && relation.identifier) return;
  throw DbtError(
      "Runtime Error",
      fmt::format("Foreign key metadata requires a relation with a database, schema, and "
                  "identifier; got {}",
                  relation.render()));
}

std::string constraint_name(const std::string& duckdb_name) {
  return replace_all(to_lower(duckdb_name), " ", "_");
}

}  // namespace

bool ForeignKeys::catalog_supports(WarehouseSession& session, const std::string& database) {
  const std::lock_guard lock(mutex_);
  if (!catalog_types_) {
    catalog_types_.emplace();
    const Table table = session.run("select database_name, type from duckdb_databases()", false);
    for (const auto& row : table.rows) {
      (*catalog_types_)[to_lower(row[0].to_text())] = to_lower(row[1].to_text());
    }
  }
  const auto at = catalog_types_->find(to_lower(database));
  return at != catalog_types_->end() && (at->second == "duckdb" || at->second == "motherduck");
}

std::set<std::string> ForeignKeys::existing_types(WarehouseSession& session,
                                                  const Relation& relation) {
  require_components(relation);
  if (!catalog_supports(session, *relation.database)) return {};
  const std::lock_guard lock(mutex_);
  const std::pair<std::string, std::string> key = {to_lower(*relation.database),
                                                   to_lower(*relation.schema)};
  auto at = by_schema_.find(key);
  if (at == by_schema_.end()) {
    at = by_schema_.emplace(key, std::map<std::string, std::set<std::string>>{}).first;
    const Table table = session.run(
        fmt::format("select table_name, constraint_type from duckdb_constraints() where "
                    "lower(database_name) = {} and lower(schema_name) = {} and constraint_type in "
                    "('PRIMARY KEY', 'UNIQUE', 'FOREIGN KEY')",
                    quote_literal(key.first), quote_literal(key.second)),
        false);
    for (const auto& row : table.rows) {
      at->second[to_lower(row[0].to_text())].insert(constraint_name(row[1].to_text()));
    }
  }
  const auto found = at->second.find(to_lower(*relation.identifier));
  return found == at->second.end() ? std::set<std::string>{} : found->second;
}

bool ForeignKeys::is_target(WarehouseSession& session, const Relation& relation) {
  require_components(relation);
  const Table table = session.run(
      fmt::format("select 1 from duckdb_constraints() where constraint_type = 'FOREIGN KEY' and "
                  "lower(database_name) = {} and lower(schema_name) = {} and "
                  "lower(referenced_table) = {} and lower(table_name) <> lower(referenced_table) "
                  "limit 1",
                  quote_literal(to_lower(*relation.database)),
                  quote_literal(to_lower(*relation.schema)),
                  quote_literal(to_lower(*relation.identifier))),
      false);
  return !table.rows.empty();
}

}  // namespace floe::dbt
