// SPDX-License-Identifier: Apache-2.0
// Blobs to and from a network registry, taken up again where a connection broke.
#pragma once

#include "core/oci/registry.h"
#include "core/oci/session.h"

namespace floe::oci {

/// Fetches a blob; `name` is the repository's, for messages. After a broken connection it goes on
/// where it was if the registry serves ranges, else from the beginning.
Status download_blob(Session& session, const std::string& name, const Descriptor& descriptor,
                     const BlobTarget& target);

/// Whether the registry has the blob.
Result<bool> has_blob(Session& session, const std::string& name, const BlobSource& blob);

/// Stores a blob unless it is there; with `is_missing` it is not asked for first. Large ones go in
/// pieces (PATCH), and after a broken connection the registry is asked how far it got.
Status upload_blob(Session& session, const std::string& name, const BlobSource& blob,
                   bool is_missing);

}  // namespace floe::oci
