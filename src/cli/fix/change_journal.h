// SPDX-License-Identifier: Apache-2.0
// What a product's files were before a change of several of them, kept beside floe.yaml while they
// are written: whoever comes after a crash can put everything back.
#pragma once

#include "base/files.h"
#include "base/result.h"
#include "fix/edit.h"

#include <string>
#include <string_view>
#include <vector>

namespace floe::cli {

/// One file of a change; `before` or `after` is empty if there was none or will be none.
struct JournalFile {
  std::string before;
  std::string after;
  std::string old_text;
  std::string new_digest;                  // sha256 of what it becomes
  fs::perms mode = fs::perms::owner_read;  // of before
};

struct ChangeJournal {
  std::vector<JournalFile> files;
  std::vector<std::string> folders;  // that the change makes, outer ones first
};

/// Files are written under this name first, in their own folder.
inline constexpr std::string_view kStagedPrefix = ".floe-fix.new.";

/// The journal of a change that is about to be made.
ChangeJournal journal_of(const fs::path& root, const std::vector<fix::FileChange>& changes);

/// As bytes, and back. kUsage if they are no journal, or one that names files which floe fix would
/// never write.
std::string journal_bytes(const ChangeJournal& journal);
Result<ChangeJournal> parse_journal(std::string_view bytes);

/// No folder on the way to a file may be a link that leads out of the product.
Status check_inside(const fs::path& root, const std::string& path);

/// Writes one of the product's files: whole, or not at all.
Status write_product_file(const fs::path& root, const std::string& path, const std::string& text,
                          fs::perms mode);

/// Everything as it was before; what cannot be restored is named.
Status put_back(const fs::path& root, const ChangeJournal& journal);

/// Puts everything back after a `floe fix` or `floe migrate` in the product at or above `start`
/// that was cut short; how many files that were, 0 if none was. kEnvironment if one is at work, or
/// if somebody has changed the files since.
Result<std::size_t> recover_changes(const fs::path& start);

/// The change is done: nothing is to be put back any more.
Status remove_journal(const fs::path& root);

}  // namespace floe::cli
