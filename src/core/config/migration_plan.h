// SPDX-License-Identifier: Apache-2.0
// The file format of a migration plan (kind: MigrationPlan): what `floe migrate generate` writes
// and `floe migrate apply` reads.
#pragma once

#include "value/schema.h"

namespace floe::config {

/// The schema of a plan: reader, `floe schema migration-plan` and editors follow from it.
const value::Schema& migration_plan_schema();

}  // namespace floe::config
