// SPDX-License-Identifier: Apache-2.0
#include "cli/dbt/written_file.h"

#include "base/hash.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <limits>

namespace floe::cli {

namespace {

/// A file that is open, with what the system knows of it.
class OpenArtifact {
 public:
  OpenArtifact(const fs::path& path, int access)
      : fd_(::open(path.c_str(), access | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) {
    if (fd_ >= 0 && (::fstat(fd_, &info_) != 0 || !S_ISREG(info_.st_mode))) {
      ::close(fd_);
      fd_ = -1;
    }
  }
  OpenArtifact(const OpenArtifact&) = delete;
  OpenArtifact& operator=(const OpenArtifact&) = delete;
  ~OpenArtifact() {
    if (fd_ >= 0) ::close(fd_);
  }

  /// Whether the rest of the file is what was written.
  bool matches(const WrittenFile& written) const {
    if (fd_ < 0 || written.head > written.size ||
        static_cast<std::uint64_t>(info_.st_size) != written.size) {
      return false;
    }
    Xxh128 digest;
    std::array<char, std::size_t{1} << 16> buffer;  // fits a core's cache
    std::uint64_t at = written.head;
    while (at < written.size) {
      const ssize_t got = ::pread(fd_, buffer.data(), buffer.size(), static_cast<off_t>(at));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      digest.add({buffer.data(), static_cast<std::size_t>(got)});
      at += static_cast<std::uint64_t>(got);
    }
    return at == written.size && digest.hex() == written.digest;
  }

  bool has_one_name() const { return info_.st_nlink == 1; }

  /// One write of the first bytes: a reader sees the old ones or the new ones.
  bool write_head(std::string_view head) const {
    return ::pwrite(fd_, head.data(), head.size(), 0) == static_cast<ssize_t>(head.size());
  }

 private:
  int fd_;
  struct stat info_{};
};

}  // namespace

std::optional<std::string> read_written(const fs::path& path, const WrittenFile& written) {
  Result<std::string> text = read_file(path, std::numeric_limits<std::int64_t>::max());
  if (!text || text->size() != written.size || written.head > text->size()) return std::nullopt;
  if (xxh128_hex(std::string_view(*text).substr(written.head)) != written.digest) {
    return std::nullopt;
  }
  return std::move(*text);
}

bool is_as_written(const fs::path& path, const WrittenFile& written) {
  return OpenArtifact(path, O_RDONLY).matches(written);
}

bool replace_head(const fs::path& path, const WrittenFile& written, std::string_view head) {
  if (head.size() != written.head) return false;
  const OpenArtifact file(path, O_RDWR);
  return file.matches(written) && file.has_one_name() && file.write_head(head);
}

}  // namespace floe::cli
