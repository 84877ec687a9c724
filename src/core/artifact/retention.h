// SPDX-License-Identifier: Apache-2.0
// Which published versions may go. A pure function of what there is.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace floe::artifact {

/// What is kept whatever else may go.
struct Retention {
  std::int64_t keep_last = 10;              // releases, and as many pre-releases
  std::int64_t keep_days = 0;               // younger ones
  std::vector<std::string> protected_tags;  // patterns with *
  std::set<std::string> referenced = {};    // digests that something published refers to
};

/// A tag of the repository.
struct StoredVersion {
  std::string tag;
  std::string digest;
  std::optional<std::int64_t> created;  // seconds since 1970; nothing if it is not known
};

/// One tag's fate.
struct Fate {
  StoredVersion version;
  std::string kept_because;  // "" if it may go
};

/// Decides for every tag, newest version first. Tags that are no versions are kept, and so is every
/// version of unknown age while keep_days is set, and every digest that a kept tag names as well.
std::vector<Fate> decide(std::vector<StoredVersion> versions, const Retention& retention,
                         std::int64_t now);

}  // namespace floe::artifact
