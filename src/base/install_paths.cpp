// SPDX-License-Identifier: Apache-2.0
#include "base/install_paths.h"

#include <cstdlib>
#include <system_error>

namespace floe {

std::vector<fs::path> data_folders() {
  std::vector<fs::path> folders;
  const char* home = std::getenv("FLOE_HOME");
  if (home != nullptr && *home != '\0') folders.emplace_back(home);
  std::error_code error;
  const fs::path binary = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    folders.push_back(binary.parent_path().parent_path() / "share" / "floe");
  }
  // Empty in packages that are built for other machines.
  const std::string_view build_time = FLOE_DEPS_DIR;
  if (!build_time.empty()) folders.emplace_back(build_time);
  return folders;
}

std::optional<fs::path> find_data_file(std::string_view relative,
                                       const std::vector<fs::path>& folders) {
  for (const fs::path& folder : folders) {
    fs::path candidate = folder / relative;
    std::error_code error;
    if (fs::exists(candidate, error)) return candidate;
  }
  return std::nullopt;
}

std::optional<fs::path> find_data_file(std::string_view relative) {
  return find_data_file(relative, data_folders());
}

}  // namespace floe
