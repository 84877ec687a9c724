// SPDX-License-Identifier: Apache-2.0
// Waits for files below a folder to change.
#pragma once

#include "base/files.h"
#include "base/result.h"

#include <atomic>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace floe {

class FolderWatch {
 public:
  /// Sees everything that happens from now on in `root` and the folders below it that are there
  /// now, but not in folders directly in `root` with one of the names in `skipped`.
  static Result<FolderWatch> start(const fs::path& root, const std::vector<std::string>& skipped);

  FolderWatch(FolderWatch&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FolderWatch& operator=(FolderWatch&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FolderWatch();

  /// Waits until a file whose name is not in `ignored` has changed, and then until nothing has for
  /// a moment: editors write in several steps. False if `cancel` was set first.
  bool wait(const std::atomic<bool>& cancel, const std::vector<std::string>& ignored,
            std::chrono::milliseconds quiet = std::chrono::milliseconds(50)) const;

 private:
  explicit FolderWatch(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace floe
