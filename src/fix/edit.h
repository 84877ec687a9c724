// SPDX-License-Identifier: Apache-2.0
// Edits of files as values: ranges of texts and what they become, and a tree of files they are made
// in. Nothing here touches a disk.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace floe::fix {

/// Bytes [begin, end) of a text become `text`.
struct TextEdit {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string text;
  bool operator==(const TextEdit&) const = default;
};

/// The text with all edits made, which are given in any order; equal ones count once, insertions at
/// one place stay in the order given. kUsage if two overlap or one leaves the text.
Result<std::string> edited_text(std::string_view text, std::vector<TextEdit> edits);

/// Files by path, relative to one folder, with '/'.
using Texts = std::map<std::string, std::string>;

/// The files that may be changed, while they are changed.
class Tree {
 public:
  Tree() = default;
  /// `fixed`: paths that exist but must not be written (links, files that can't be read).
  Tree(Texts texts, std::set<std::string> fixed)
      : texts_(std::move(texts)), fixed_(std::move(fixed)) {}

  const Texts& texts() const { return texts_; }
  const std::string* find(const std::string& path) const;
  /// Whether anything, writable or not, has this path.
  bool exists(const std::string& path) const;
  bool is_fixed(const std::string& path) const { return fixed_.contains(path); }
  /// Whether the way to the path leads through something that is no folder of the tree: a link,
  /// say.
  bool is_cut_off(const std::string& path) const;

  /// kUsage if there is no such file to write, or edits clash.
  Status edit(const std::string& path, std::vector<TextEdit> edits);
  /// kUsage if the path is taken or cut off.
  Status create(const std::string& path, std::string text);
  /// All moves at once, so that two files can change places; kUsage if a target is taken or cut
  /// off.
  Status move(const std::map<std::string, std::string>& moves);

  /// Begins a group of edits and creations that rollback() takes back; moves end it.
  void checkpoint() { undo_.clear(); }
  void rollback();

 private:
  std::map<std::string, std::optional<std::string>> undo_;  // as it was; nothing: not there
  Texts texts_;
  std::set<std::string> fixed_;
};

/// What became of one file. `before` or `after` is empty if there was none or is none any more.
struct FileChange {
  std::string before;  // path
  std::string after;
  std::string old_text;
  std::string new_text;
};

/// What differs between two trees, by path. A file that is gone and one that is new are one that
/// moved if `moves` says so (old path → new path).
std::vector<FileChange> changes_between(const Texts& before, const Texts& after,
                                        const std::map<std::string, std::string>& moves);

}  // namespace floe::fix
