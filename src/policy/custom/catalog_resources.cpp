// SPDX-License-Identifier: Apache-2.0
#include "policy/custom/table_catalog.h"
#include "policy/custom/table_rows.h"

namespace floe::policy {

namespace {

constexpr TableField kAllMacrosFields[] = {
    {"unique_id", "VARCHAR", "dbt's id: `macro.shop.cents`"},
    {"name", "VARCHAR", "its name"},
    {"package_name", "VARCHAR", "dbt package it belongs to"},
    {"own", "BOOLEAN", "whether it is the data product's own"},
    {"path", "VARCHAR", "its file"},
    {"folder", "VARCHAR", "the folder of `path`"},
    {"line", "BIGINT", "its line there"},
    {"properties_path", "VARCHAR", "the properties file that describes it"},
    {"description", "VARCHAR", "its description"},
    {"documented", "BOOLEAN", "whether that says something"},
    {"meta", "JSON", "its meta"},
    {"docs", "JSON", "its docs: `{show, node_color}`"},
    {"arguments", "JSON", "its described arguments: a list of `{name, type, description}`"},
    {"argument_count", "BIGINT", "arguments that its head names"},
    {"code", "VARCHAR", "its block"},
    {"line_count", "BIGINT", "lines of the block"},
    {"macros", "VARCHAR[]", "unique_ids of the macros it calls"},
};

constexpr TableField kAllExposuresFields[] = {
    {"unique_id", "VARCHAR", "dbt's id"},
    {"name", "VARCHAR", "its name"},
    {"package_name", "VARCHAR", "dbt package it belongs to"},
    {"own", "BOOLEAN", "whether it is the data product's own"},
    {"enabled", "BOOLEAN", "whether it is enabled"},
    {"path", "VARCHAR", "the file that declares it"},
    {"line", "BIGINT", "its line there"},
    {"fqn", "VARCHAR[]", "package, folders and name"},
    {"description", "VARCHAR", "its description"},
    {"documented", "BOOLEAN", "whether that says something"},
    {"tags", "VARCHAR[]", "its tags"},
    {"meta", "JSON", "its meta"},
    {"config", "JSON", "its configuration"},
    {"depends_on", "VARCHAR[]", "unique_ids of what it reads"},
    {"type", "VARCHAR", "`dashboard`, `notebook`, …"},
    {"label", "VARCHAR", "its label"},
    {"maturity", "VARCHAR", "`high`, `medium`, `low`"},
    {"url", "VARCHAR", "where it is"},
    {"owner_name", "VARCHAR", "its owner"},
    {"owner_email", "VARCHAR", "the owner's address"},
};

constexpr TableField kAllMetricsFields[] = {
    {"unique_id", "VARCHAR", "dbt's id"},
    {"name", "VARCHAR", "its name"},
    {"package_name", "VARCHAR", "dbt package it belongs to"},
    {"own", "BOOLEAN", "whether it is the data product's own"},
    {"enabled", "BOOLEAN", "whether it is enabled"},
    {"path", "VARCHAR", "the file that declares it"},
    {"line", "BIGINT", "its line there"},
    {"fqn", "VARCHAR[]", "package, folders and name"},
    {"description", "VARCHAR", "its description"},
    {"documented", "BOOLEAN", "whether that says something"},
    {"tags", "VARCHAR[]", "its tags"},
    {"meta", "JSON", "its meta"},
    {"config", "JSON", "its configuration"},
    {"depends_on", "VARCHAR[]", "unique_ids of what it reads"},
    {"type", "VARCHAR", "`simple`, `ratio`, …"},
    {"label", "VARCHAR", "its label"},
    {"group", "VARCHAR", "its group"},
    {"type_params", "JSON", "what it is made of"},
    {"filter", "JSON", "its filter"},
    {"time_granularity", "VARCHAR", "its grain of time"},
};

constexpr TableField kAllSemanticModelsFields[] = {
    {"unique_id", "VARCHAR", "dbt's id"},
    {"name", "VARCHAR", "its name"},
    {"package_name", "VARCHAR", "dbt package it belongs to"},
    {"own", "BOOLEAN", "whether it is the data product's own"},
    {"enabled", "BOOLEAN", "whether it is enabled"},
    {"path", "VARCHAR", "the file that declares it"},
    {"line", "BIGINT", "its line there"},
    {"fqn", "VARCHAR[]", "package, folders and name"},
    {"description", "VARCHAR", "its description"},
    {"documented", "BOOLEAN", "whether that says something"},
    {"tags", "VARCHAR[]", "its tags"},
    {"meta", "JSON", "its meta"},
    {"config", "JSON", "its configuration"},
    {"depends_on", "VARCHAR[]", "unique_ids of what it reads"},
    {"model", "VARCHAR", "the model it is on, as written"},
    {"label", "VARCHAR", "its label"},
    {"group", "VARCHAR", "its group"},
    {"primary_entity", "VARCHAR", "its primary entity"},
    {"defaults", "JSON", "its defaults"},
    {"node_relation", "JSON", "the relation it is on"},
};

constexpr TableField kSemanticMembersFields[] = {
    {"semantic_model_id", "VARCHAR", "unique_id of the semantic model"},
    {"semantic_model", "VARCHAR", "its name"},
    {"kind", "VARCHAR", "`entity`, `measure` or `dimension`"},
    {"name", "VARCHAR", "its name"},
    {"type", "VARCHAR", "its type; a measure's aggregation"},
    {"description", "VARCHAR", "its description"},
    {"label", "VARCHAR", "its label"},
    {"expr", "VARCHAR", "its expression"},
    {"data", "JSON", "all of it"},
};

constexpr TableField kAllSavedQueriesFields[] = {
    {"unique_id", "VARCHAR", "dbt's id"},
    {"name", "VARCHAR", "its name"},
    {"package_name", "VARCHAR", "dbt package it belongs to"},
    {"own", "BOOLEAN", "whether it is the data product's own"},
    {"enabled", "BOOLEAN", "whether it is enabled"},
    {"path", "VARCHAR", "the file that declares it"},
    {"line", "BIGINT", "its line there"},
    {"fqn", "VARCHAR[]", "package, folders and name"},
    {"description", "VARCHAR", "its description"},
    {"documented", "BOOLEAN", "whether that says something"},
    {"tags", "VARCHAR[]", "its tags"},
    {"meta", "JSON", "its meta"},
    {"config", "JSON", "its configuration"},
    {"depends_on", "VARCHAR[]", "unique_ids of what it reads"},
    {"label", "VARCHAR", "its label"},
    {"group", "VARCHAR", "its group"},
    {"query_params", "JSON", "what it asks"},
    {"exports", "JSON", "where it goes"},
};

constexpr TableField kAllUnitTestsFields[] = {
    {"unique_id", "VARCHAR", "dbt's id"},
    {"name", "VARCHAR", "its name"},
    {"package_name", "VARCHAR", "dbt package it belongs to"},
    {"own", "BOOLEAN", "whether it is the data product's own"},
    {"enabled", "BOOLEAN", "whether it is enabled"},
    {"path", "VARCHAR", "the file that declares it"},
    {"line", "BIGINT", "its line there"},
    {"fqn", "VARCHAR[]", "package, folders and name"},
    {"description", "VARCHAR", "its description"},
    {"documented", "BOOLEAN", "whether that says something"},
    {"tags", "VARCHAR[]", "its tags"},
    {"meta", "JSON", "its meta"},
    {"config", "JSON", "its configuration"},
    {"depends_on", "VARCHAR[]", "unique_ids of what it reads"},
    {"model", "VARCHAR", "name of the model it tests"},
    {"node_id", "VARCHAR", "unique_id of that model"},
    {"given", "JSON", "its inputs: a list"},
    {"expect", "JSON", "what it expects"},
    {"overrides", "JSON", "what it overrides"},
    {"versions", "JSON", "versions of the model it is for"},
};

constexpr TableField kAllGroupsFields[] = {
    {"unique_id", "VARCHAR", "dbt's id"},
    {"name", "VARCHAR", "its name"},
    {"package_name", "VARCHAR", "dbt package it belongs to"},
    {"own", "BOOLEAN", "whether it is the data product's own"},
    {"path", "VARCHAR", "the file that declares it"},
    {"line", "BIGINT", "its line there"},
    {"description", "VARCHAR", "its description"},
    {"owner_name", "VARCHAR", "its owner"},
    {"owner_email", "VARCHAR", "the owner's address"},
    {"config", "JSON", "its configuration"},
};

constexpr TableField kAllDocsFields[] = {
    {"unique_id", "VARCHAR", "dbt's id"},
    {"name", "VARCHAR", "its name"},
    {"package_name", "VARCHAR", "dbt package it belongs to"},
    {"own", "BOOLEAN", "whether it is the data product's own"},
    {"path", "VARCHAR", "its file"},
    {"contents", "VARCHAR", "its text"},
};

constexpr TableField kEdgesFields[] = {
    {"parent_id", "VARCHAR", "unique_id of what is read"},
    {"child_id", "VARCHAR", "unique_id of what reads it"},
    {"parent_type", "VARCHAR", "resource type of the parent"},
    {"child_type", "VARCHAR", "resource type of the child"},
};

constexpr ProjectTable kResourceTables[] = {
    {"main", "all_macros", "Macros of all packages.", kAllMacrosFields, fill_macros, {}},
    {"main",
     "all_exposures",
     "Exposures of all packages.",
     kAllExposuresFields,
     fill_exposures,
     {}},
    {"main", "all_metrics", "Metrics of all packages.", kAllMetricsFields, fill_metrics, {}},
    {"main",
     "all_semantic_models",
     "Semantic models of all packages.",
     kAllSemanticModelsFields,
     fill_semantic_models,
     {}},
    {"main",
     "semantic_members",
     "Entities, measures and dimensions of semantic models.",
     kSemanticMembersFields,
     fill_semantic_members,
     {}},
    {"main",
     "all_saved_queries",
     "Saved queries of all packages.",
     kAllSavedQueriesFields,
     fill_saved_queries,
     {}},
    {"main",
     "all_unit_tests",
     "Unit tests of all packages.",
     kAllUnitTestsFields,
     fill_unit_tests,
     {}},
    {"main", "all_groups", "Groups of all packages.", kAllGroupsFields, fill_groups, {}},
    {"main", "all_docs", "Docs blocks of all packages.", kAllDocsFields, fill_docs, {}},
    {"main",
     "edges",
     "Who reads whom: nodes, tests, exposures, metrics, semantic models, saved queries and unit "
     "tests that are enabled.",
     kEdgesFields,
     fill_edges,
     {}},
};

}  // namespace

std::span<const ProjectTable> resource_table_catalog() { return kResourceTables; }

}  // namespace floe::policy
