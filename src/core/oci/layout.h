// SPDX-License-Identifier: Apache-2.0
// The OCI image layout folder (image-spec 1.1 §"OCI Image Layout") as a registry: floe's embedded
// default, which needs no server and which skopeo and oras read and write, too.
#pragma once

#include "core/oci/registry.h"

#include <memory>

namespace floe::oci {

/// Opens the layout of `reference`, a folder relative to `base`. Reads are safe beside any number
/// of writers; writers wait for each other, and one that is killed leaves the old state or the new
/// one. kPublish creates the layout if the folder is missing or empty.
Result<std::unique_ptr<Registry>> open_layout(const Reference& reference, const fs::path& base,
                                              Access access);

/// The file of a blob below a layout's or the cache's root.
fs::path blob_path(const fs::path& root, const std::string& digest);

/// Reads a blob file and checks size (if given), digest and that it is a plain file.
Result<std::string> read_blob(const fs::path& root, const std::string& digest,
                              std::optional<std::uint64_t> size, std::uint64_t limit);

/// Stores a blob file unless it is there and whole.
Status write_blob(const fs::path& root, std::string_view bytes);

}  // namespace floe::oci
