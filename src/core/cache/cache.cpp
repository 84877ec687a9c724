// SPDX-License-Identifier: Apache-2.0
#include "core/cache/cache.h"

#include "base/hash.h"
#include "core/oci/layout.h"
#include "core/oci/reference.h"
#include "value/json.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <utility>
#include <vector>

namespace floe::core {

namespace {

std::string absolute_variable(const char* name) {
  const char* text = std::getenv(name);
  // XDG base directory specification: relative paths are to be ignored.
  return text != nullptr && *text == '/' ? text : "";
}

constexpr std::uintmax_t kMaxEvidenceFile = 16u << 20;

/// In bytes.
std::uintmax_t cache_limit() {
  constexpr std::uintmax_t kDefault = 1024;
  const char* text = std::getenv("FLOE_CACHE_SIZE");
  std::uintmax_t megabytes = kDefault;
  if (text != nullptr) {
    const std::string_view word(text);
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), megabytes);
    if (error != std::errc{} || end != word.data() + word.size()) megabytes = kDefault;
  }
  return std::min<std::uintmax_t>(megabytes, 1u << 30) << 20;
}

/// Notes that a blob is in use, at most once a day: that is exact enough for throwing away.
void mark_used(const fs::path& path) {
  std::error_code error;
  const auto now = fs::file_time_type::clock::now();
  const fs::file_time_type used = fs::last_write_time(path, error);
  if (!error && now - used > std::chrono::hours(24)) fs::last_write_time(path, now, error);
}

}  // namespace

std::optional<Cache> Cache::of_user() {
  if (const std::string folder = absolute_variable("XDG_CACHE_HOME"); !folder.empty()) {
    return Cache(fs::path(folder) / "floe");
  }
  if (const std::string home = absolute_variable("HOME"); !home.empty()) {
    return Cache(fs::path(home) / ".cache" / "floe");
  }
  return std::nullopt;
}

std::optional<std::string> Cache::blob(const std::string& digest, std::uint64_t limit) const {
  auto bytes = oci::read_blob(root_, digest, std::nullopt, limit);
  if (bytes) {
    mark_used(oci::blob_path(root_, digest));
    return std::move(*bytes);
  }
  if (bytes.error().kind == ErrorKind::kSecurity && oci::is_digest(digest)) {
    std::error_code ignored;  // if it cannot be removed it is replaced or refused again later
    fs::remove(oci::blob_path(root_, digest), ignored);
  }
  return std::nullopt;
}

Status Cache::put_blob(std::string_view bytes) const {
  if (!std::exchange(trimmed_, true)) trim();
  return write_output(oci::blob_path(root_, oci_digest(bytes)), bytes);
}

void Cache::trim() const {
  struct Entry {
    fs::file_time_type used;
    std::uintmax_t size = 0;
    fs::path path;
  };
  std::vector<Entry> entries;
  std::uintmax_t total = 0;
  std::error_code error;
  const fs::path folder = root_ / "blobs" / "sha256";
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;  // another process may have removed it just now
    Entry entry{it->last_write_time(ignored), it->file_size(ignored), it->path()};
    if (ignored) continue;
    total += entry.size;
    entries.push_back(std::move(entry));
  }
  const std::uintmax_t limit = cache_limit();
  if (total <= limit) return;
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.used < b.used; });
  for (const Entry& entry : entries) {
    if (total <= limit / 5 * 4) return;  // some room, so that it is not done at every pull
    std::error_code ignored;
    if (fs::remove(entry.path, ignored)) total -= entry.size;
  }
}

std::optional<std::string> Cache::evidence(const std::string& digest) const {
  if (!oci::is_digest(digest)) return std::nullopt;
  auto text = read_file(root_ / "evidence" / (digest.substr(7) + ".json"), kMaxEvidenceFile);
  if (!text) return std::nullopt;
  return std::move(*text);
}

Status Cache::put_evidence(const std::string& digest, std::string_view text) const {
  if (text.size() > kMaxEvidenceFile) return {};
  return write_output(root_ / "evidence" / (digest.substr(7) + ".json"), text);
}

fs::path Cache::tag_file(const std::string& key) const {
  return root_ / "tags" / (sha256_hex(key) + ".json");
}

std::optional<std::string> Cache::tag_digest(const std::string& key) const {
  const auto bytes = read_file(tag_file(key), 64 << 10);
  if (!bytes) return std::nullopt;
  const auto record = value::read_json(*bytes);
  if (!record) return std::nullopt;
  const value::Value* digest = record->find("digest");
  const value::Value* reference = record->find("ref");
  const bool whole = digest != nullptr && digest->is_string() &&
                     oci::is_digest(digest->as_string()) && reference != nullptr &&
                     reference->is_string() && reference->as_string() == key;
  return whole ? std::optional(digest->as_string()) : std::nullopt;
}

Status Cache::record_tag(const std::string& key, const std::string& digest) const {
  value::Value record = value::Value::map();
  record.set("ref", key);
  record.set("digest", digest);
  return write_file(tag_file(key), value::write_json(record) + "\n");
}

}  // namespace floe::core
