// SPDX-License-Identifier: Apache-2.0
#include "policy/custom/table_catalog.h"
#include "policy/custom/table_rows.h"

namespace floe::policy {

namespace {

constexpr TableField kMacroEdgesFields[] = {
    {"parent_id", "VARCHAR", "unique_id of what is read"},
    {"child_id", "VARCHAR", "unique_id of what reads it"},
    {"parent_type", "VARCHAR", "resource type of the parent"},
    {"child_type", "VARCHAR", "resource type of the child"},
};

constexpr TableField kLayersFields[] = {
    {"name", "VARCHAR", "`bronze`"},
    {"index", "BIGINT", "its place, from 0"},
    {"prefixes", "VARCHAR[]", "prefixes of its models"},
    {"description", "VARCHAR", "its description"},
    {"schema", "VARCHAR", "its schema, if it has one"},
    {"catalog_namespace", "VARCHAR", "its namespace in the catalog"},
    {"materializations", "VARCHAR[]", "allowed ones; empty: any"},
    {"may_depend_on", "VARCHAR[]", "layers it may read; `source` for source tables"},
    {"required_tests", "VARCHAR[]", "tests that its models need"},
    {"minimum_coverage", "DOUBLE", "percent of columns that something must test"},
    {"required_documentation", "BOOLEAN", "whether its models need a description"},
};

constexpr TableField kPlatformFields[] = {
    {"name", "VARCHAR", "its name"},
    {"version", "VARCHAR", "its version"},
    {"scope", "VARCHAR", "`enterprise` or `domain`"},
    {"owner", "VARCHAR", "its owner"},
    {"description", "VARCHAR", "its description"},
    {"pattern", "VARCHAR", "`medallion`, `kimball`, …"},
    {"compute", "VARCHAR", "type of the compute plugin"},
    {"minimum_coverage", "DOUBLE", "percent of columns that something must test"},
    {"classification", "JSON", "`governance.classification`"},
    {"access_control", "JSON", "`governance.access_control`"},
    {"retention", "JSON", "`governance.retention`"},
    {"namespaces", "JSON", "`catalog.namespaces`"},
};

constexpr TableField kProductFields[] = {
    {"name", "VARCHAR", "its name"},
    {"version", "VARCHAR", "its version"},
    {"description", "VARCHAR", "its description"},
    {"labels", "JSON", "its labels"},
    {"team", "VARCHAR", "the team that owns it"},
    {"email", "VARCHAR", "the team's address"},
    {"project_name", "VARCHAR", "name of the dbt project"},
    {"adapter_type", "VARCHAR", "dbt's adapter"},
    {"project", "JSON", "dbt_project.yml"},
};

constexpr TableField kPortsFields[] = {
    {"name", "VARCHAR", "its name"},
    {"kind", "VARCHAR", "`input` or `output`"},
    {"model", "VARCHAR", "output: the model it publishes"},
    {"model_id", "VARCHAR", "unique_id of that model"},
    {"description", "VARCHAR", "its description"},
    {"version", "VARCHAR", "its version"},
    {"line", "BIGINT", "its line in floe.yaml"},
    {"data", "JSON", "all of it"},
};

constexpr TableField kColumnLineageFields[] = {
    {"from_id", "VARCHAR", "unique_id of the node or source table that is read"},
    {"from_column", "VARCHAR", "its column"},
    {"to_id", "VARCHAR", "unique_id of the node that reads"},
    {"to_column", "VARCHAR", "its column"},
    {"kind", "VARCHAR", "`copy`, `transform`, `aggregate` or `filter`"},
    {"evolution", "VARCHAR", "the same in dbt's words: `copy`, `mod` or `scan`"},
};

constexpr TableField kProjectVarsFields[] = {
    {"project_name", "VARCHAR", "the package it is for"},
    {"name", "VARCHAR", "its name"},
    {"value", "JSON", "its value"},
};

constexpr ProjectTable kPlatformTables[] = {
    {"main", "macro_edges", "Which macro calls which.", kMacroEdgesFields, fill_macro_edges, {}},
    {"main",
     "layers",
     "Layers of the platform, in the order of the data.",
     kLayersFields,
     fill_layers,
     {}},
    {"main", "platform", "The platform, in one row.", kPlatformFields, fill_platform, {}},
    {"main",
     "product",
     "The data product and its dbt project, in one row.",
     kProductFields,
     fill_product,
     {}},
    {"main", "ports", "Input and output ports of the data product.", kPortsFields, fill_ports, {}},
    {"main",
     "column_lineage",
     "Which column's value goes into which.",
     kColumnLineageFields,
     fill_column_lineage,
     {}},
    {"main",
     "project_vars",
     "Variables of dbt_project.yml.",
     kProjectVarsFields,
     fill_project_vars,
     {}},
};

}  // namespace

std::span<const ProjectTable> platform_table_catalog() { return kPlatformTables; }

}  // namespace floe::policy
