// SPDX-License-Identifier: Apache-2.0
// Unpacks .tar.gz archives that nobody vouches for: nothing is written outside of the folder, and
// neither size nor number of files is unbounded.
#pragma once

#include "base/files.h"
#include "base/result.h"

#include <cstdint>
#include <string_view>

namespace floe {

struct ArchiveLimits {
  std::uint64_t max_bytes = 512ull << 20;  // of all files together
  std::size_t max_entries = 100'000;
};

/// Unpacks a gzip-compressed tar archive into `folder`, which must be empty or missing. Absolute
/// names, names with `..`, links that lead out of the folder, devices and archives beyond the
/// limits are refused (kSecurity), broken ones are kEnvironment; the folder is removed then.
Status unpack_tar_gz(std::string_view bytes, const fs::path& folder,
                     const ArchiveLimits& limits = {});

}  // namespace floe
