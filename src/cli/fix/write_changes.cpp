// SPDX-License-Identifier: Apache-2.0
#include "cli/fix/write_changes.h"

#include "base/text.h"
#include "cli/fix/version_control.h"
#include "fix/agreement.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::cli {

namespace {

using fix::FileChange;

/// More dirty files than this are counted, not named.
constexpr std::size_t kNamedFiles = 5;

std::set<std::string> touched_paths(const std::vector<FileChange>& changes) {
  std::set<std::string> paths;
  for (const FileChange& change : changes) {
    if (!change.before.empty()) paths.insert(change.before);
    if (!change.after.empty()) paths.insert(change.after);
  }
  return paths;
}

Status refuse_uncommitted(const fs::path& root, const std::vector<FileChange>& changes) {
  std::vector<std::string> dirty = FLOE_TRY(uncommitted_files(root, touched_paths(changes)));
  if (dirty.empty()) return {};
  const std::size_t more = dirty.size() > kNamedFiles ? dirty.size() - kNamedFiles : 0;
  if (more > 0) {
    dirty.resize(kNamedFiles);
    dirty.push_back(fmt::format("{} more", more));
  }
  return fail(ErrorKind::kUsage,
              fmt::format("uncommitted changes in {}: nothing was written", list_and(dirty)),
              "commit or stash them first, so that git can take back what floe writes; "
              "--allow-dirty writes all the same");
}

/// No folder on the way to a file may be a link that leads out of the product.
Status check_inside(const fs::path& root, const std::string& path) {
  std::error_code error;
  const fs::path parent = fs::weakly_canonical((root / path).parent_path(), error);
  const bool is_link = fs::is_symlink(fs::symlink_status(root / path, error));
  if (lies_in(parent, root) && !is_link) return {};
  return fail(ErrorKind::kUsage, fmt::format("{} leads out of the data product", path),
              "floe writes into the product's folder only, through no link");
}

/// The files are still as they were read.
Status check_unchanged(const fs::path& root, const std::vector<FileChange>& changes) {
  for (const FileChange& change : changes) {
    if (!change.before.empty()) {
      const Result<std::string> text = read_file(root / change.before, kMaxEditedFile);
      if (!text) return tl::unexpected(text.error());
      if (*text != change.old_text) {
        return fail(
            ErrorKind::kEnvironment,
            fmt::format("{} changed while floe was at work: nothing was written", change.before),
            "run the command again");
      }
      FLOE_CHECK(check_inside(root, change.before));
    }
    if (change.after.empty() || change.after == change.before) continue;
    FLOE_CHECK(check_inside(root, change.after));
    const bool leaves = std::any_of(changes.begin(), changes.end(), [&](const FileChange& other) {
      return other.before == change.after && other.after != change.after;
    });
    std::error_code error;
    if (!leaves && fs::exists(fs::symlink_status(root / change.after, error))) {
      return fail(ErrorKind::kEnvironment,
                  fmt::format("{} exists by now: nothing was written", change.after),
                  "run the command again");
    }
  }
  return {};
}

Status write_one(const fs::path& root, const std::string& path, const std::string& text,
                 fs::perms mode) {
  FLOE_CHECK(write_file(root / path, text));
  if (mode == fs::perms::unknown) return {};
  std::error_code error;
  fs::permissions(root / path, mode, error);
  if (!error) return {};
  return fail(ErrorKind::kEnvironment,
              fmt::format("cannot set the mode of {}: {}", path, error.message()));
}

fs::perms mode_of(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  return error ? fs::perms::unknown : status.permissions();
}

/// Everything as it was before; what cannot be restored is named.
Status put_back(const fs::path& root, const std::vector<FileChange>& changes,
                const std::map<std::string, fs::perms>& modes) {
  std::vector<std::string> lost;
  for (const FileChange& change : changes) {
    if (!change.after.empty() && change.after != change.before) {
      if (!floe::remove_all(root / change.after)) lost.push_back(change.after);
    }
  }
  for (const FileChange& change : changes) {
    if (change.before.empty()) continue;
    const Result<std::string> now = read_file(root / change.before, kMaxEditedFile);
    if (now && *now == change.old_text) continue;
    if (!write_one(root, change.before, change.old_text, modes.at(change.before))) {
      lost.push_back(change.before);
    }
  }
  if (lost.empty()) return {};
  return fail(ErrorKind::kEnvironment,
              fmt::format("{} could not be put back as it was", list_and(lost)),
              "`git checkout` has the committed state");
}

/// Folders in which the file was the last thing; one that can't be removed may stay.
void remove_empty_folders(const fs::path& root, const std::string& path) {
  fs::path folder = fs::path(path).parent_path();
  std::error_code error;
  while (!folder.empty() && fs::is_empty(root / folder, error) && !error) {
    if (!fs::remove(root / folder, error)) return;
    folder = folder.parent_path();
  }
}

Status write_all_files(const fs::path& root, const std::vector<FileChange>& changes,
                       const std::map<std::string, fs::perms>& modes) {
  std::set<std::string> present;
  for (const FileChange& change : changes) {
    if (change.after.empty()) continue;
    const fs::perms mode = change.before.empty() ? fs::perms::unknown : modes.at(change.before);
    FLOE_CHECK(write_one(root, change.after, change.new_text, mode));
    present.insert(change.after);
  }
  for (const FileChange& change : changes) {
    const bool leaves = !change.before.empty() && !present.contains(change.before);
    if (!leaves) continue;
    FLOE_CHECK(floe::remove_all(root / change.before));
    remove_empty_folders(root, change.before);
  }
  return {};
}

/// How the product compiles now, beside how it did.
Status check_written(const ChangeSession& session) {
  auto state = compile_state(session.root, session.root, session.platform, session.options);
  if (!state) return tl::unexpected(std::move(state.error()));
  const auto worse =
      fix::worse_finding(session.baseline->findings, (*state)->findings, session.expected);
  if (!worse && (*state)->usable) return {};
  return fail(ErrorKind::kViolation,
              fmt::format("the product compiles worse than before: {}",
                          worse ? worse->code + ": " + worse->message : "dbt would refuse it"),
              "this did not show in a copy of the product: does it depend on where it lies?");
}

}  // namespace

Status write_changes(const ChangeSession& session, bool allow_dirty) {
  const std::vector<FileChange> changes = session.changes();
  if (changes.empty()) return {};
  if (!allow_dirty) FLOE_CHECK(refuse_uncommitted(session.root, changes));
  FLOE_CHECK(check_unchanged(session.root, changes));
  std::map<std::string, fs::perms> modes;
  for (const FileChange& change : changes) {
    if (!change.before.empty()) modes[change.before] = mode_of(session.root / change.before);
  }
  Status done = write_all_files(session.root, changes, modes);
  if (done) done = check_written(session);
  if (done) return {};
  if (Status restored = put_back(session.root, changes, modes); !restored) {
    return fail_because(describe(done.error()) + "; and " + restored.error().message,
                        restored.error());
  }
  Error error = std::move(done.error());
  error.message += "; everything was put back as it was";
  return tl::unexpected(std::move(error));
}

}  // namespace floe::cli
