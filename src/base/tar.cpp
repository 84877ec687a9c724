// SPDX-License-Identifier: Apache-2.0
#include "base/tar.h"

#include "base/tar_header.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace floe {

namespace {

constexpr std::size_t kMaxTarEntries = 1'000'000;

class TarFile {
 public:
  explicit TarFile(const fs::path& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  TarFile(const TarFile&) = delete;
  TarFile& operator=(const TarFile&) = delete;
  ~TarFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  bool is_open() const { return fd_ >= 0; }
  /// Whether `size` bytes could be read at `offset`.
  bool read(std::uint64_t offset, char* out, std::size_t size) const {
    while (size > 0) {
      const ssize_t got = ::pread(fd_, out, size, static_cast<off_t>(offset));
      if (got <= 0) return false;
      out += got;
      offset += static_cast<std::uint64_t>(got);
      size -= static_cast<std::size_t>(got);
    }
    return true;
  }

 private:
  int fd_;
};

std::uint64_t tar_padded(std::uint64_t size) {
  return (size + kTarBlock - 1) / kTarBlock * kTarBlock;
}

tl::unexpected<Error> broken_tar(const fs::path& file, std::string_view why) {
  return fail(ErrorKind::kEnvironment, fmt::format("{} is broken: {}", file.string(), why),
              "copy it again from where it was made");
}

tl::unexpected<Error> hostile_tar(const fs::path& file, std::string_view why) {
  return fail(ErrorKind::kSecurity, fmt::format("{} is refused: {}", file.string(), why),
              "it was not made by floe: ask where it comes from");
}

std::array<char, kTarBlock> tar_header_of(const std::string& name, std::uint64_t size) {
  std::array<char, kTarBlock> block{};
  const auto put = [&](std::size_t at, const std::string& text) {
    std::memcpy(&block[at], text.data(), text.size());
  };
  put(0, name);
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, fmt::format("{:011o}", size));
  put(136, "00000000000");
  block[156] = '0';
  put(257, "ustar");
  put(263, "00");
  unsigned sum = 8 * ' ';
  for (const char c : block) sum += static_cast<unsigned char>(c);
  put(148, fmt::format("{:06o}", sum));
  block[155] = ' ';
  return block;
}

}  // namespace

Result<TarIndex> read_tar_index(const fs::path& file) {
  std::error_code error;
  const std::uintmax_t whole = fs::file_size(file, error);
  const TarFile tar(file);
  if (error || !tar.is_open() || !fs::is_regular_file(file, error)) {
    return fail(ErrorKind::kEnvironment, fmt::format("there is no file {}", file.string()),
                "check the path");
  }
  TarIndex out;
  TarLongNames names;
  for (std::uint64_t at = 0; at + kTarBlock <= whole;) {
    std::array<char, kTarBlock> block{};
    if (!tar.read(at, block.data(), block.size())) return broken_tar(file, "it cannot be read");
    at += kTarBlock;
    if (std::all_of(block.begin(), block.end(), [](char c) { return c == '\0'; })) return out;
    auto entry = read_tar_header(block);
    if (!entry) return broken_tar(file, "a header's checksum is wrong, or it is no tar file");
    if (entry->size > whole - at) return broken_tar(file, "it ends too early");
    if (entry->is_long_name()) {
      if (entry->size > kMaxTarName) return hostile_tar(file, "a name is too long");
      std::string data(entry->size, '\0');
      if (!tar.read(at, data.data(), data.size())) return broken_tar(file, "it cannot be read");
      names.add(*entry, data);
    } else {
      names.apply(*entry);
      const auto name = safe_tar_name(entry->name);
      if (!name) return hostile_tar(file, "a name in it leads out of the folder");
      if (entry->type != '0' && entry->type != '7' && entry->type != '5') {
        return hostile_tar(file, "it holds something that is neither file nor folder");
      }
      if (entry->type != '5' && !out.emplace(*name, FileRange{file, at, entry->size}).second) {
        return hostile_tar(file, fmt::format("'{}' is in it twice", *name));
      }
    }
    if (out.size() > kMaxTarEntries) return hostile_tar(file, "it has too many entries");
    at += tar_padded(entry->size);
  }
  return broken_tar(file, "it ends too early");
}

Status write_tar(const fs::path& folder, const fs::path& file) {
  OutputFile out(file);
  for (const std::string& name : FLOE_TRY(list_files(folder))) {
    if (name.size() > 100) {
      return fail(ErrorKind::kEnvironment, fmt::format("the name {} is too long for tar", name));
    }
    std::error_code error;
    const fs::path path = folder / name;
    const std::uintmax_t size = fs::file_size(path, error);
    if (error) {
      return fail(ErrorKind::kEnvironment,
                  fmt::format("cannot read {}: {}", path.string(), error.message()));
    }
    const auto header = tar_header_of(name, size);
    out.write({header.data(), header.size()});
    FLOE_CHECK(read_pieces(FileRange{path, 0, size}, [&](std::string_view piece) -> Status {
      out.write(piece);
      return {};
    }));
    out.write(std::string(tar_padded(size) - size, '\0'));
  }
  out.write(std::string(2 * kTarBlock, '\0'));
  return out.commit(true);
}

}  // namespace floe
