// SPDX-License-Identifier: Apache-2.0
#include "policy/custom/project_tables.h"

#include "base/text.h"
#include "policy/custom/table_catalog.h"

#include <set>

namespace floe::policy {

std::span<const ProjectTable> project_tables() {
  static const std::vector<ProjectTable> kTables = [] {
    std::vector<ProjectTable> all;
    for (auto* part : {node_table_catalog, resource_table_catalog, platform_table_catalog,
                       own_view_catalog, dbt_view_catalog}) {
      for (const ProjectTable& table : part()) all.push_back(table);
    }
    return all;
  }();
  return kTables;
}

dbt::BulkRows table_rows(const ProjectTable& table, const Context& context) {
  dbt::BulkRows rows;
  rows.width = table.fields.size();
  table.fill(context, rows);
  return rows;
}

namespace {

using Words = std::set<std::string, std::less<>>;

/// Everything that could be a name, in lower case.
void add_sql_words(std::string_view sql, Words& words) {
  std::string word;
  for (std::size_t at = 0; at <= sql.size(); ++at) {
    const char c = at < sql.size() ? sql[at] : ' ';
    const bool in_word =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (in_word) word += c;
    else if (!word.empty()) words.insert(to_lower(std::exchange(word, "")));
  }
}

/// Names by which SQL can reach tables without naming them.
bool asks_the_catalog(const Words& words) {
  for (const std::string_view name :
       {"query", "query_table", "show", "describe", "summarize", "information_schema",
        "sqlite_master", "sqlite_schema", "pg_catalog"}) {
    if (words.contains(name)) return true;
  }
  const auto at = words.lower_bound("duckdb_");
  if (at != words.end() && at->starts_with("duckdb_")) return true;
  const auto pg = words.lower_bound("pg_");
  return pg != words.end() && pg->starts_with("pg_");
}

}  // namespace

std::vector<const ProjectTable*> tables_named(std::string_view sql) {
  Words words;
  add_sql_words(sql, words);
  const bool all = asks_the_catalog(words);
  const std::span<const ProjectTable> tables = project_tables();
  // What a view reads comes before it: from the end, so that names add up.
  std::vector<const ProjectTable*> named;
  for (auto table = tables.rbegin(); table != tables.rend(); ++table) {
    if (!all && !words.contains(table->name)) continue;
    if (table->schema == "dbt" && !all && !words.contains("dbt")) continue;
    named.insert(named.begin(), &*table);
    if (table->is_view()) add_sql_words(table->view, words);
  }
  return named;
}

}  // namespace floe::policy
