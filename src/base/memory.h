// SPDX-License-Identifier: Apache-2.0
// How memory comes from the system.
#pragma once

#include <sys/resource.h>

namespace floe {

/// Tells the kernel that this process is about to fill much memory, so that it may hand it out in
/// pages of 2 MiB instead of 4 KiB (transparent huge pages): a large part of the time of a short
/// process goes into page faults. Advice only: without mimalloc, or where the system does not
/// offer such pages, nothing changes. Once per process; later calls do nothing.
void prefer_huge_pages();

/// While it lives the process as a whole may grow by so many MiB only; an allocation beyond fails
/// (std::bad_alloc). DuckDB's own limit does not count long strings and lists. No limit under a
/// sanitizer, nor where the system has a lower one already.
class MemoryCap {
 public:
  explicit MemoryCap(int megabytes);
  MemoryCap(const MemoryCap&) = delete;
  MemoryCap& operator=(const MemoryCap&) = delete;
  ~MemoryCap();

 private:
  rlimit before_{};
  bool set_ = false;
};

}  // namespace floe
