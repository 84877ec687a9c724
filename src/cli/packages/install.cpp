// SPDX-License-Identifier: Apache-2.0
#include "cli/packages/install.h"

#include "base/hash.h"
#include "base/text.h"
#include "dbt/manifest/json_writer.h"
#include "value/json.h"

#include <fmt/format.h>

namespace floe::cli {

namespace {

constexpr const char* kNotesFile = ".floe-packages.json";

/// A digest of all files of a folder: names and contents.
Result<std::string> folder_digest(const fs::path& folder) {
  std::string text;
  for (const std::string& name : FLOE_TRY(list_files(folder))) {
    if (name.starts_with(".git/")) continue;
    text += name + " " + xxh128_hex(FLOE_TRY(read_file(folder / name))) + "\n";
  }
  return xxh128_hex(text);
}

}  // namespace

InstalledPackages::InstalledPackages(fs::path folder) : folder_(std::move(folder)) {
  const Result<std::string> text = read_file(folder_ / kNotesFile);
  if (!text) return;
  const auto notes = value::read_json(*text);
  if (!notes || !notes->is_map()) return;
  for (const value::Member& member : notes->as_map()) {
    const value::Value* identity = member.value.is_map() ? member.value.find("identity") : nullptr;
    const value::Value* digest = member.value.is_map() ? member.value.find("digest") : nullptr;
    if (identity == nullptr || digest == nullptr || !identity->is_string() ||
        !digest->is_string()) {
      continue;
    }
    notes_[member.key] = {identity->as_string(), digest->as_string()};
  }
}

Result<fs::path> InstalledPackages::place(const std::string& name) const {
  if (name.empty() || name == "." || name == ".." || contains(name, "/") ||
      name.starts_with("__")) {
    return fail(ErrorKind::kSecurity,
                fmt::format("Invalid package name '{}': resolves outside of the "
                            "packages-install-path ('{}')",
                            name, folder_.string()));
  }
  return folder_ / name;
}

bool InstalledPackages::has(const std::string& name, const std::string& identity) const {
  const auto note = notes_.find(name);
  if (identity.empty() || note == notes_.end() || note->second.identity != identity) return false;
  std::error_code code;
  if (!fs::is_directory(folder_ / name, code)) return false;
  const Result<std::string> digest = folder_digest(folder_ / name);
  return digest && *digest == note->second.digest;
}

Status InstalledPackages::put(const std::string& name, const std::string& identity,
                              const fs::path& source) {
  const fs::path target = FLOE_TRY(place(name));
  notes_.erase(name);
  FLOE_CHECK(floe::remove_all(target));
  std::error_code code;
  fs::rename(source, target, code);
  if (code) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("cannot move package {} into place: {}", name, code.message()));
  }
  if (!identity.empty()) notes_[name] = {identity, FLOE_TRY(folder_digest(target))};
  return {};
}

Status InstalledPackages::link(const std::string& name, const fs::path& target) {
  const fs::path place_of = FLOE_TRY(place(name));
  notes_.erase(name);
  FLOE_CHECK(floe::remove_all(place_of));
  std::error_code code;
  fs::create_directory_symlink(target, place_of, code);
  if (!code) return {};
  return fail(ErrorKind::kEnvironment,
              fmt::format("cannot link {}: {}", place_of.string(), code.message()));
}

Status InstalledPackages::finish(const std::set<std::string>& names) {
  std::error_code code;
  std::vector<fs::path> surplus;
  for (const auto& entry : fs::directory_iterator(folder_, code)) {
    const std::string name = entry.path().filename().string();
    if (!names.contains(name) && name != kNotesFile) surplus.push_back(entry.path());
  }
  for (const fs::path& path : surplus) FLOE_CHECK(floe::remove_all(path));
  dbt::JsonWriter json;
  json.begin_object();
  bool any = false;
  for (const auto& [name, note] : notes_) {
    if (!names.contains(name)) continue;
    any = true;
    json.key(name);
    json.begin_object();
    json.member("identity", note.identity);
    json.member("digest", note.digest);
    json.end_object();
  }
  json.end_object();
  if (!any) return floe::remove_all(folder_ / kNotesFile);
  return write_output(folder_ / kNotesFile, json.text() + "\n");
}

std::string package_identity(const PackageRequest& request) {
  switch (request.kind) {
    case PackageKind::kLocal: return "";
    case PackageKind::kTarball: return "tarball " + request.written;
    case PackageKind::kHub:
      return fmt::format("package {} {}", request.where, join(request.versions, ","));
    case PackageKind::kGit:
    case PackageKind::kPrivate: break;
  }
  const std::string revision = request.versions.empty() ? "" : request.versions.front();
  if (revision.size() != 40) return "";
  return fmt::format("git {} {} {}", request.written, revision, request.subdirectory);
}

Result<ArchiveChecksums> ArchiveChecksums::read(const fs::path& file) {
  ArchiveChecksums out;
  out.file_ = file;
  std::error_code code;
  if (!fs::exists(file, code)) return out;
  const std::string text = FLOE_TRY(read_file(file));
  for (const std::string_view line : split(text, '\n')) {
    if (line.size() > 66 && line[0] != '#') {
      out.known_[std::string(line.substr(66))] = std::string(line.substr(0, 64));
    }
  }
  return out;
}

Status ArchiveChecksums::check(const std::string& identity, const std::string& sha256,
                               bool forget) {
  std::string& known = known_[identity];
  if (known == sha256) return {};
  if (!known.empty() && !(forget && identity.starts_with("tarball "))) {
    return fail(ErrorKind::kSecurity,
                fmt::format("the archive of {} is not what was installed before: its sha256 is {}, "
                            "{} says {}",
                            identity, sha256, file_.filename().string(), known),
                identity.starts_with("tarball ")
                    ? "look at what changed; `floe dbt deps --upgrade` takes the new content"
                    : "a published version never changes: ask who publishes it");
  }
  known = sha256;
  changed_ = true;
  return {};
}

Status ArchiveChecksums::write(const std::set<std::string>& identities) {
  changed_ =
      std::erase_if(known_, [&](const auto& entry) { return !identities.contains(entry.first); }) >
          0 ||
      changed_;
  if (!changed_) return {};
  if (known_.empty()) return floe::remove_all(file_);
  std::string text =
      "# The sha256 of each downloaded package archive. floe dbt deps refuses others.\n";
  for (const auto& [identity, sha256] : known_) text += sha256 + "  " + identity + "\n";
  return write_output(file_, text);
}

}  // namespace floe::cli
