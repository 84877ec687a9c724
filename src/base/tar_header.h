// SPDX-License-Identifier: Apache-2.0
// The headers of tar entries (ustar, GNU, pax), for archive.cpp and tar.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace floe {

inline constexpr std::size_t kTarBlock = 512;
/// The longest name that stands before an entry, and the largest set of pax records.
inline constexpr std::uint64_t kMaxTarName = 64 << 10;
inline constexpr std::uint64_t kMaxTarRecords = 1 << 20;

/// One entry's header.
struct TarEntry {
  std::string name;
  std::string link;
  std::uint64_t size = 0;
  unsigned mode = 0;
  char type = '0';

  /// Whether its data is about the entries that follow.
  bool is_long_name() const { return type == 'L' || type == 'K' || type == 'x' || type == 'g'; }
  /// Of such data.
  std::uint64_t max_size() const {
    return type == 'L' || type == 'K' ? kMaxTarName : kMaxTarRecords;
  }
};

/// Nothing if the checksum is wrong.
std::optional<TarEntry> read_tar_header(const std::array<char, kTarBlock>& block);

/// Names that stand before an entry because they are too long for its header.
class TarLongNames {
 public:
  void add(const TarEntry& entry, const std::string& data);
  /// Gives the entry its long names, which are used up by that.
  void apply(TarEntry& entry);

 private:
  std::string name_;
  std::string link_;
};

/// A name that stays in the folder, without "./"; "" for the folder itself. Nothing: it leads out.
std::optional<std::string> safe_tar_name(std::string_view name);

}  // namespace floe
