// SPDX-License-Identifier: Apache-2.0
// How memory comes from the system.
#pragma once

namespace floe {

/// Tells the kernel that this process is about to fill much memory, so that it may hand it out in
/// pages of 2 MiB instead of 4 KiB (transparent huge pages): a large part of the time of a short
/// process goes into page faults. Advice only: without mimalloc, or where the system does not
/// offer such pages, nothing changes. Once per process; later calls do nothing.
void prefer_huge_pages();

}  // namespace floe
