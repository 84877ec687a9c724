// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

/// mimalloc takes memory that was reserved elsewhere; absent where it is not linked (sanitizers).
extern "C" __attribute__((weak)) bool mi_manage_os_memory(void* start, std::size_t size,
                                                          bool is_committed, bool is_large,
                                                          bool is_zero, int numa_node) noexcept;

namespace floe {

namespace {

constexpr std::size_t kAlignment = std::size_t{64} << 20;
constexpr std::size_t kReserved = std::size_t{256} << 20;

/// Address space only: it is memory once it is written to.
void reserve() {
  void* const mapped = ::mmap(nullptr, kReserved + kAlignment, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return;
  const auto begin = reinterpret_cast<std::uintptr_t>(mapped);
  const std::uintptr_t aligned = (begin + kAlignment - 1) / kAlignment * kAlignment;
  void* const start = reinterpret_cast<void*>(aligned);
  if (::madvise(start, kReserved, MADV_HUGEPAGE) != 0 ||
      !mi_manage_os_memory(start, kReserved, true, false, true, -1)) {
    ::munmap(mapped, kReserved + kAlignment);
  }
}

/// The segment that mimalloc is filling now: 32 MiB, aligned to their size.
void advise_current() {
  constexpr std::size_t kSegment = std::size_t{32} << 20;
  const auto probe = std::make_unique<char>();
  const auto begin = reinterpret_cast<std::uintptr_t>(probe.get()) / kSegment * kSegment;
  // Where this guesses wrong, it is advice about memory that is not there.
  static_cast<void>(::madvise(reinterpret_cast<void*>(begin), kSegment, MADV_HUGEPAGE));
}

}  // namespace

void prefer_huge_pages() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (mi_manage_os_memory == nullptr) return;
    reserve();
    advise_current();
  });
}

}  // namespace floe
