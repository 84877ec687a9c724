// SPDX-License-Identifier: Apache-2.0
// Packages in git repositories: shallow clones at a branch, tag or commit.
#pragma once

#include "base/files.h"
#include "base/result.h"

#include <string>

namespace floe::cli {

/// Clones `repository` into `folder` (which must not exist), checked out at `revision` ("HEAD":
/// the default branch). With a subdirectory only that is fetched. kUsage for names that git would
/// take for options, kEnvironment with git's words if it fails.
Status clone_package(const std::string& repository, const std::string& revision,
                     const std::string& subdirectory, const fs::path& folder);

/// The commit that a clone stands at.
Result<std::string> clone_commit(const fs::path& folder);

/// The URL of a `private:` package. `providers` is DBT_ENV_PRIVATE_GIT_PROVIDER_INFO, or "".
Result<std::string> private_package_url(const std::string& name, const std::string& provider,
                                        const std::string& providers);

}  // namespace floe::cli
