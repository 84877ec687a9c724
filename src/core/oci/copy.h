// SPDX-License-Identifier: Apache-2.0
// Moves an artifact from one repository to another, byte for byte.
#pragma once

#include "core/oci/registry.h"

#include <string>
#include <vector>

namespace floe::oci {

/// Copies a manifest with its blobs and everything that refers to it: signatures and attestations,
/// whether they are referrers or, as cosign's first format has them, tags made of the digest. The
/// tag is the caller's to set, last. Constant memory: large blobs go through a temporary file
/// unless one side is a folder.
Status copy_artifact(Registry& from, Registry& to, const std::string& digest);

/// The tags under which cosign's first format keeps what belongs to an artifact: "sha256-….sig",
/// ".att" and ".sbom".
std::vector<std::string> companion_tags(std::string_view digest);

}  // namespace floe::oci
