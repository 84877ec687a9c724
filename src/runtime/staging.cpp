// SPDX-License-Identifier: Apache-2.0
#include "runtime/staging.h"

#include "base/text.h"
#include "dbt/context/base_context.h"
#include "runtime/clock.h"

#include <fmt/format.h>

#include <chrono>
#include <vector>

namespace floe::runtime {

namespace {

using dbt::DbtError;
using dbt::quote_identifier;
using dbt::quote_literal;
using dbt::WarehouseSession;

constexpr std::string_view kStagedSuffix = "__floe_staged";
constexpr std::string_view kHeldSuffix = "__floe_held";
constexpr std::string_view kNotesSchema = "floe";
constexpr std::string_view kNotesTable = "publications";

/// An index that is not part of a constraint.
struct StagedIndex {
  std::string name;
  bool unique = false;
  std::string definition;  // "(i)"
};

/// Work that is committed as a whole, or not at all.
template <class Work>
void in_transaction(WarehouseSession& session, Work work) {
  session.commit_if_open();
  session.begin();
  try {
    work();
    session.commit();
  } catch (...) {
    session.rollback_if_open();
    throw;
  }
}

std::string same_name(std::string_view column, const std::string& name) {
  return fmt::format("lower({}) = lower({})", column, quote_literal(name));
}

std::string same_place(std::string_view name_column, const Place& place) {
  return fmt::format("{} and {} and {}", same_name("database_name", place.database),
                     same_name("schema_name", place.schema), same_name(name_column, place.name));
}

std::vector<StagedIndex> indexes_of(WarehouseSession& session, const Place& table) {
  const dbt::Table found = session.run(
      fmt::format("select index_name, is_unique, sql from duckdb_indexes() where {} and sql is not "
                  "null and not is_primary order by index_oid",
                  same_place("table_name", table)),
      false);
  std::vector<StagedIndex> indexes;
  for (const auto& row : found.rows) {
    std::string definition = definition_after_name(row[2].to_text());
    // The index of a constraint has no text.
    if (definition.empty()) continue;
    indexes.push_back({row[0].to_text(), row[1].to_text() == "true", std::move(definition)});
  }
  return indexes;
}

void create_index(WarehouseSession& session, const StagedIndex& index, const std::string& name,
                  const Place& table) {
  session.run(fmt::format("create {}index {} on {} {}", index.unique ? "unique " : "",
                          quote_identifier(name), table.quoted(), index.definition),
              false);
}

/// The same columns, constraints and rows under another name.
void copy_table(WarehouseSession& session, const Place& from, const Place& to) {
  const dbt::Table found = session.run(
      fmt::format("select sql from duckdb_tables() where {}", same_place("table_name", from)),
      false);
  const std::string definition =
      found.rows.empty() ? "" : definition_after_name(found.rows[0][0].to_text());
  if (definition.empty()) {
    throw DbtError("Runtime Error", fmt::format("cannot copy {}: DuckDB does not tell how it was "
                                                "made",
                                                from.quoted()));
  }
  session.run(fmt::format("create table {} {}", to.quoted(), definition), false);
  session.run(fmt::format("insert into {} from {}", to.quoted(), from.quoted()), false);
}

void drop_at(WarehouseSession& session, const Place& place, const std::string& kind) {
  if (!kind.empty()) session.run(fmt::format("drop {} {}", kind, place.quoted()), false);
}

void rename(WarehouseSession& session, const Place& place, const std::string& kind,
            const std::string& name) {
  session.run(fmt::format("alter {} {} rename to {}", kind, place.quoted(), quote_identifier(name)),
              false);
}

Place notes_in(const std::string& database) {
  return {database, std::string(kNotesSchema), std::string(kNotesTable)};
}

/// Goes over an identifier, quoted or not, of an SQL text.
std::size_t after_identifier(std::string_view sql, std::size_t at) {
  if (at < sql.size() && sql[at] == '"') {
    for (++at; at < sql.size(); ++at) {
      if (sql[at] != '"') continue;
      if (at + 1 == sql.size() || sql[at + 1] != '"') return at + 1;
      ++at;
    }
    return at;
  }
  while (at < sql.size() && sql[at] != ' ' && sql[at] != '.' && sql[at] != '(') ++at;
  return at;
}

}  // namespace

std::string Place::quoted() const {
  return fmt::format("{}.{}.{}", quote_identifier(database), quote_identifier(schema),
                     quote_identifier(name));
}

std::string staged_name(std::string_view name) {
  return std::string(name) + std::string(kStagedSuffix);
}

std::string kind_at(WarehouseSession& session, const Place& place) {
  const dbt::Table found = session.run(
      fmt::format("select 'table' from duckdb_tables() where {} union all select 'view' from "
                  "duckdb_views() where {}",
                  same_place("table_name", place), same_place("view_name", place)),
      false);
  return found.rows.empty() ? "" : found.rows[0][0].to_text();
}

bool has_foreign_keys(WarehouseSession& session, const Place& table) {
  return !session
              .run(fmt::format("select 1 from duckdb_constraints() where {} and constraint_type = "
                               "'FOREIGN KEY' limit 1",
                               same_place("table_name", table)),
                   false)
              .rows.empty();
}

void clear_place(WarehouseSession& session, const Place& place) {
  const std::string kind = kind_at(session, place);
  if (kind.empty()) return;
  in_transaction(session, [&] { drop_at(session, place, kind); });
}

void copy_for_staging(WarehouseSession& session, const Place& from, const Place& to) {
  in_transaction(session, [&] {
    copy_table(session, from, to);
    for (const StagedIndex& index : indexes_of(session, from)) {
      create_index(session, index, staged_name(index.name), to);
    }
  });
}

void freeze_view(WarehouseSession& session, const Place& view) {
  const Place held = {view.database, view.schema, view.name + std::string(kHeldSuffix)};
  in_transaction(session, [&] {
    session.run(fmt::format("create table {} as from {}", held.quoted(), view.quoted()), false);
    drop_at(session, view, "view");
    rename(session, held, "table", view.name);
  });
}

void loosen_staged(WarehouseSession& session, const Place& staged) {
  const Place plain = {staged.database, staged.schema, staged.name + std::string(kHeldSuffix)};
  in_transaction(session, [&] {
    session.run(fmt::format("create table {} as from {}", plain.quoted(), staged.quoted()), false);
    drop_at(session, staged, "table");
    rename(session, plain, "table", staged.name);
  });
}

void swap_places(WarehouseSession& session, const Place& staged, const Place& live) {
  const std::string kind = kind_at(session, staged);
  if (kind.empty()) {
    throw DbtError("Runtime Error", fmt::format("the model left nothing at {}", staged.quoted()));
  }
  const std::vector<StagedIndex> indexes =
      kind == "table" ? indexes_of(session, staged) : std::vector<StagedIndex>{};
  drop_at(session, live, kind_at(session, live));
  // DuckDB does not rename a table that has indexes.
  for (const StagedIndex& index : indexes) {
    session.run(fmt::format("drop index {}.{}.{}", quote_identifier(staged.database),
                            quote_identifier(staged.schema), quote_identifier(index.name)),
                false);
  }
  if (kind == "table" && has_foreign_keys(session, staged)) {
    // Nor does it tell a referenced table the new name of what refers to it.
    copy_table(session, staged, live);
    drop_at(session, staged, kind);
  } else {
    rename(session, staged, kind, live.name);
  }
  for (const StagedIndex& index : indexes) {
    std::string name = index.name;
    if (name.ends_with(kStagedSuffix)) name.resize(name.size() - kStagedSuffix.size());
    create_index(session, index, name, live);
  }
}

void note_publication(WarehouseSession& session, const Place& live,
                      const std::string& invocation_id) {
  const std::string table = notes_in(live.database).quoted();
  session.run(fmt::format("create schema if not exists {}.{}", quote_identifier(live.database),
                          quote_identifier(kNotesSchema)),
              false);
  session.run(fmt::format("create table if not exists {} (schema_name varchar, table_name varchar, "
                          "published_at timestamp, invocation_id varchar)",
                          table),
              false);
  session.run(
      fmt::format("delete from {} where {} and {}", table, same_name("schema_name", live.schema),
                  same_name("table_name", live.name)),
      false);
  std::string now = utc_text(std::chrono::system_clock::now());
  now.pop_back();  // the Z: the column has no time zone
  session.run(fmt::format("insert into {} values ({}, {}, timestamp {}, {})", table,
                          quote_literal(live.schema), quote_literal(live.name), quote_literal(now),
                          quote_literal(invocation_id)),
              false);
}

std::optional<std::string> publication_time(WarehouseSession& session, const Place& live) {
  const Place notes = notes_in(live.database);
  if (kind_at(session, notes).empty()) return std::nullopt;
  const dbt::Table found = session.run(
      fmt::format("select strftime(published_at, '%Y-%m-%d %H:%M:%S UTC') from {} where {} and {}",
                  notes.quoted(), same_name("schema_name", live.schema),
                  same_name("table_name", live.name)),
      false);
  if (found.rows.empty() || found.rows[0][0].is_null()) return std::nullopt;
  return found.rows[0][0].to_text();
}

std::string definition_after_name(std::string_view sql) {
  sql = trim(sql);
  if (sql.ends_with(';')) sql.remove_suffix(1);
  std::size_t at = 0;
  bool named = false;  // the next identifier is the table's name
  while (at < sql.size() && sql[at] != '(') {
    if (sql[at] == ' ') {
      ++at;
      continue;
    }
    std::size_t end = after_identifier(sql, at);
    const std::string_view word = sql.substr(at, end - at);
    if (named) {
      while (end < sql.size() && sql[end] == '.') end = after_identifier(sql, end + 1);
      return std::string(trim(sql.substr(end)));
    }
    named = word == "TABLE" || word == "ON";
    if (end == at) return "";
    at = end;
  }
  return "";
}

}  // namespace floe::runtime
