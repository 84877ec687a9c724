// SPDX-License-Identifier: Apache-2.0
#include "core/cache/cache.h"

#include "base/hash.h"
#include "core/oci/layout.h"
#include "core/oci/reference.h"
#include "value/json.h"

#include <cstdlib>

namespace floe::core {

namespace {

std::string absolute_variable(const char* name) {
  const char* text = std::getenv(name);
  // XDG base directory specification: relative paths are to be ignored.
  return text != nullptr && *text == '/' ? text : "";
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
  if (bytes) return std::move(*bytes);
  if (bytes.error().kind == ErrorKind::kSecurity && oci::is_digest(digest)) {
    std::error_code ignored;  // if it cannot be removed it is replaced or refused again later
    fs::remove(oci::blob_path(root_, digest), ignored);
  }
  return std::nullopt;
}

Status Cache::put_blob(std::string_view bytes) const {
  return write_output(oci::blob_path(root_, oci_digest(bytes)), bytes);
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
