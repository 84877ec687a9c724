// SPDX-License-Identifier: Apache-2.0
// What git says of files that are about to be changed.
#pragma once

#include "base/files.h"
#include "base/result.h"

#include <set>
#include <string>
#include <vector>

namespace floe::cli {

/// Those of `paths` (relative to `folder`) that hold what no commit holds: changed, staged, or not
/// known to git. None where there is no git, or `folder` is in no work tree.
Result<std::vector<std::string>> uncommitted_files(const fs::path& folder,
                                                   const std::set<std::string>& paths);

}  // namespace floe::cli
