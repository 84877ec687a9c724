// SPDX-License-Identifier: Apache-2.0
// The parts that the catalog of project tables is put together from.
#pragma once

#include "policy/custom/project_tables.h"

#include <vector>

namespace floe::policy {

std::vector<ProjectTable> node_table_catalog();
std::vector<ProjectTable> resource_table_catalog();
std::vector<ProjectTable> platform_table_catalog();
/// Views on what is the data product's own.
std::vector<ProjectTable> own_view_catalog();
/// Views that are named as dbt's Information Schema v1.
std::vector<ProjectTable> dbt_view_catalog();

}  // namespace floe::policy
