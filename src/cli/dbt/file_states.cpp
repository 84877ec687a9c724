// SPDX-License-Identifier: Apache-2.0
#include "cli/dbt/file_states.h"

#include "base/hash.h"
#include "base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <string_view>
#include <utility>

namespace floe::cli {

namespace {

constexpr std::size_t kMostFiles = 200'000;
constexpr std::uint64_t kMissing = UINT64_MAX;

/// How long after a write the times of a file may not show the next one: the clock of a file system
/// that knows nanoseconds ticks every few milliseconds, one of whole seconds every two.
constexpr std::int64_t kFineGrain = 200'000'000;
constexpr std::int64_t kCoarseGrain = 3'000'000'000;

bool is_source_file(std::string_view name) {
  static constexpr std::array<std::string_view, 11> kEndings = {
      ".sql", ".py",        ".md", ".yml",   ".yaml",  ".csv",
      ".js",  ".dbtignore", ".j2", ".jinja", ".jinja2"};
  const std::string lower = to_lower(name);
  return std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view ending) { return lower.ends_with(ending); });
}

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

FileState state_of(std::string path, const struct stat& info, std::int64_t now) {
  FileState state;
  state.path = std::move(path);
  state.size = static_cast<std::uint64_t>(info.st_size);
  state.inode = info.st_ino;
  state.modified = nanoseconds(info.st_mtim);
  state.changed = nanoseconds(info.st_ctim);
  const bool coarse = info.st_mtim.tv_nsec == 0 && info.st_ctim.tv_nsec == 0;
  const std::int64_t grain = coarse ? kCoarseGrain : kFineGrain;
  if (std::max(state.modified, state.changed) > now - grain) {
    const auto content = read_file(state.path);
    state.digest = content ? xxh128_hex(*content) : "unreadable";
  }
  return state;
}

class Walker {
 public:
  explicit Walker(std::int64_t now) : now_(now) {}

  bool walk(const std::string& folder, const std::vector<std::string>& skipped) {
    DIR* dir = ::opendir(folder.c_str());
    if (dir == nullptr) return false;
    std::vector<std::string> below;
    struct stat info{};
    bool fine = ::fstat(::dirfd(dir), &info) == 0;
    const bool first_time = seen_.emplace(info.st_dev, info.st_ino).second;
    while (const dirent* entry = fine && first_time ? ::readdir(dir) : nullptr) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      const bool maybe_folder =
          entry->d_type == DT_DIR || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN;
      if (!maybe_folder && !is_source_file(name)) continue;
      std::string path = folder + "/" + std::string(name);
      if (entry->d_type == DT_DIR) {
        info.st_mode = S_IFDIR;
      } else if (::fstatat(::dirfd(dir), entry->d_name, &info, 0) != 0) {
        continue;  // a link that leads nowhere: no file to read either
      }
      if (S_ISDIR(info.st_mode)) {
        if (std::find(skipped.begin(), skipped.end(), name) == skipped.end()) {
          below.push_back(std::move(path));
        }
      } else if (is_source_file(name)) {
        files.push_back(state_of(std::move(path), info, now_));
        fine = files.size() < kMostFiles;
      }
    }
    ::closedir(dir);
    static const std::vector<std::string> kNothing;
    return fine && std::all_of(below.begin(), below.end(),
                               [&](const std::string& each) { return walk(each, kNothing); });
  }

  void add_single(const fs::path& path) {
    struct stat info{};
    if (::stat(path.c_str(), &info) == 0) {
      files.push_back(state_of(path.string(), info, now_));
    } else {
      files.push_back({path.string(), kMissing, 0, 0, 0, {}});
    }
  }

  std::vector<FileState> files;

 private:
  std::int64_t now_;
  std::set<std::pair<dev_t, ino_t>> seen_;
};

}  // namespace

std::optional<std::vector<FileState>> list_file_states(const FileRoots& roots) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  Walker walker(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
  bool first = true;
  for (const fs::path& folder : roots.folders) {
    if (!walker.walk(folder.string(), first ? roots.skipped : std::vector<std::string>())) {
      return std::nullopt;
    }
    first = false;
  }
  for (const fs::path& file : roots.single_files) walker.add_single(file);
  std::sort(walker.files.begin(), walker.files.end(),
            [](const FileState& a, const FileState& b) { return a.path < b.path; });
  return std::move(walker.files);
}

bool is_unchanged(const FileState& before, const FileState& now) {
  if (before.path != now.path || before.size != now.size || before.inode != now.inode ||
      before.modified != now.modified || before.changed != now.changed) {
    return false;
  }
  if (before.digest.empty()) return true;
  const auto content = read_file(now.path);
  return content && xxh128_hex(*content) == before.digest;
}

}  // namespace floe::cli
