// SPDX-License-Identifier: Apache-2.0
// catalog.json: what relations and columns the database really has.
#pragma once

#include "base/files.h"
#include "base/result.h"
#include "dbt/manifest/write_manifest.h"
#include "dbt/project/load.h"

namespace floe::cli {

/// Asks the database and writes catalog.json for the project's nodes and sources; `empty` writes
/// one without asking.
Status write_catalog(const fs::path& file, const dbt::Loaded& loaded, const dbt::ArtifactInfo& info,
                     bool empty);

}  // namespace floe::cli
