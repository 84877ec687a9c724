// SPDX-License-Identifier: Apache-2.0
// An OCI image layout in one tar file, for carrying versions to where no network leads.
#pragma once

#include "core/oci/registry.h"

#include <memory>

namespace floe::oci {

/// Opens the archive of a file: reference (relative to `base`) for reading. Nothing is unpacked:
/// the blobs are read where they stand in the file. Writing is refused (kUsage); an archive is a
/// layout folder that write_tar (base/tar.h) has packed.
Result<std::unique_ptr<Registry>> open_archive(const Reference& reference, const fs::path& base,
                                               Access access);

}  // namespace floe::oci
