// SPDX-License-Identifier: Apache-2.0
#include "cli/fix/version_control.h"

#include "base/process.h"
#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::cli {

namespace {

/// Git in the folder, without hooks or helpers that the repository's own config could name.
Result<ProcessOutput> ask_git(const fs::path& folder, const std::vector<std::string>& words) {
  std::vector<std::string> arguments = {"git", "-c", "core.fsmonitor=false", "-c",
                                        "core.quotePath=false"};
  arguments.insert(arguments.end(), words.begin(), words.end());
  ProcessOptions options;
  options.folder = folder;
  options.environment = {{"GIT_OPTIONAL_LOCKS", "0"}};
  return run_process(arguments, options);
}

}  // namespace

Result<std::vector<std::string>> uncommitted_files(const fs::path& folder,
                                                   const std::set<std::string>& paths) {
  std::vector<std::string> dirty;
  if (!find_program("git")) return dirty;
  const ProcessOutput inside = FLOE_TRY(ask_git(folder, {"rev-parse", "--show-prefix"}));
  if (inside.exit_code != 0) return dirty;
  const std::string prefix(trim(inside.out));
  const ProcessOutput status =
      FLOE_TRY(ask_git(folder, {"status", "--porcelain=v1", "-z", "--no-renames",
                                "--untracked-files=all", "--", "."}));
  if (status.exit_code != 0) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("git cannot say what is committed: {}", trim(status.err)),
                "--allow-dirty writes without asking git");
  }
  for (const std::string_view line : split(status.out, '\0')) {
    if (line.size() < 4 || !line.substr(3).starts_with(prefix)) continue;
    std::string path(line.substr(3 + prefix.size()));
    if (paths.contains(path)) dirty.push_back(std::move(path));
  }
  std::sort(dirty.begin(), dirty.end());
  return dirty;
}

}  // namespace floe::cli
