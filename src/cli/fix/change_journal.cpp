// SPDX-License-Identifier: Apache-2.0
#include "cli/fix/change_journal.h"

#include "base/hash.h"
#include "base/text.h"
#include "cli/fix/workspace.h"
#include "cli/product.h"
#include "fix/project_folder.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

namespace floe::cli {

namespace {

constexpr std::string_view kJournalHead = "floe change journal 1\n";
/// Old contents of all files together: far more than any change has.
constexpr std::uintmax_t kLargestJournal = std::uintmax_t{1} << 30;

tl::unexpected<Error> no_journal(std::string_view why) {
  return fail(ErrorKind::kUsage,
              fmt::format("{} is no journal of floe fix: {}", kChangeJournal, why),
              "if you trust the files as they are, remove it");
}

/// Reads what journal_bytes() wrote: each field is its length, a blank, and so many bytes.
class JournalFields {
 public:
  explicit JournalFields(std::string_view bytes) : bytes_(bytes) {}

  bool at_end() const { return bytes_.empty() || failed_; }
  bool failed() const { return failed_; }

  std::string next() {
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(bytes_.data(), bytes_.data() + bytes_.size(), size);
    const auto digits = static_cast<std::size_t>(end - bytes_.data());
    if (error != std::errc() || digits >= bytes_.size() || size > bytes_.size() - digits - 1) {
      failed_ = true;
      return "";
    }
    std::string field(bytes_.substr(digits + 1, size));
    bytes_.remove_prefix(digits + 1 + size);
    return field;
  }

 private:
  std::string_view bytes_;
  bool failed_ = false;
};

std::string journal_field(std::string_view text) { return fmt::format("{} {}", text.size(), text); }

/// A path inside the product that floe fix writes, through no hidden folder; "" is none.
bool is_written_path(const std::string& path) {
  if (path.empty()) return true;
  if (!is_edited_kind(path) || path.find('\0') != std::string::npos) return false;
  auto folders = split(path, '/');
  folders.pop_back();
  return std::none_of(folders.begin(), folders.end(),
                      [](std::string_view part) { return part.empty() || part.starts_with('.'); });
}

std::string staged_path(const std::string& path) {
  const std::string folder = fix::folder_of(path);
  return folder + std::string(kStagedPrefix) + path.substr(folder.size());
}

std::set<std::string> folders_of_journal(const ChangeJournal& journal) {
  std::set<std::string> folders = {""};
  for (const JournalFile& file : journal.files) {
    if (!file.before.empty()) folders.insert(fix::folder_of(file.before));
    if (!file.after.empty()) folders.insert(fix::folder_of(file.after));
  }
  return folders;
}

/// What was written but did not get its name.
void remove_staged(const fs::path& root, const ChangeJournal& journal) {
  for (const std::string& folder : folders_of_journal(journal)) {
    std::vector<fs::path> left;
    std::error_code error;
    for (fs::directory_iterator it(root / folder, error), end; !error && it != end;
         it.increment(error)) {
      const std::string name = it->path().filename().string();
      const bool is_journals = name.starts_with(std::string(kChangeJournal) + ".");
      if (name.starts_with(kStagedPrefix) || is_journals) left.push_back(it->path());
    }
    for (const fs::path& path : left) fs::remove(path, error);
  }
}

/// Whether a journal was begun, but no file written yet.
bool has_begun_journal(const fs::path& root) {
  std::error_code error;
  for (fs::directory_iterator it(root, error), end; !error && it != end; it.increment(error)) {
    if (it->path().filename().string().starts_with(std::string(kChangeJournal) + ".")) return true;
  }
  return false;
}

/// Each file is as it was, as it was to become, or not there: nobody else was at it.
Status check_as_left(const fs::path& root, const ChangeJournal& journal) {
  std::map<std::string, std::set<std::string>> digests;
  for (const JournalFile& file : journal.files) {
    if (!file.before.empty()) digests[file.before].insert(sha256_hex(file.old_text));
    if (!file.after.empty()) digests[file.after].insert(file.new_digest);
  }
  for (const auto& [path, known] : digests) {
    FLOE_CHECK(check_inside(root, path));
    std::error_code error;
    if (!fs::exists(fs::symlink_status(root / path, error))) continue;
    const std::string text = FLOE_TRY(read_file(root / path, kMaxEditedFile));
    if (known.contains(sha256_hex(text))) continue;
    return fail(ErrorKind::kEnvironment,
                fmt::format("a change of floe was cut short here, and {} was changed since", path),
                fmt::format("move it out of the way and run `floe fix`, which puts everything back "
                            "as it was; or keep all files as they are by removing {}",
                            kChangeJournal));
  }
  return {};
}

}  // namespace

Status check_inside(const fs::path& root, const std::string& path) {
  std::error_code error;
  const fs::path parent = fs::weakly_canonical((root / path).parent_path(), error);
  const bool is_link = fs::is_symlink(fs::symlink_status(root / path, error));
  if (lies_in(parent, root) && !is_link) return {};
  return fail(ErrorKind::kUsage, fmt::format("{} leads out of the data product", path),
              "floe writes into the product's folder only, through no link");
}

ChangeJournal journal_of(const fs::path& root, const std::vector<fix::FileChange>& changes) {
  ChangeJournal journal;
  std::set<std::string> folders;
  for (const fix::FileChange& change : changes) {
    JournalFile file{change.before, change.after, change.old_text, "", fs::perms::unknown};
    if (!change.after.empty()) file.new_digest = sha256_hex(change.new_text);
    std::error_code error;
    if (!change.before.empty()) {
      const fs::file_status status = fs::status(root / change.before, error);
      if (!error) file.mode = status.permissions();
    }
    journal.files.push_back(std::move(file));
    for (fs::path folder = fs::path(change.after).parent_path(); !folder.empty();
         folder = folder.parent_path()) {
      if (!fs::exists(root / folder, error)) folders.insert(folder.generic_string());
    }
  }
  journal.folders.assign(folders.begin(), folders.end());
  return journal;
}

std::string journal_bytes(const ChangeJournal& journal) {
  std::string bytes(kJournalHead);
  bytes += journal_field(std::to_string(journal.folders.size()));
  for (const std::string& folder : journal.folders) bytes += journal_field(folder);
  for (const JournalFile& file : journal.files) {
    bytes += journal_field(file.before);
    bytes += journal_field(file.after);
    bytes += journal_field(file.old_text);
    bytes += journal_field(file.new_digest);
    bytes += journal_field(std::to_string(static_cast<unsigned>(file.mode)));
  }
  return bytes + sha256_hex(bytes);
}

Result<ChangeJournal> parse_journal(std::string_view bytes) {
  constexpr std::size_t kDigest = 64;
  if (!bytes.starts_with(kJournalHead) || bytes.size() < kJournalHead.size() + kDigest) {
    return no_journal("it begins otherwise");
  }
  const std::string_view body = bytes.substr(0, bytes.size() - kDigest);
  if (sha256_hex(body) != bytes.substr(body.size())) return no_journal("its checksum is wrong");
  JournalFields fields(body.substr(kJournalHead.size()));
  const auto number = [&] {
    const std::string text = fields.next();
    unsigned value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  ChangeJournal journal;
  for (unsigned left = number(); left > 0 && !fields.at_end(); --left) {
    journal.folders.push_back(fields.next());
    if (!is_written_path(journal.folders.back() + "/x.sql")) return no_journal("of its folders");
  }
  while (!fields.at_end()) {
    JournalFile file;
    file.before = fields.next();
    file.after = fields.next();
    file.old_text = fields.next();
    file.new_digest = fields.next();
    file.mode = static_cast<fs::perms>(number());
    if (file.mode != fs::perms::unknown) file.mode &= fs::perms::all;
    if (!is_written_path(file.before) || !is_written_path(file.after)) {
      return no_journal("floe fix does not write such files");
    }
    journal.files.push_back(std::move(file));
  }
  if (fields.failed()) return no_journal("it is cut short");
  return journal;
}

Status write_product_file(const fs::path& root, const std::string& path, const std::string& text,
                          fs::perms mode) {
  const fs::path staged = root / staged_path(path);
  FLOE_CHECK(write_file(staged, text));
  std::error_code error;
  if (mode != fs::perms::unknown) fs::permissions(staged, mode, error);
  if (!error) fs::rename(staged, root / path, error);
  if (!error) return {};
  std::error_code ignored;
  fs::remove(staged, ignored);
  return fail(ErrorKind::kEnvironment, fmt::format("cannot write {}: {}", path, error.message()));
}

Status put_back(const fs::path& root, const ChangeJournal& journal) {
  std::vector<std::string> lost;
  for (const JournalFile& file : journal.files) {
    if (file.after.empty() || file.after == file.before) continue;
    if (!floe::remove_all(root / file.after)) lost.push_back(file.after);
  }
  for (const JournalFile& file : journal.files) {
    if (file.before.empty()) continue;
    const Result<std::string> now = read_file(root / file.before, kMaxEditedFile);
    if (now && *now == file.old_text) continue;
    if (!write_product_file(root, file.before, file.old_text, file.mode)) {
      lost.push_back(file.before);
    }
  }
  remove_staged(root, journal);
  for (auto folder = journal.folders.rbegin(); folder != journal.folders.rend(); ++folder) {
    std::error_code error;
    if (fs::is_empty(root / *folder, error) && !error) fs::remove(root / *folder, error);
  }
  for (const std::string& folder : folders_of_journal(journal)) sync_folder(root / folder);
  if (lost.empty()) return remove_journal(root);
  return fail(ErrorKind::kEnvironment,
              fmt::format("{} could not be put back as it was", list_and(lost)),
              "`floe fix` tries it again; `git checkout` has the committed state");
}

Status remove_journal(const fs::path& root) {
  FLOE_CHECK(floe::remove_all(root / kChangeJournal));
  sync_folder(root);
  return {};
}

Result<std::size_t> recover_changes(const fs::path& start) {
  const Result<fs::path> root = find_product_root(start);
  if (!root) return 0;  // opening the product will say so
  const fs::path path = *root / kChangeJournal;
  std::error_code error;
  const auto is_there = [&] { return fs::exists(fs::symlink_status(path, error)); };
  if (!is_there() && !has_begun_journal(*root)) return 0;
  const FileLock lock = FLOE_TRY(lock_product(*root));
  if (!is_there()) {  // nothing had been written yet, or it is done by now
    remove_staged(*root, {});
    return 0;
  }
  if (fs::is_symlink(fs::symlink_status(path, error))) return no_journal("it is a link");
  const std::string bytes = FLOE_TRY(read_file(path, kLargestJournal));
  const ChangeJournal journal = FLOE_TRY(parse_journal(bytes));
  FLOE_CHECK(check_as_left(*root, journal));
  FLOE_CHECK(put_back(*root, journal));
  return journal.files.size();
}

}  // namespace floe::cli
