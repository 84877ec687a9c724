// SPDX-License-Identifier: Apache-2.0
// The package hub: which packages there are, which versions, and where their archives are.
#pragma once

#include "base/result.h"
#include "value/value.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace floe::cli {

/// A client of the hub's API; answers are kept for its lifetime.
class PackageHub {
 public:
  /// `base_url` ends with '/' (DBT_PACKAGE_HUB_URL).
  explicit PackageHub(std::string base_url) : base_url_(std::move(base_url)) {}

  /// Does the index name this package?
  Result<bool> has(const std::string& package);
  /// All versions of a package with what the hub says of each.
  Result<const value::Value*> versions(const std::string& package);
  /// What the hub says of one version.
  Result<const value::Value*> version(const std::string& package, const std::string& version);
  /// Where a package has moved to ("org/name"), or "".
  std::string moved_to(const std::string& package) const;

 private:
  Result<value::Value> get(const std::string& name);

  std::string base_url_;
  std::optional<value::Value> index_;
  std::map<std::string, value::Value> packages_;
};

/// Downloads a file over http or https, following redirects also to other hosts, but never from
/// https to http.
Result<std::string> download_file(const std::string& url);

}  // namespace floe::cli
