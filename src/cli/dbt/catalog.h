// SPDX-License-Identifier: Apache-2.0
// catalog.json: what relations and columns the database really has.
#pragma once

#include "base/files.h"
#include "base/result.h"
#include "dbt/manifest/write_manifest.h"
#include "dbt/project/load.h"

#include <optional>
#include <set>
#include <string>

namespace floe::cli {

/// What of a project the catalog is about.
struct CatalogScope {
  bool empty = false;                             // nothing: the database is not asked
  std::optional<std::set<std::string>> selected;  // unique ids; nothing: all
  bool store_failures = false;                    // --store-failures, for tests
};

/// Asks the database and writes catalog.json for the project's nodes and sources.
Status write_catalog(const fs::path& file, const dbt::Loaded& loaded, const dbt::ArtifactInfo& info,
                     const CatalogScope& scope);

}  // namespace floe::cli
