// SPDX-License-Identifier: Apache-2.0
// Writes changes into a data product: all of them, or none.
#pragma once

#include "base/result.h"
#include "cli/fix/session.h"

#include <string>
#include <vector>

namespace floe::cli {

/// Writes what the session changed, compiles the product once more, and puts everything back if
/// anything goes wrong, or comes out worse than it was. kUsage if files have uncommitted changes
/// and `allow_dirty` is not set; kEnvironment if a file changed meanwhile or cannot be written;
/// kViolation if the compile is worse.
Status write_changes(const ChangeSession& session, bool allow_dirty);

}  // namespace floe::cli
