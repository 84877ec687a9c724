// SPDX-License-Identifier: Apache-2.0
#include "policy/custom/table_catalog.h"
#include "policy/custom/table_rows.h"

namespace floe::policy {

namespace {

/// What dbt calls the columns of a node.
#define FLOE_NODE_COLUMNS                                                                          \
  "unique_id, name, resource_type, package_name, path as original_file_path, fqn, alias, "         \
  "description, language as node_language, raw_code, database as database_name, schema as "        \
  "schema_name, relation_name, alias as identifier, enabled, materialized, "                       \
  "config->>'$.incremental_strategy' as incremental_strategy, config->>'$.on_schema_change' as "   \
  "on_schema_change, config->>'$.unique_key' as unique_key, config->>'$.full_refresh' as "         \
  "full_refresh, config->'$.persist_docs' as persist_docs, config->'$.\"pre-hook\"' as pre_hook, " \
  "config->'$.\"post-hook\"' as post_hook, config->'$.grants' as grants, config, access, "         \
  "\"group\", contract_enforced, version, latest_version, deprecation_date, constraints, "         \
  "primary_key, (config->>'$.docs.show')::boolean as docs_show, properties_path as "               \
  "properties_yml_file_path, tags, meta, null::varchar as compiled_code, "                         \
  "coalesce(nullif(declared_key, []), tested_key) as grain, declared_key as grain_declared, "      \
  "tested_key as grain_tested, null::timestamp as ingested_at"

constexpr ProjectTable view(std::string_view schema, std::string_view name,
                            std::string_view description, std::string_view query) {
  return {schema, name, description, {}, nullptr, query};
}

constexpr ProjectTable kOwnViews[] = {
    view("main", "models", "Models of the data product.",
         "select * exclude (own, enabled) from all_nodes where own and enabled and resource_type = "
         "'model'"),
    view("main", "seeds", "Seeds of the data product.",
         "select * exclude (own, enabled) from all_nodes where own and enabled and resource_type = "
         "'seed'"),
    view("main", "snapshots", "Snapshots of the data product.",
         "select * exclude (own, enabled) from all_nodes where own and enabled and resource_type = "
         "'snapshot'"),
    view("main", "analyses", "Analyses of the data product.",
         "select * exclude (own, enabled) from all_nodes where own and enabled and resource_type = "
         "'analysis'"),
    view("main", "functions", "Functions of the data product.",
         "select * exclude (own, enabled) from all_nodes where own and enabled and resource_type = "
         "'function'"),
    view("main", "tests", "Data tests of the data product.",
         "select * exclude (own, enabled) from all_tests where own and enabled"),
    view("main", "sources", "Source tables of the data product.",
         "select * exclude (own, enabled) from all_sources where own and enabled"),
    view("main", "columns", "Declared columns of the data product's nodes and source tables.",
         "select * exclude (own, enabled) from all_columns where own and enabled"),
    view("main", "exposures", "Exposures of the data product.",
         "select * exclude (own, enabled) from all_exposures where own and enabled"),
    view("main", "metrics", "Metrics of the data product.",
         "select * exclude (own, enabled) from all_metrics where own and enabled"),
    view("main", "semantic_models", "Semantic models of the data product.",
         "select * exclude (own, enabled) from all_semantic_models where own and enabled"),
    view("main", "saved_queries", "Saved queries of the data product.",
         "select * exclude (own, enabled) from all_saved_queries where own and enabled"),
    view("main", "unit_tests", "Unit tests of the data product.",
         "select * exclude (own, enabled) from all_unit_tests where own and enabled"),
    view("main", "macros", "Macros of the data product.",
         "select * exclude (own) from all_macros where own"),
    view("main", "groups", "Groups of the data product.",
         "select * exclude (own) from all_groups where own"),
    view("main", "docs", "Docs blocks of the data product.",
         "select * exclude (own) from all_docs where own"),
};

/// The tables and columns of dbt's Information Schema v1, as far as a parse knows them.
constexpr ProjectTable kDbtViews[] = {
    view("dbt", "models", "All models, of packages and disabled ones too.",
         "select " FLOE_NODE_COLUMNS " from all_nodes where resource_type = 'model'"),
    view("dbt", "seeds", "All seeds, of packages and disabled ones too.",
         "select " FLOE_NODE_COLUMNS " from all_nodes where resource_type = 'seed'"),
    view("dbt", "snapshots", "All snapshots, of packages and disabled ones too.",
         "select " FLOE_NODE_COLUMNS " from all_nodes where resource_type = 'snapshot'"),
    view("dbt", "functions", "All functions, of packages and disabled ones too.",
         "select " FLOE_NODE_COLUMNS " from all_nodes where resource_type = 'function'"),
    view("dbt", "analyses", "All analyses, of packages and disabled ones too.",
         "select " FLOE_NODE_COLUMNS " from all_nodes where resource_type = 'analysis'"),
    view("dbt", "hooks", "All hooks, of packages and disabled ones too.",
         "select " FLOE_NODE_COLUMNS " from all_nodes where resource_type = 'operation'"),
    view("dbt", "sources", "All source tables.",
         "select unique_id, name, 'source' as resource_type, package_name, path as "
         "original_file_path, fqn, identifier as alias, description, null::varchar as "
         "node_language, null::varchar as raw_code, database as database_name, schema as "
         "schema_name, relation_name, identifier, enabled, null::varchar as materialized, config, "
         "null::varchar as access, null::varchar as \"group\", false as contract_enforced, "
         "null::varchar as version, null::varchar as latest_version, null::varchar as "
         "deprecation_date, []::varchar[] as primary_key, path as properties_yml_file_path, tags, "
         "meta, source_name, source_description, loader, loaded_at_field, loaded_at_query, "
         "freshness, external, source_meta, null::timestamp as ingested_at from all_sources"),
    view("dbt", "data_tests", "All data tests.",
         "select unique_id, name, package_name, path as original_file_path, raw_code, fqn, "
         "description, database as database_name, schema as schema_name, relation_name, enabled, "
         "materialized, config, tags, meta, \"group\", properties_path as "
         "properties_yml_file_path, null::varchar as compiled_code, test_name, test_package as "
         "test_definition_package, arguments, column_name, node_id as node_unique_id, severity, "
         "warn_if, error_if, fail_calc, store_failures, store_failures_as, \"where\", \"limit\", "
         "null::timestamp as ingested_at from all_tests"),
    view("dbt", "unit_tests", "All unit tests.",
         "select unique_id, name, model, description, package_name, path as original_file_path, "
         "fqn, given, expect, overrides, versions, config, null::timestamp as ingested_at from "
         "all_unit_tests where enabled"),
    view("dbt", "node_columns", "Declared columns of all nodes and source tables.",
         "select node_id as node_unique_id, name as column_name, \"index\" as column_index, "
         "data_type as data_type_declared, null::varchar as data_type_inferred, data_type, "
         "description, quote, tags, meta, constraints, null::timestamp as ingested_at from "
         "all_columns"),
    view("dbt", "dag_nodes", "Everything enabled that takes part in the graph.",
         "select unique_id, resource_type, null::timestamp as ingested_at from (select unique_id, "
         "resource_type from all_nodes where enabled union all select unique_id, 'test' from "
         "all_tests where enabled union all select unique_id, 'source' from all_sources where "
         "enabled union all select unique_id, 'exposure' from all_exposures where enabled union "
         "all select unique_id, 'metric' from all_metrics where enabled union all select "
         "unique_id, 'semantic_model' from all_semantic_models where enabled union all select "
         "unique_id, 'saved_query' from all_saved_queries where enabled union all select "
         "unique_id, 'unit_test' from all_unit_tests where enabled)"),
    view("dbt", "edges", "Who reads whom, and which macro calls which.",
         "select parent_id as parent_unique_id, child_id as child_unique_id, null::timestamp as "
         "ingested_at from main.edges union all select parent_id, child_id, null::timestamp from "
         "macro_edges"),
    view("dbt", "column_lineage", "Column lineage.",
         "select from_id as parent_node_unique_id, from_column as parent_column_name, to_id as "
         "child_node_unique_id, to_column as child_column_name, evolution, null::timestamp as "
         "ingested_at from main.column_lineage"),
    view("dbt", "macros", "All macros.",
         "select unique_id, name, package_name, path as original_file_path, code as macro_sql, "
         "description, macros as depends_on_macros, arguments, (docs->>'$.show')::boolean as "
         "docs_show, properties_path as properties_yml_file_path, meta, null::timestamp as "
         "created_at, null::timestamp as ingested_at from all_macros"),
    view("dbt", "docs_blocks", "All docs blocks.",
         "select unique_id, name, package_name, path as original_file_path, contents as content, "
         "null::timestamp as ingested_at from all_docs"),
    view("dbt", "groups", "All groups.",
         "select unique_id, name, description, package_name, path as original_file_path, "
         "owner_name, owner_email, config, null::timestamp as ingested_at from all_groups"),
    view("dbt", "exposures", "All exposures.",
         "select unique_id, name, type as exposure_type, label, owner_name, owner_email, url, "
         "maturity, description, package_name, path as original_file_path, fqn, depends_on, tags, "
         "meta, config, null::timestamp as created_at, null::timestamp as ingested_at from "
         "all_exposures where enabled"),
    view("dbt", "metrics", "All metrics.",
         "select unique_id, name, label, type as metric_type, description, package_name, path as "
         "original_file_path, fqn, type_params, filter as metric_filter, time_granularity, "
         "list_transform(from_json(coalesce(type_params->'$.metrics', '[]'::json), '[\"json\"]'), "
         "lambda m: m->>'$.name') as input_metric_names, \"group\", tags, meta, config, "
         "null::timestamp as created_at, null::timestamp as ingested_at from all_metrics where "
         "enabled"),
    view("dbt", "saved_queries", "All saved queries.",
         "select unique_id, name, label, description, package_name, path as original_file_path, "
         "fqn, query_params, exports, depends_on, \"group\", tags, null::timestamp as created_at, "
         "null::timestamp as ingested_at from all_saved_queries where enabled"),
    view("dbt", "semantic_models", "All semantic models.",
         "select unique_id, name, model, label, description, fqn, node_relation, primary_entity, "
         "defaults, \"group\", null::timestamp as created_at, null::timestamp as ingested_at from "
         "all_semantic_models where enabled"),
    view("dbt", "semantic_entities", "Entities of semantic models.",
         "select semantic_model_id as unique_id, name, type as entity_type, description, label, "
         "data->>'$.role' as entity_role, expr, null::timestamp as ingested_at from "
         "semantic_members where kind = 'entity'"),
    view("dbt", "semantic_measures", "Measures of semantic models.",
         "select semantic_model_id as unique_id, name, type as agg, description, label, expr, "
         "(data->>'$.create_metric')::boolean as create_metric, data->>'$.agg_time_dimension' as "
         "agg_time_dimension, data->'$.agg_params' as agg_params, data->'$.non_additive_dimension' "
         "as non_additive_dimension, null::timestamp as ingested_at from semantic_members where "
         "kind = 'measure'"),
    view("dbt", "semantic_dimensions", "Dimensions of semantic models.",
         "select semantic_model_id as unique_id, name, type as dimension_type, description, label, "
         "expr, (data->>'$.is_partition')::boolean as is_partition, "
         "data->>'$.type_params.time_granularity' as time_granularity, "
         "data->'$.type_params.validity_params' as validity_params, null::timestamp as ingested_at "
         "from semantic_members where kind = 'dimension'"),
    view("dbt", "project", "The dbt project, in one row.",
         "select project_name, null::varchar as dbt_version, adapter_type, 1 as schema_version, "
         "null::varchar as git_sha, null::varchar as git_branch, null::boolean as "
         "git_uncommitted_changes, null::timestamp as ingested_at from product"),
    view("dbt", "packages", "Packages that something comes from.",
         "select package_name, null::timestamp as ingested_at from (select package_name from "
         "all_nodes union select package_name from all_macros union select package_name from "
         "all_sources)"),
    view("dbt", "project_vars", "Variables of dbt_project.yml.",
         "select project_name, name as var_name, value as var_value, null::timestamp as "
         "ingested_at from main.project_vars"),
};

#undef FLOE_NODE_COLUMNS

}  // namespace

std::span<const ProjectTable> own_view_catalog() { return kOwnViews; }
std::span<const ProjectTable> dbt_view_catalog() { return kDbtViews; }

}  // namespace floe::policy
