// SPDX-License-Identifier: Apache-2.0
#include "cli/fix/write_changes.h"

#include "base/signals.h"
#include "base/text.h"
#include "cli/fix/change_journal.h"
#include "cli/fix/version_control.h"
#include "cli/product.h"
#include "fix/agreement.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>

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

/// Folders in which the file was the last thing; one that can't be removed may stay.
void remove_empty_folders(const fs::path& root, const std::string& path) {
  fs::path folder = fs::path(path).parent_path();
  std::error_code error;
  while (!folder.empty() && fs::is_empty(root / folder, error) && !error) {
    if (!fs::remove(root / folder, error)) return;
    folder = folder.parent_path();
  }
}

/// `interrupted`: somebody wants it to stop.
Status write_all_files(const fs::path& root, const std::vector<FileChange>& changes,
                       const ChangeJournal& journal, const std::atomic<bool>& interrupted) {
  const auto check_interrupted = [&]() -> Status {
    if (!interrupted) return {};
    return fail(ErrorKind::kInterrupted, "interrupted while the files were written");
  };
  std::set<std::string> present;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (changes[i].after.empty()) continue;
    FLOE_CHECK(check_interrupted());
    const fs::perms mode = journal.files[i].mode;
    FLOE_CHECK(write_product_file(root, changes[i].after, changes[i].new_text, mode));
    present.insert(changes[i].after);
  }
  for (const FileChange& change : changes) {
    const bool leaves = !change.before.empty() && !present.contains(change.before);
    if (!leaves) continue;
    FLOE_CHECK(check_interrupted());
    FLOE_CHECK(floe::remove_all(root / change.before));
    remove_empty_folders(root, change.before);
  }
  for (const std::string& path : touched_paths(changes)) {
    sync_folder((root / path).parent_path());
  }
  return check_interrupted();
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
  const FileLock lock = FLOE_TRY(lock_product(session.root));
  FLOE_CHECK(check_unchanged(session.root, changes));
  const ChangeJournal journal = journal_of(session.root, changes);
  // Ctrl-C takes everything back; a second one ends the process, and the journal stays. It lives as
  // long as the process: a signal that comes when all is written changes neither that nor the exit
  // code.
  static Cancellation cancellation;
  FLOE_CHECK(write_file(session.root / kChangeJournal, journal_bytes(journal)));
  Status done = write_all_files(session.root, changes, journal, cancellation.flag());
  if (done) done = check_written(session);
  if (done && cancellation.flag()) {
    done = fail(ErrorKind::kInterrupted, "interrupted while the files were written");
  }
  if (done) return remove_journal(session.root);
  if (Status restored = put_back(session.root, journal); !restored) {
    return fail_because(describe(done.error()) + "; and " + restored.error().message,
                        restored.error());
  }
  Error error = std::move(done.error());
  error.message += "; everything was put back as it was";
  return tl::unexpected(std::move(error));
}

}  // namespace floe::cli
