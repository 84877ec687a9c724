// SPDX-License-Identifier: Apache-2.0
// A data product's files, and a copy of its folder in which changes are tried before the product
// itself is touched.
#pragma once

#include "base/files.h"
#include "base/result.h"
#include "fix/edit.h"

#include <map>
#include <set>
#include <string>

namespace floe::cli {

/// The largest file that is read to be changed or moved; larger ones stay as they are.
inline constexpr std::uintmax_t kMaxEditedFile = 16 << 20;

/// Whether a file is of a kind that floe edits.
bool is_edited_kind(const fs::path& path);

/// The product's texts (SQL, Python, YAML, Markdown, CSV) as they are now. Left out are target/,
/// logs/, installed packages and hidden folders; links, files that cannot be read and what lies
/// below `foreign` (packages inside the product) must not be changed.
Result<fix::Tree> read_product_tree(const fs::path& root, const std::set<std::string>& foreign);

/// A copy of the product's folder to compile in. What is not in the tree is linked to.
class Workspace {
 public:
  static Result<Workspace> make(const fs::path& product_root, const fix::Tree& tree);

  const fs::path& root() const { return folder_.path(); }
  /// Makes the copy's files those of the tree.
  Status update(const fix::Texts& texts);

 private:
  explicit Workspace(TemporaryFolder folder) : folder_(std::move(folder)) {}

  TemporaryFolder folder_;
  fix::Texts written_;
};

}  // namespace floe::cli
