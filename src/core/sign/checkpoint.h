// SPDX-License-Identifier: Apache-2.0
// Checkpoints: a log's signed statement of its size and root hash, as a signed note.
#pragma once

#include "base/result.h"
#include "core/sign/keys.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace floe::sign {

struct Checkpoint {
  std::string origin;
  std::int64_t size = 0;
  std::string root;  // raw bytes
};

/// Reads a signed note and checks that the key signed it under the name of its origin (C2SP
/// tlog-checkpoint, with Rekor's way to name keys: by the first bytes of the log's ID). Signatures
/// of others, such as witnesses, are allowed. kSecurity.
Result<Checkpoint> read_checkpoint(std::string_view note, const PublicKey& key);

}  // namespace floe::sign
