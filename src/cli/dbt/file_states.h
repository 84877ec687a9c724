// SPDX-License-Identifier: Apache-2.0
// What the files that a dbt project is made of look like from outside, to tell which have changed.
#pragma once

#include "base/files.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace floe::cli {

/// A file as the file system describes it.
struct FileState {
  std::string path;
  std::uint64_t size = 0;
  std::uint64_t inode = 0;
  std::int64_t modified = 0;  // nanoseconds
  std::int64_t changed = 0;   // of the inode: no program can set it
  /// Of the content, where the times are too young to be relied on: a write right after looking
  /// could leave them as they are.
  std::string digest;
  bool operator==(const FileState&) const = default;
};

/// Where to look.
struct FileRoots {
  std::vector<fs::path> folders;       // with all below them
  std::vector<std::string> skipped;    // names of folders directly in the first one
  std::vector<fs::path> single_files;  // also remembered if they are not there
};

/// The states of all files that loading a project could read, by path: sources by their extensions,
/// nothing else. Nothing if there are too many or a folder can't be read.
std::optional<std::vector<FileState>> list_file_states(const FileRoots& roots);

/// Whether a file is still as an earlier state says; compares contents where that has a digest.
bool is_unchanged(const FileState& before, const FileState& now);

}  // namespace floe::cli
