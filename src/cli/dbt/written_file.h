// SPDX-License-Identifier: Apache-2.0
// Artifacts that were written before: whether they are still the same, and their new heads.
#pragma once

#include "base/files.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace floe::cli {

/// A file that was written: `head` bytes that tell of the invocation, and the rest.
struct WrittenFile {
  std::uint64_t head = 0;
  std::uint64_t size = 0;  // with the head
  std::string digest;      // of the rest
};

/// The bytes of a file if they are what was written, whatever its head tells.
std::optional<std::string> read_written(const fs::path& path, const WrittenFile& written);

/// Is a file, but for its head, what was written?
bool is_as_written(const fs::path& path, const WrittenFile& written);

/// Gives a file that is as written another head of the same length, in place: both heads say what
/// is true of the rest. False, and nothing done, if that cannot be: the length differs, or the file
/// goes by a second name and so belongs to someone else as well.
bool replace_head(const fs::path& path, const WrittenFile& written, std::string_view head);

}  // namespace floe::cli
