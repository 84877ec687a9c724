// SPDX-License-Identifier: Apache-2.0
// floe.lock: which digest a platform reference had when it was chosen; committed to git.
#pragma once

#include "base/files.h"
#include "base/result.h"

#include <optional>
#include <string>
#include <vector>

namespace floe::core {

inline constexpr std::string_view kLockFile = "floe.lock";

/// What to do about a floe.lock that would have to change where it must not.
inline constexpr std::string_view kCommitLock =
    "run `floe compile` without --locked, and commit the floe.lock that it writes";

/// A published product that an input port of floe.yaml reads.
struct LockedProduct {
  std::string reference;  // source.ref without the port: "orders", "oci://…:v1.0"
  std::string artifact;   // what was chosen: "oci-layout:../registry/products/orders:v1.0"
  std::string digest;
  std::string name;
  std::string version;

  bool operator==(const LockedProduct&) const = default;
};

/// The platform that a folder's floe.yaml (or a domain's manifest.yaml) builds on, and the products
/// that it reads.
struct Lock {
  std::string reference;  // as in floe.yaml: "oci-layout:../registry:v1.2.3"
  std::string digest;
  std::string name;
  std::string version;
  std::string signer = {};  // whose signature was verified when it was locked, if one was

  std::vector<LockedProduct> products = {};  // sorted by reference

  bool operator==(const Lock&) const = default;
};

/// The lock file's text: YAML, always the same for the same lock.
std::string to_text(const Lock& lock);

/// Reads `folder`/floe.lock; nothing if there is none. kUsage with line and column if it is wrong.
Result<std::optional<Lock>> read_lock(const fs::path& folder);

/// Writes `folder`/floe.lock.
Status write_lock(const fs::path& folder, const Lock& lock);

/// What a lock file says that the one before did not, a sentence each: "updated floe.lock: platform
/// acme v1.3.0 is pinned at sha256:… (was v1.2.3)". Empty if they pin the same.
std::vector<std::string> lock_changes(const std::optional<Lock>& before, const Lock& after);

}  // namespace floe::core
