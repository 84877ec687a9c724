// SPDX-License-Identifier: Apache-2.0
// Where a platform's source comes from: commit and time, never the clock.
#pragma once

#include "base/files.h"
#include "base/result.h"

#include <string>

namespace floe::artifact {

/// What the annotations of an artifact say about its source; "" where it is not known.
struct Origin {
  std::string revision;  // commit id, with "-dirty" if tracked files of the folder differ from it
  std::string created;   // RFC 3339, UTC: "2026-11-23T00:00:00Z"
};

/// The origin of a folder: the last commit that touched it, if it is in a git work tree. The time
/// is $SOURCE_DATE_EPOCH if that is set (kUsage if it is no number of seconds), else the commit's.
Result<Origin> find_origin(const fs::path& folder);

}  // namespace floe::artifact
