// SPDX-License-Identifier: Apache-2.0
#include "base/files.h"

#include "base/pieces.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <thread>
#include <utility>

namespace floe {

namespace {

/// Closes a file descriptor at the end of its scope.
struct Descriptor {
  int fd = -1;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

tl::unexpected<Error> file_failure(std::string_view doing, const fs::path& path, int error) {
  std::string hint;
  if (error == EACCES || error == EPERM) hint = "check the permissions of the path";
  if (error == EROFS) hint = "the file system is read-only: choose another folder";
  if (error == ENOSPC || error == EDQUOT) hint = "free some disk space, then run the command again";
  return fail(ErrorKind::kEnvironment,
              fmt::format("cannot {} {}: {}", doing, path.string(), std::strerror(error)), hint);
}

Status write_all(int fd, std::string_view content, const fs::path& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return file_failure("write", path, errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

/// Gives a file that was written its permissions and closes it, whatever went wrong before.
Status finish(int& fd, const fs::path& path, bool durable, Status status) {
  if (status && ::fchmod(fd, 0644) != 0) status = file_failure("write", path, errno);
  if (status && durable && ::fsync(fd) != 0) status = file_failure("write", path, errno);
  const bool closed = ::close(std::exchange(fd, -1)) == 0;
  if (status && !closed) status = file_failure("write", path, errno);
  return status;
}

Status replace_file(const fs::path& path, Pieces pieces, bool durable) {
  OutputFile file(path);
  for (const std::string_view piece : pieces) file.write(piece);
  return file.commit(durable);
}

}  // namespace

void sync_folder(const fs::path& folder) {
  const Descriptor file{
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (file.fd >= 0) ::fsync(file.fd);
}

OutputFile::OutputFile(fs::path path)
    : path_(std::move(path)), temporary_(path_.string() + ".XXXXXX") {
  if (path_.has_parent_path()) status_ = make_directories(path_.parent_path());
  if (!status_) return;
  fd_ = ::mkstemp(temporary_.data());
  if (fd_ < 0) status_ = file_failure("write", path_, errno);
}

OutputFile::~OutputFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

void OutputFile::write(std::string_view bytes) {
  if (status_) status_ = write_all(fd_, bytes, path_);
}

Status OutputFile::commit(bool durable) {
  if (fd_ < 0) return status_;
  status_ = finish(fd_, path_, durable, std::move(status_));
  if (status_ && ::rename(temporary_.c_str(), path_.c_str()) != 0) {
    status_ = file_failure("write", path_, errno);
  }
  if (!status_) ::unlink(temporary_.c_str());
  if (status_ && durable) sync_folder(path_.parent_path());
  return status_;
}

Result<std::string> read_file(const fs::path& path, std::uintmax_t limit) {
  Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0) return file_failure("read", path, errno);
  struct stat info{};
  if (::fstat(file.fd, &info) != 0) return file_failure("read", path, errno);
  if (S_ISDIR(info.st_mode)) return file_failure("read", path, EISDIR);
  if (!S_ISREG(info.st_mode)) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("cannot read {}: not a regular file", path.string()));
  }
  if (static_cast<std::uintmax_t>(info.st_size) > limit) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("cannot read {}: {} MB is more than the limit of {} MB", path.string(),
                            static_cast<std::uintmax_t>(info.st_size) >> 20, limit >> 20));
  }
  std::string content(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t have = 0;
  while (have < content.size()) {
    const ssize_t got = ::read(file.fd, content.data() + have, content.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_failure("read", path, errno);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  content.resize(have);
  return content;
}

namespace {

constexpr std::size_t kPiece = 128 << 10;

/// At most `size` bytes from `offset` on; fewer only at the file's end.
Status read_some(int fd, const fs::path& path, std::uint64_t offset, std::size_t size,
                 std::string& piece) {
  piece.resize(size);
  while (true) {
    const ssize_t got = ::pread(fd, piece.data(), size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_failure("read", path, errno);
    piece.resize(static_cast<std::size_t>(got));
    return {};
  }
}

}  // namespace

Status read_pieces(const fs::path& path, const std::function<Status(std::string_view)>& take) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat info{};
  if (file.fd < 0 || ::fstat(file.fd, &info) != 0) return file_failure("read", path, errno);
  if (!S_ISREG(info.st_mode)) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("cannot read {}: not a regular file", path.string()));
  }
  std::string piece;
  for (std::uint64_t at = 0;; at += piece.size()) {
    FLOE_CHECK(read_some(file.fd, path, at, kPiece, piece));
    if (piece.empty()) return {};
    FLOE_CHECK(take(piece));
  }
}

Status read_pieces(const FileRange& range, const std::function<Status(std::string_view)>& take) {
  const Descriptor file{::open(range.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  if (file.fd < 0) return file_failure("read", range.path, errno);
  std::string piece;
  for (std::uint64_t at = 0; at < range.size; at += piece.size()) {
    const std::size_t wanted = std::min<std::uint64_t>(kPiece, range.size - at);
    FLOE_CHECK(read_some(file.fd, range.path, range.offset + at, wanted, piece));
    if (piece.empty()) {
      return fail(ErrorKind::kEnvironment,
                  fmt::format("cannot read {}: it is shorter than it was", range.path.string()));
    }
    FLOE_CHECK(take(piece));
  }
  return {};
}

Result<TemporaryFolder> TemporaryFolder::make(std::string_view prefix, fs::path parent) {
  std::error_code error;
  if (parent.empty()) parent = fs::temp_directory_path(error);
  if (!error) FLOE_CHECK(make_directories(parent));
  std::string name = (parent / (std::string(prefix) + "XXXXXX")).string();
  if (error || ::mkdtemp(name.data()) == nullptr) {
    return fail(
        ErrorKind::kEnvironment,
        fmt::format("cannot make a temporary folder{}: {}", error ? "" : " in " + parent.string(),
                    error ? error.message() : std::strerror(errno)),
        "check the permissions there, and the space");
  }
  fs::path path = fs::canonical(name, error);
  if (error) return fail(ErrorKind::kEnvironment, fmt::format("cannot use {}", name));
  return TemporaryFolder(std::move(path));
}

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept
    : path_(std::exchange(other.path_, fs::path())) {}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

Status write_file(const fs::path& path, std::string_view content) {
  return replace_file(path, Pieces(&content, 1), true);
}

Status write_output(const fs::path& path, std::string_view content) {
  return replace_file(path, Pieces(&content, 1), false);
}

Status write_scratch(const fs::path& path, std::string_view content) {
  const auto create = [&] {
    return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  };
  Descriptor file{create()};
  if (file.fd < 0 && errno == ENOENT) {
    FLOE_CHECK(make_directories(path.parent_path()));
    file.fd = create();
  }
  if (file.fd < 0 && errno == EEXIST) return write_output(path, content);
  if (file.fd < 0) return file_failure("write", path, errno);
  const Status status = finish(file.fd, path, false, write_all(file.fd, content, path));
  if (!status) ::unlink(path.c_str());
  return status;
}

Status write_output(const fs::path& path, Pieces pieces) {
  return replace_file(path, pieces, false);
}

Status make_directories(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  std::error_code unreadable;
  if (error && !fs::is_directory(path, unreadable))
    return file_failure("create folder", path, error.value());
  return {};
}

Result<std::vector<std::string>> list_files(const fs::path& root) {
  std::vector<std::string> files;
  std::set<std::pair<dev_t, ino_t>> seen;
  std::vector<std::string> folders{""};
  while (!folders.empty()) {
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    const fs::path full = root / folder;
    struct stat info{};
    if (::stat(full.c_str(), &info) != 0) {
      if (errno == ENOENT && folder.empty()) return files;
      return file_failure("list", full, errno);
    }
    if (!seen.emplace(info.st_dev, info.st_ino).second) continue;
    std::error_code error;
    for (fs::directory_iterator it(full, error), end; !error && it != end; it.increment(error)) {
      std::string name = folder.empty() ? it->path().filename().string()
                                        : folder + "/" + it->path().filename().string();
      std::error_code type_error;
      if (it->is_directory(type_error)) {
        if (!it->is_symlink(type_error)) folders.push_back(std::move(name));
      } else if (it->is_regular_file(type_error)) files.push_back(std::move(name));
    }
    if (error) return file_failure("list", full, error.value());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Status remove_all(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return file_failure("remove", path, error.value());
  return {};
}

Result<FileLock> FileLock::acquire(const fs::path& path) {
  if (path.has_parent_path()) FLOE_CHECK(make_directories(path.parent_path()));
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return file_failure("lock", path, errno);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    ::close(fd);
    if (error != EWOULDBLOCK) return file_failure("lock", path, error);
    return fail(ErrorKind::kEnvironment,
                fmt::format("another floe process holds the lock {}", path.string()),
                "wait until it has finished, then run the command again");
  }
  return FileLock(fd);
}

Result<FileLock> FileLock::wait(const fs::path& path, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  if (path.has_parent_path()) FLOE_CHECK(make_directories(path.parent_path()));
  Descriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)};
  if (file.fd < 0) return file_failure("lock", path, errno);
  while (::flock(file.fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return file_failure("lock", path, errno);
    if (std::chrono::steady_clock::now() >= deadline) {
      return fail(ErrorKind::kEnvironment,
                  fmt::format("another floe process holds the lock {}", path.string()),
                  "wait until it has finished, then run the command again");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return FileLock(std::exchange(file.fd, -1));
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace floe
