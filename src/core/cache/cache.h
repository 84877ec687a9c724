// SPDX-License-Identifier: Apache-2.0
// What this machine has pulled before: blobs by digest, and the digest each tag had at first sight.
#pragma once

#include "base/files.h"
#include "base/result.h"

#include <optional>
#include <string>
#include <string_view>

namespace floe::core {

/// A folder of blobs, evidence and tag records. Blobs that were not used for longest go when it
/// grows beyond its limit ($FLOE_CACHE_SIZE in MiB, 1024 by default); tag records stay. Any number
/// of processes may use it at once and be killed at any time; what is damaged counts as absent and
/// is replaced.
class Cache {
 public:
  explicit Cache(fs::path root) : root_(std::move(root)) {}

  /// $XDG_CACHE_HOME/floe, else $HOME/.cache/floe; nothing if neither variable is set.
  static std::optional<Cache> of_user();

  /// The blob, if it is there and whole; a damaged one is removed.
  std::optional<std::string> blob(const std::string& digest, std::uint64_t limit) const;
  Status put_blob(std::string_view bytes) const;

  /// What was found beside an artifact that may vouch for it, as it was put there; as little to be
  /// believed as what a registry says.
  std::optional<std::string> evidence(const std::string& digest) const;
  Status put_evidence(const std::string& digest, std::string_view text) const;

  /// The digest that was recorded for a tag; `key` is its full reference.
  std::optional<std::string> tag_digest(const std::string& key) const;
  Status record_tag(const std::string& key, const std::string& digest) const;

  const fs::path& root() const { return root_; }

 private:
  fs::path tag_file(const std::string& key) const;
  void trim() const;

  fs::path root_;
  mutable bool trimmed_ = false;  // once a process is enough
};

}  // namespace floe::core
