// SPDX-License-Identifier: Apache-2.0
// The parts that the catalog of project tables is put together from.
#pragma once

#include "policy/custom/project_tables.h"

namespace floe::policy {

std::span<const ProjectTable> node_table_catalog();
std::span<const ProjectTable> resource_table_catalog();
std::span<const ProjectTable> platform_table_catalog();
/// Views on what is the data product's own.
std::span<const ProjectTable> own_view_catalog();
/// Views that are named as dbt's Information Schema v1.
std::span<const ProjectTable> dbt_view_catalog();

}  // namespace floe::policy
