// SPDX-License-Identifier: Apache-2.0
#include "base/archive.h"

#include "base/tar_header.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <vector>

namespace floe {

namespace {

/// gzip data, decompressed in pieces.
class GzipReader {
 public:
  explicit GzipReader(std::string_view bytes) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    good_ = ::inflateInit2(&stream_, 16 + MAX_WBITS) == Z_OK;
  }
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;
  ~GzipReader() { ::inflateEnd(&stream_); }

  /// Exactly `size` bytes; false at the end or when the data is broken (good() tells which).
  bool read(char* out, std::size_t size) {
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(size);
    while (good_ && stream_.avail_out > 0) {
      const int code = ::inflate(&stream_, Z_NO_FLUSH);
      if (code == Z_STREAM_END) break;
      if (code != Z_OK) good_ = false;
    }
    return good_ && stream_.avail_out == 0;
  }
  bool good() const { return good_; }

 private:
  z_stream stream_{};
  bool good_ = false;
};

tl::unexpected<Error> refuse_archive(const std::string& name, std::string_view why) {
  return fail(ErrorKind::kSecurity, fmt::format("the archive is refused: '{}' {}", name, why),
              "tell its publisher; nothing of it was kept");
}

tl::unexpected<Error> broken_archive(std::string_view why) {
  return fail(ErrorKind::kEnvironment, fmt::format("the archive is broken: {}", why),
              "download it again");
}

class TarUnpacker {
 public:
  TarUnpacker(std::string_view bytes, fs::path folder, const ArchiveLimits& limits)
      : gzip_(bytes), folder_(std::move(folder)), limits_(limits) {}

  Status unpack() {
    FLOE_CHECK(make_directories(folder_));
    for (std::size_t count = 0;; ++count) {
      if (count > limits_.max_entries) return refuse_archive("it", "has too many entries");
      TarEntry entry;
      if (!FLOE_TRY(next_entry(entry))) break;
      FLOE_CHECK(write_entry(entry));
    }
    return make_links();
  }

 private:
  /// Reads headers up to one of a file, folder or link. False at the end.
  Result<bool> next_entry(TarEntry& entry) {
    TarLongNames names;
    while (true) {
      std::array<char, kTarBlock> block{};
      if (!gzip_.read(block.data(), block.size())) {
        if (gzip_.good() && any_) return false;
        return broken_archive("it ends too early, or is no tar.gz");
      }
      if (std::all_of(block.begin(), block.end(), [](char c) { return c == '\0'; })) return false;
      const auto header = read_tar_header(block);
      if (!header) return broken_archive("a header's checksum is wrong");
      entry = *header;
      any_ = true;
      if (!entry.is_long_name()) {
        names.apply(entry);
        return true;
      }
      names.add(entry, FLOE_TRY(read_data(entry, entry.max_size())));
    }
  }

  Result<std::string> read_data(const TarEntry& entry, std::uint64_t limit) {
    if (entry.size > limit || written_ + entry.size > limits_.max_bytes) {
      return refuse_archive(entry.name, "makes it larger than is allowed");
    }
    written_ += entry.size;
    const std::size_t padded = (entry.size + kTarBlock - 1) / kTarBlock * kTarBlock;
    std::string data(padded, '\0');
    if (padded > 0 && !gzip_.read(data.data(), padded)) return broken_archive("it ends too early");
    data.resize(entry.size);
    return data;
  }

  Status write_entry(const TarEntry& entry) {
    const std::optional<std::string> name = safe_tar_name(entry.name);
    if (!name) return refuse_archive(entry.name, "leads out of the folder");
    if (entry.type == '5') return name->empty() ? Status() : make_directories(folder_ / *name);
    if (entry.type == '1' || entry.type == '2') {
      // Links are made when all files are written, so that nothing is written through one.
      if (entry.link.starts_with('/')) return refuse_archive(entry.name, "links to an outer file");
      links_[*name] = entry.type == '2' ? entry.link : "";
      if (entry.type == '1') hard_links_[*name] = entry.link;
      return {};
    }
    if (entry.type != '0' && entry.type != '7') {
      return refuse_archive(entry.name, "is neither file nor folder");
    }
    if (name->empty()) return broken_archive("a file has no name");
    const std::string data = FLOE_TRY(read_data(entry, limits_.max_bytes));
    const fs::path path = folder_ / *name;
    FLOE_CHECK(write_output(path, data));
    if ((entry.mode & 0100) != 0) {
      std::error_code ignored;
      fs::permissions(path, fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec,
                      fs::perm_options::add, ignored);
    }
    return {};
  }

  bool is_below_link(std::string_view name) const {
    for (std::size_t at = name.find('/'); at != std::string_view::npos;
         at = name.find('/', at + 1)) {
      if (links_.contains(std::string(name.substr(0, at)))) return true;
    }
    return false;
  }

  Status make_links() {
    std::error_code code;
    const fs::path root = fs::canonical(folder_, code);
    for (const auto& [name, target] : links_) {
      const fs::path path = folder_ / name;
      if (is_below_link(name)) return refuse_archive(name, "lies behind a link");
      if (name.empty() || fs::exists(fs::symlink_status(path, code))) {
        return refuse_archive(name, "is there twice");
      }
      FLOE_CHECK(make_directories(path.parent_path()));
      if (target.empty()) {
        const std::optional<std::string> source = safe_tar_name(hard_links_[name]);
        if (!source) return refuse_archive(name, "links to an outer file");
        const std::string data = FLOE_TRY(read_file(folder_ / *source));
        FLOE_CHECK(write_output(path, data));
        continue;
      }
      fs::create_symlink(target, path, code);
      if (code) return broken_archive(fmt::format("'{}' cannot be linked", name));
    }
    for (const auto& [name, target] : links_) {
      // Of the target, not of the link: one that leads nowhere must not lead out either.
      if (target.empty()) continue;
      const fs::path real = fs::weakly_canonical((folder_ / name).parent_path() / target, code);
      const std::string inside = root.string() + "/";
      if (code || !(real.string() + "/").starts_with(inside)) {
        return refuse_archive(name, "links to an outer file");
      }
    }
    return {};
  }

  GzipReader gzip_;
  fs::path folder_;
  const ArchiveLimits& limits_;
  std::uint64_t written_ = 0;
  bool any_ = false;
  std::map<std::string, std::string> links_;  // by name; "" for hard links
  std::map<std::string, std::string> hard_links_;
};

}  // namespace

Status unpack_tar_gz(std::string_view bytes, const fs::path& folder, const ArchiveLimits& limits) {
  TarUnpacker unpacker(bytes, folder, limits);
  Status done = unpacker.unpack();
  if (!done) static_cast<void>(floe::remove_all(folder));
  return done;
}

}  // namespace floe
