// SPDX-License-Identifier: Apache-2.0
// Ctrl-C: the first one asks for an orderly end, the second one ends the process at once.
#pragma once

#include <atomic>

namespace floe {

/// While it lives, SIGINT and SIGTERM set a flag instead of ending the process; a second signal
/// ends it at once with exit code 130, after making the cursor of the terminal visible again. One
/// at a time.
class Cancellation {
 public:
  Cancellation();
  Cancellation(const Cancellation&) = delete;
  Cancellation& operator=(const Cancellation&) = delete;
  ~Cancellation();

  /// True once a signal came. Long work looks at it now and then.
  std::atomic<bool>& flag();
};

}  // namespace floe
