// SPDX-License-Identifier: Apache-2.0
#include "cli/dbt/catalog.h"

#include "base/text.h"
#include "dbt/adapter/warehouse.h"
#include "dbt/manifest/json_writer.h"

#include <map>
#include <string>
#include <vector>

namespace floe::cli {

namespace {

using dbt::JsonWriter;

constexpr std::string_view kCatalogSchema = "https://schemas.getdbt.com/dbt/catalog/v1.json";

constexpr std::string_view kCatalogQuery = R"sql(
  select c.database_name, c.schema_name, c.table_name,
         case when t.table_name is null then 'VIEW' else 'BASE TABLE' end,
         coalesce(t.comment, v.comment), c.column_name, c.column_index, c.data_type, c.comment
  from duckdb_columns() c
  left join duckdb_tables() t using (database_oid, schema_oid, table_oid)
  left join duckdb_views() v
    on v.database_oid = c.database_oid and v.schema_oid = c.schema_oid and v.view_oid = c.table_oid
  where not c.internal
  order by 1, 2, 3, c.column_index
)sql";

struct CatalogColumn {
  std::string name;
  std::string type;
  std::string comment;
  std::int64_t index = 0;
};

struct CatalogRelation {
  std::string database, schema, name, type, comment;
  std::vector<CatalogColumn> columns;
};

std::string relation_key(std::string_view database, std::string_view schema,
                         std::string_view name) {
  return to_lower(database) + "\n" + to_lower(schema) + "\n" + to_lower(name);
}

std::string cell_or_empty(const dbt::Cell& cell) {
  return cell.is_null() ? std::string() : cell.to_text();
}

Result<std::map<std::string, CatalogRelation>> read_relations(const dbt::Loaded& loaded) {
  dbt::WarehouseOptions options;
  options.credentials = loaded.profile.credentials;
  options.database = loaded.profile.database;
  options.project_root = loaded.project.root;
  dbt::Warehouse warehouse(std::move(options));
  dbt::Connection connection = FLOE_TRY(warehouse.connect());
  const dbt::Table rows = FLOE_TRY(connection.query(kCatalogQuery));
  std::map<std::string, CatalogRelation> relations;
  for (const std::vector<dbt::Cell>& row : rows.rows) {
    CatalogRelation& relation =
        relations[relation_key(row[0].to_text(), row[1].to_text(), row[2].to_text())];
    relation.database = row[0].to_text();
    relation.schema = row[1].to_text();
    relation.name = row[2].to_text();
    relation.type = row[3].to_text();
    relation.comment = cell_or_empty(row[4]);
    relation.columns.push_back(
        {row[5].to_text(), row[7].to_text(), cell_or_empty(row[8]), row[6].integer});
  }
  return relations;
}

void write_relation(JsonWriter& json, const std::string& id, const CatalogRelation& relation) {
  json.key(id);
  json.begin_object();
  json.key("metadata");
  json.begin_object();
  json.member("type", relation.type);
  json.member("schema", relation.schema);
  json.member("name", relation.name);
  json.member("database", relation.database);
  json.member_or_null("comment", relation.comment);
  json.member_null("owner");
  json.end_object();
  json.key("columns");
  json.begin_object();
  for (const CatalogColumn& column : relation.columns) {
    json.key(column.name);
    json.begin_object();
    json.member("type", column.type);
    json.key("index");
    json.integer(column.index);
    json.member("name", column.name);
    json.member_or_null("comment", column.comment);
    json.end_object();
  }
  json.end_object();
  json.key("stats");
  json.begin_object();
  json.key("has_stats");
  json.begin_object();
  json.member("id", "has_stats");
  json.member("label", "Has Stats?");
  json.member("value", false);
  json.member("include", false);
  json.member("description", "Indicates whether there are statistics for this table");
  json.end_object();
  json.end_object();
  json.member("unique_id", id);
  json.end_object();
}

bool is_selected(const std::string& id, const CatalogScope& scope) {
  return !scope.selected || scope.selected->contains(id);
}

/// Whether a node has a relation that belongs into the catalog: tests have one when they keep
/// their failures.
bool is_listed(const dbt::Node& node, const CatalogScope& scope) {
  if (node.type != dbt::ResourceType::kTest) {
    return node.is_refable() && node.materialized() != "ephemeral";
  }
  const value::Value* stores = node.config_value("store_failures");
  return stores != nullptr && stores->is_bool() ? stores->as_bool() : scope.store_failures;
}

}  // namespace

Status write_catalog(const fs::path& file, const dbt::Loaded& loaded, const dbt::ArtifactInfo& info,
                     const CatalogScope& scope) {
  std::map<std::string, CatalogRelation> relations;
  if (!scope.empty) relations = FLOE_TRY(read_relations(loaded));
  JsonWriter json;
  json.begin_object();
  json.key("metadata");
  json.begin_object();
  dbt::write_artifact_metadata(json, kCatalogSchema, info);
  json.end_object();
  json.key("nodes");
  json.begin_object();
  for (const auto& [id, node] : loaded.project.nodes) {
    if (!is_listed(*node, scope) || !is_selected(id, scope)) continue;
    const auto it = relations.find(relation_key(node->database, node->schema, node->alias));
    if (it != relations.end()) write_relation(json, id, it->second);
  }
  json.end_object();
  json.key("sources");
  json.begin_object();
  for (const auto& [id, source] : loaded.project.sources) {
    if (!is_selected(id, scope)) continue;
    const auto it =
        relations.find(relation_key(source->database, source->schema, source->identifier));
    if (it != relations.end()) write_relation(json, id, it->second);
  }
  json.end_object();
  json.member_null("errors");
  json.end_object();
  return write_output(file, json.text());
}

}  // namespace floe::cli
