// SPDX-License-Identifier: Apache-2.0
// Reading, atomic writing and listing of files; every failure says the path and the reason.
#pragma once

#include "base/result.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace floe {

namespace fs = std::filesystem;

/// A part of a file.
struct FileRange {
  fs::path path;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

/// The largest file floe reads as configuration or code: 64 MiB.
inline constexpr std::uintmax_t kMaxTextFile = 64ull << 20;

/// The whole content of a regular file. Fails (kEnvironment) if it is missing, unreadable, no
/// regular file, or larger than `limit` bytes.
Result<std::string> read_file(const fs::path& path, std::uintmax_t limit = kMaxTextFile);

/// Gives the content of a regular file piece by piece, until `take` fails.
Status read_pieces(const fs::path& path, const std::function<Status(std::string_view)>& take);

/// The same for a part of a file, which must not be reached through a link; kEnvironment if the
/// file ends before its part does.
Status read_pieces(const FileRange& range, const std::function<Status(std::string_view)>& take);

/// Replaces `path` by a file with this content: temporary file beside it, fsync, rename. The old
/// content stays whole if anything fails. Creates parent folders.
Status write_file(const fs::path& path, std::string_view content);

/// The same without fsync: for outputs that can be made again (target/).
Status write_output(const fs::path& path, std::string_view content);

/// The same for a content that comes bit by bit. Nothing is replaced before commit(); without it
/// nothing is left.
class OutputFile {
 public:
  explicit OutputFile(fs::path path);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();
  /// What goes wrong is told by commit().
  void write(std::string_view bytes);
  /// `durable`: it survives a power cut.
  Status commit(bool durable = false);

 private:
  fs::path path_;
  std::string temporary_;
  int fd_ = -1;
  Status status_;
};

/// Writes one of many small files that nobody reads before the work is done. A new one is written
/// in place, at half the cost, and so can be cut short by a crash; a file that is there is
/// replaced.
Status write_scratch(const fs::path& path, std::string_view content);

Status make_directories(const fs::path& path);

/// All regular files below `root`, as paths relative to `root` with '/' separators, sorted by
/// bytes. Links to files count as files, links to folders lead nowhere. Missing root: empty.
Result<std::vector<std::string>> list_files(const fs::path& root);

/// Makes what was renamed, made or removed in the folder last through a power cut, where the file
/// system can.
void sync_folder(const fs::path& folder);

/// Removes a file or a whole folder; missing is fine.
Status remove_all(const fs::path& path);

/// A new folder that is gone, with all that is in it, when the object is.
class TemporaryFolder {
 public:
  /// `parent`/`prefix`XXXXXX, readable by nobody else; below the system's folder for such files if
  /// `parent` is empty.
  static Result<TemporaryFolder> make(std::string_view prefix, fs::path parent = {});
  TemporaryFolder(TemporaryFolder&& other) noexcept;
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();
  const fs::path& path() const { return path_; }  // canonical

 private:
  explicit TemporaryFolder(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

/// An exclusive advisory lock on a file, held while the object lives (flock). kEnvironment if
/// another process holds it.
class FileLock {
 public:
  static Result<FileLock> acquire(const fs::path& path);
  /// The same, but waits up to `patience` for the other process to finish.
  static Result<FileLock> wait(const fs::path& path, std::chrono::milliseconds patience);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace floe
