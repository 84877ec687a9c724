// SPDX-License-Identifier: Apache-2.0
// Plain tar archives: found without unpacking, and written the same way for the same files.
#pragma once

#include "base/files.h"
#include "base/result.h"

#include <map>
#include <string>

namespace floe {

/// File name → where its bytes are in the archive. "./a/b" and "a/b" are the same name.
using TarIndex = std::map<std::string, FileRange, std::less<>>;

/// Reads the headers of a tar file (ustar, GNU and pax long names). Names that lead out, links,
/// devices, names that stand twice, more than a million entries, and archives that end too early
/// are refused (kSecurity and kEnvironment).
Result<TarIndex> read_tar_index(const fs::path& file);

/// Packs the regular files below `folder`, sorted by name, without owners, times and modes.
/// `file` is replaced when the archive is whole.
Status write_tar(const fs::path& folder, const fs::path& file);

}  // namespace floe
