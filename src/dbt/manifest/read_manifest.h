// SPDX-License-Identifier: Apache-2.0
// manifest.json (schema v12) back into a Project: for deferral, comparison with what another
// engine made, and tests.
#pragma once

#include "base/result.h"
#include "dbt/project/model.h"

#include <string_view>

namespace floe::dbt {

/// The project a manifest describes. Places in files are unknown; `root` stays empty.
Result<Project> read_manifest(std::string_view json);
Result<Project> project_of_manifest(const Value& manifest);

}  // namespace floe::dbt
