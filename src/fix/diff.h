// SPDX-License-Identifier: Apache-2.0
// Changes of files as a unified diff, as git and patch read it.
#pragma once

#include "fix/edit.h"

#include <string>
#include <string_view>
#include <vector>

namespace floe::fix {

/// The hunks of two texts, three lines of context, without a header; "" if they are the same. A
/// last line without its end is told as diff does.
std::string unified_hunks(std::string_view before, std::string_view after);

/// One file's change with git's header: `git apply` takes it. "" if nothing changed.
std::string unified_diff(const FileChange& change);

/// The diffs of all files, to the byte.
std::string unified_diffs(const std::vector<FileChange>& changes);

/// The same for a terminal: control characters made visible and, if `color`, coloured as git does.
/// `git apply` need not take it.
std::string shown_diff(const std::vector<FileChange>& changes, bool color);

}  // namespace floe::fix
