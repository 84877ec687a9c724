// SPDX-License-Identifier: Apache-2.0
// What a compile leaves in target/, for people and for other programs.
#pragma once

#include "base/files.h"
#include "base/result.h"
#include "cli/enforce.h"

#include <string>
#include <vector>

namespace floe::cli {

/// Writes target/compiled.json (what was compiled: platform digest, product, project digests, floe
/// version, outcome), target/diagnostics.json, target/report.html, and of each transform dbt's
/// manifest.json and what is known of its columns (lineage.json). Paths are as returned.
Result<std::vector<fs::path>> write_compile_outputs(const OpenProduct& opened,
                                                    const CompileResult& result);

/// dbt's manifest.json of a transform, with the time of now.
std::string dbt_manifest_text(const dbt::Loaded& loaded);

}  // namespace floe::cli
