// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>

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

/// The bytes of data that the process has mapped (proc_pid_statm(5), sixth number).
[[maybe_unused]] std::optional<rlim_t> mapped_data() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return std::nullopt;
  unsigned long data = 0;
  const int read = std::fscanf(file, "%*u %*u %*u %*u %*u %lu", &data);
  std::fclose(file);
  if (read != 1) return std::nullopt;
  return static_cast<rlim_t>(data) * static_cast<rlim_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

MemoryCap::MemoryCap([[maybe_unused]] int megabytes) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  const auto mapped = mapped_data();
  if (!mapped || getrlimit(RLIMIT_DATA, &before_) != 0) return;
  rlimit capped = before_;
  capped.rlim_cur = *mapped + (static_cast<rlim_t>(megabytes) << 20);
  if (before_.rlim_cur != RLIM_INFINITY && before_.rlim_cur < capped.rlim_cur) return;
  set_ = setrlimit(RLIMIT_DATA, &capped) == 0;
#endif
}

MemoryCap::~MemoryCap() {
  if (set_) setrlimit(RLIMIT_DATA, &before_);
}

void prefer_huge_pages() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (mi_manage_os_memory == nullptr) return;
    reserve();
    advise_current();
  });
}

}  // namespace floe
