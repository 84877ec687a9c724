// SPDX-License-Identifier: Apache-2.0
// What write, audit, publish does in the database: tables beside those that readers see, and the
// swap. Everything throws DbtError when the database refuses; nothing is half done then.
#pragma once

#include "dbt/adapter/warehouse.h"

#include <optional>
#include <string>
#include <string_view>

namespace floe::runtime {

/// The name of a table or view.
struct Place {
  std::string database;
  std::string schema;
  std::string name;

  /// "db"."schema"."name".
  std::string quoted() const;
};

/// What a model is called while it is not published.
std::string staged_name(std::string_view name);

/// "table", "view", or "" if there is neither.
std::string kind_at(dbt::WarehouseSession& session, const Place& place);
bool has_foreign_keys(dbt::WarehouseSession& session, const Place& table);

/// Drops what is there, if anything, and commits.
void clear_place(dbt::WarehouseSession& session, const Place& place);

/// Makes a table with the columns, constraints, indexes and rows of another, and commits.
void copy_for_staging(dbt::WarehouseSession& session, const Place& from, const Place& to);

/// Puts a table with the view's rows in the place of the view, in one transaction.
void freeze_view(dbt::WarehouseSession& session, const Place& view);

/// Takes the constraints off a staged table, so that nothing else in the database depends on it.
void loosen_staged(dbt::WarehouseSession& session, const Place& staged);

/// Within the session's transaction: `staged` takes the place and the name of `live`.
void swap_places(dbt::WarehouseSession& session, const Place& staged, const Place& live);

/// Within the session's transaction: notes in floe.publications of the database that a relation
/// holds what this run published.
void note_publication(dbt::WarehouseSession& session, const Place& live,
                      const std::string& invocation_id);
/// When what the relation holds was published ("2026-01-31 12:00:00 UTC"), if that was noted.
std::optional<std::string> publication_time(dbt::WarehouseSession& session, const Place& live);

/// What follows the name of the table in DuckDB's text of a CREATE TABLE, or of a CREATE INDEX:
/// `(i INTEGER PRIMARY KEY)`; "" if the text is another one.
std::string definition_after_name(std::string_view sql);

}  // namespace floe::runtime
