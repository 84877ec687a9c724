// SPDX-License-Identifier: Apache-2.0
#include "base/watch.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace floe {

namespace {

constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                                  IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_ONLYDIR;
constexpr int kWatchStep = 100;  // milliseconds

bool add_folder(int fd, const fs::path& folder) {
  // A folder that has gone meanwhile is one that need not be watched.
  return ::inotify_add_watch(fd, folder.c_str(), kEvents) >= 0 || errno == ENOENT ||
         errno == ENOTDIR;
}

/// Reads the events that are there; whether one is of a name that counts.
bool read_events(int fd, const std::vector<std::string>& ignored) {
  alignas(inotify_event) std::array<char, 16384> buffer;
  const ssize_t size = ::read(fd, buffer.data(), buffer.size());
  bool counts = false;
  for (ssize_t at = 0; at < size;) {
    const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
    const std::string_view name = event->len > 0 ? event->name : "";
    counts = counts || std::find(ignored.begin(), ignored.end(), name) == ignored.end();
    at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
  }
  return counts;
}

bool is_ready(int fd, int milliseconds) {
  pollfd entry{fd, POLLIN, 0};
  return ::poll(&entry, 1, milliseconds) > 0;
}

}  // namespace

Result<FolderWatch> FolderWatch::start(const fs::path& root,
                                       const std::vector<std::string>& skipped) {
  FolderWatch watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  const auto failure = [&] {
    const int error = errno;
    return fail(ErrorKind::kEnvironment,
                fmt::format("cannot watch {}: {}", root.string(), std::strerror(error)),
                error == ENOSPC ? "raise fs.inotify.max_user_watches" : "");
  };
  if (watch.fd_ < 0 || !add_folder(watch.fd_, root)) return failure();
  std::error_code error;
  for (fs::recursive_directory_iterator it(root, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code ignored;
    if (!it->is_directory(ignored)) continue;
    const std::string name = it->path().filename().string();
    if (it.depth() == 0 && std::find(skipped.begin(), skipped.end(), name) != skipped.end()) {
      it.disable_recursion_pending();
    } else if (!add_folder(watch.fd_, it->path())) {
      return failure();
    }
  }
  return watch;
}

FolderWatch::~FolderWatch() {
  if (fd_ >= 0) ::close(fd_);
}

bool FolderWatch::wait(const std::atomic<bool>& cancel, const std::vector<std::string>& ignored,
                       std::chrono::milliseconds quiet) const {
  bool changed = false;
  while (!changed) {
    if (cancel) return false;
    if (is_ready(fd_, kWatchStep)) changed = read_events(fd_, ignored);
  }
  while (!cancel && is_ready(fd_, static_cast<int>(quiet.count()))) read_events(fd_, ignored);
  return !cancel;
}

}  // namespace floe
