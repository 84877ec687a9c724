// SPDX-License-Identifier: Apache-2.0
// Which tables have key constraints and which catalogs keep them, asked of DuckDB once a schema.
#pragma once

#include "dbt/adapter/relation.h"
#include "dbt/adapter/warehouse.h"

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

namespace floe::dbt {

/// Thread-safe; shared by all sessions of a warehouse.
class ForeignKeys {
 public:
  bool catalog_supports(WarehouseSession& session, const std::string& database);
  /// "primary_key", "unique", "foreign_key": what the table had when its schema was first asked
  /// for.
  std::set<std::string> existing_types(WarehouseSession& session, const Relation& relation);
  /// Does another table of the schema refer to this one?
  static bool is_target(WarehouseSession& session, const Relation& relation);

 private:
  std::recursive_mutex mutex_;
  std::optional<std::map<std::string, std::string>> catalog_types_;
  std::map<std::pair<std::string, std::string>, std::map<std::string, std::set<std::string>>>
      by_schema_;
};

}  // namespace floe::dbt
