// SPDX-License-Identifier: Apache-2.0
// From what projects ask for to exactly one version of every package, as dbt's resolver decides.
#pragma once

#include "cli/packages/hub.h"
#include "cli/packages/spec.h"
#include "cli/packages/versions.h"
#include "dbt/warnings/warnings.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace floe::cli {

/// What resolving and installing share: where things are, and how to say something.
struct PackageSetup {
  fs::path root;       // of the project
  fs::path downloads;  // a folder of this run's own
  std::string root_name;
  bool version_check = true;
  std::map<std::string, std::string> env;
  const PackageRenderer& renderer;
  PackageHub& hub;
  /// Says a warning; an error if it counts as one.
  std::function<Status(const dbt::Warning&)> warn;
  /// Called with each archive that was downloaded; an error ends everything.
  std::function<Status(const std::string& identity, const std::string& sha256)> check_archive;
};

/// All requests for one package, taken together.
struct PackageRequest {
  PackageKind kind = PackageKind::kLocal;
  std::string where;    // private packages: the URL
  std::string written;  // the same as in the file, without secrets
  std::vector<std::string> versions;
  std::string name;
  std::string subdirectory;
  std::string provider;
  bool warn_unpinned = true;
  bool install_prerelease = false;

  /// The package as messages call it.
  std::string label() const;
};

/// One version of a package.
struct PinnedPackage {
  PackageRequest request;
  std::string version;  // of the hub, or the git revision: a commit once it was fetched
  std::string latest;   // of the hub
};

/// A pinned package with what its own files say.
struct PackageMetadata {
  std::string name;
  std::vector<PackageSpec> packages;
  fs::path folder;  // where its files lie; empty: not downloaded yet
};

class PackageResolver {
 public:
  explicit PackageResolver(const PackageSetup& setup) : setup_(setup) {}

  /// The transitive closure, in the order in which the packages were found.
  Result<std::vector<PinnedPackage>> resolve(const std::vector<PackageSpec>& specs);
  /// What a lock file lists: nothing is followed.
  Result<std::vector<PackageRequest>> locked(const std::vector<PackageSpec>& specs);
  Result<PinnedPackage> pin(const PackageRequest& request);
  /// Fetches what is needed to know a package; a git revision becomes its commit.
  Result<PackageMetadata> metadata(PinnedPackage& package);
  /// Fetches the files of a package too (PackageMetadata::folder).
  Result<PackageMetadata> fetch(PinnedPackage& package);

 private:
  using Listing = std::vector<std::pair<std::string, PackageRequest>>;

  Result<PackageRequest> request_of(const PackageSpec& spec);
  static Result<PackageRequest*> incorporate(Listing& listing, const PackageRequest& request);
  Result<PinnedPackage> pin_hub(const PackageRequest& request);
  Result<PackageMetadata> local_metadata(const PinnedPackage& package);
  Result<PackageMetadata> hub_metadata(const PinnedPackage& package);
  Result<PackageMetadata> git_metadata(PinnedPackage& package);
  Result<fs::path> unpack(const std::string& url, const std::string& identity);
  Result<PackageMetadata> read_metadata(const fs::path& folder);
  Status warn_unpinned(const PinnedPackage& package);

  const PackageSetup& setup_;
  std::map<std::string, fs::path> folders_;  // what was fetched, by where, version, subdirectory
  std::map<std::string, std::string> commits_;
};

}  // namespace floe::cli
