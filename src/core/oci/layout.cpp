// SPDX-License-Identifier: Apache-2.0
#include "core/oci/layout.h"

#include "base/hash.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

namespace floe::oci {

namespace {

using value::Value;

constexpr std::string_view kLayoutFile = "oci-layout";
constexpr std::string_view kLayoutContent = R"({"imageLayoutVersion":"1.0.0"})";
constexpr std::string_view kIndexFile = "index.json";
constexpr std::string_view kLockFile = ".floe.lock";
constexpr std::uint64_t kMaxIndex = 16ull << 20;
constexpr std::chrono::seconds kLockPatience{30};
constexpr std::chrono::hours kAbandoned{1};

tl::unexpected<Error> corrupt_blob(const std::string& digest, std::string_view why) {
  return fail(ErrorKind::kSecurity,
              fmt::format("blob {} is not what it should be: {}", digest, why),
              "the registry is damaged or was tampered with: restore it, or publish a new version");
}

tl::unexpected<Error> unreadable(const fs::path& path, const std::error_code& error) {
  return fail(ErrorKind::kEnvironment,
              fmt::format("cannot read {}: {}", path.string(), error.message()),
              "check the permissions of the path");
}

/// Whether the folder holds nothing but what an interrupted first publish may have left.
bool is_vacant(const fs::path& root) {
  std::error_code error;
  for (fs::directory_iterator it(root, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name != "blobs" && !name.starts_with(kLockFile) && !name.starts_with(kLayoutFile)) {
      return false;
    }
  }
  return true;
}

/// Removes the temporary files of writers that were killed long ago.
void sweep_abandoned(const fs::path& root) {
  std::error_code error;
  const fs::path folder = root / "blobs" / "sha256";
  const auto now = fs::file_time_type::clock::now();
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.size() <= 64 || name[64] != '.') continue;
    std::error_code ignored;
    const fs::file_time_type changed = it->last_write_time(ignored);
    if (!ignored && now - changed > kAbandoned) fs::remove(it->path(), ignored);
  }
}

class Layout final : public Registry {
 public:
  Layout(fs::path root, std::string name) : root_(std::move(root)), name_(std::move(name)) {}

  std::string name() const override { return name_; }
  bool is_local() const override { return true; }

  Result<std::optional<Descriptor>> resolve(std::string_view tag) override {
    const Index index = FLOE_TRY(load_index());
    return find_tag(index, tag);
  }

  Result<std::vector<Tag>> tags() override {
    const Index index = FLOE_TRY(load_index());
    std::vector<Tag> out;
    for (const Descriptor& descriptor : index.manifests) {
      std::string name = descriptor.annotation(kRefName);
      if (is_tag(name)) out.push_back({std::move(name), descriptor});
    }
    std::stable_sort(out.begin(), out.end(),
                     [](const Tag& a, const Tag& b) { return a.name < b.name; });
    return out;
  }

  Result<std::string> fetch_manifest(const std::string& digest) override {
    return read_blob(root_, digest, std::nullopt, kMaxManifest);
  }

  Result<std::string> fetch_blob(const Descriptor& descriptor) override {
    return read_blob(root_, descriptor.digest, descriptor.size, kMaxBlob);
  }

  Status push_blob(std::string_view bytes) override { return write_blob(root_, bytes); }

  Result<TagOutcome> push_manifest(std::string_view bytes, std::string_view tag,
                                   IfTagged if_tagged) override {
    if (!is_tag(tag)) return fail(ErrorKind::kUsage, fmt::format("'{}' is no tag", tag));
    const Manifest manifest = FLOE_TRY(read_manifest(bytes));
    const FileLock lock = FLOE_TRY(FileLock::wait(root_ / kLockFile, kLockPatience));
    sweep_abandoned(root_);
    Index index = FLOE_TRY(load_index());
    Descriptor wanted = describe_bytes(std::string(kManifestType), bytes);
    wanted.artifact_type = manifest.artifact_type;
    wanted.annotations[std::string(kRefName)] = tag;
    const std::optional<Descriptor> current = FLOE_TRY(find_tag(index, tag));
    if (current && current->digest == wanted.digest) {
      FLOE_CHECK(write_blob(root_, bytes));  // heals a damaged one
      return TagOutcome{TagOutcome::What::kSame, *current};
    }
    if (current && if_tagged == IfTagged::kRefuse) {
      return TagOutcome{TagOutcome::What::kConflict, *current};
    }
    FLOE_CHECK(check_blobs(manifest));
    FLOE_CHECK(write_blob(root_, bytes));
    FLOE_CHECK(save_index(index, wanted));
    return TagOutcome{current ? TagOutcome::What::kReplaced : TagOutcome::What::kCreated, wanted};
  }

 private:
  Result<Index> load_index() const {
    std::error_code error;
    if (!fs::exists(root_ / kIndexFile, error) && !error) return empty_index();
    const std::string bytes = FLOE_TRY(read_file(root_ / kIndexFile, kMaxIndex));
    return read_index(bytes);
  }

  static Index empty_index() {
    Index index;
    index.document = Value::map();
    index.document.set("schemaVersion", 2);
    index.document.set("mediaType", kIndexType);
    index.document.set("manifests", Value::list());
    return index;
  }

  /// A tag that stands twice with different digests would be read differently by different tools.
  Result<std::optional<Descriptor>> find_tag(const Index& index, std::string_view tag) const {
    std::optional<Descriptor> found;
    for (const Descriptor& descriptor : index.manifests) {
      if (descriptor.annotation(kRefName) != tag) continue;
      if (found && found->digest != descriptor.digest) {
        return fail(ErrorKind::kSecurity,
                    fmt::format("{} names two artifacts by the tag {}: {} and {}", name_, tag,
                                found->digest, descriptor.digest),
                    "remove one of the entries from index.json, or refer to one by its digest");
      }
      found = descriptor;
    }
    return found;
  }

  Status check_blobs(const Manifest& manifest) const {
    for (const Descriptor& layer : manifest.layers) {
      std::error_code error;
      const std::uintmax_t size = fs::file_size(blob_path(root_, layer.digest), error);
      if (error || size != layer.size) {
        return fail(ErrorKind::kEnvironment,
                    fmt::format("blob {} is missing in {}", layer.digest, name_),
                    "publish again: another program may have removed it meanwhile");
      }
    }
    return {};
  }

  /// Writes the index with `wanted` as the only entry of its tag; all other entries stay as they
  /// were, members unknown to floe included.
  Status save_index(Index& index, const Descriptor& wanted) const {
    Value::List& entries = index.document.edit("manifests")->edit_list();
    const std::string tag = wanted.annotation(kRefName);
    Value::List kept;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (index.manifests[i].annotation(kRefName) != tag) kept.push_back(std::move(entries[i]));
    }
    kept.push_back(to_value(wanted));
    entries = std::move(kept);
    const std::string bytes = value::write_json(index.document);
    if (bytes.size() > kMaxIndex) {
      return fail(ErrorKind::kEnvironment, fmt::format("the index of {} is full", name_),
                  "publish into another folder");
    }
    return write_file(root_ / kIndexFile, bytes);
  }

  fs::path root_;
  std::string name_;
};

/// Makes the layout's files in a missing or empty folder.
Status create_layout(const fs::path& root, const std::string& name) {
  std::error_code error;
  if (fs::exists(root, error) && !fs::is_directory(root, error)) {
    return fail(ErrorKind::kEnvironment, fmt::format("{} is not a folder", name));
  }
  // Another publisher that makes the layout right now writes oci-layout before anything else.
  if (!is_vacant(root) && !fs::exists(root / kLayoutFile, error)) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("{} is no OCI image layout, and the folder is not empty", name),
                "choose another folder for the registry");
  }
  FLOE_CHECK(make_directories(root / "blobs" / "sha256"));
  return write_file(root / kLayoutFile, kLayoutContent);
}

Status check_layout(const fs::path& root, const std::string& name) {
  const std::string bytes = FLOE_TRY(read_file(root / kLayoutFile, 4096));
  const auto document = value::read_json(bytes);
  const Value* version = document ? document->find("imageLayoutVersion") : nullptr;
  if (version == nullptr || !version->is_string()) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("{} is no OCI image layout: its oci-layout file is not valid", name));
  }
  if (!version->as_string().starts_with("1.")) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("{} is an OCI image layout of a version that floe does not know", name),
                "update floe");
  }
  return {};
}

}  // namespace

fs::path blob_path(const fs::path& root, const std::string& digest) {
  return root / "blobs" / "sha256" / digest.substr(digest.find(':') + 1);
}

Result<std::string> read_blob(const fs::path& root, const std::string& digest,
                              std::optional<std::uint64_t> size, std::uint64_t limit) {
  if (!is_digest(digest)) return corrupt_blob("", "it has no SHA-256 digest");
  const fs::path path = blob_path(root, digest);
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  if (status.type() == fs::file_type::not_found) {
    return fail(ErrorKind::kEnvironment, fmt::format("blob {} is missing", digest),
                "the registry is not complete: copy or publish the artifact again");
  }
  if (status.type() == fs::file_type::none) return unreadable(path, error);
  if (status.type() != fs::file_type::regular) {
    return corrupt_blob(digest, "it is not a plain file");
  }
  if (size && *size > limit) return corrupt_blob(digest, "it claims to be larger than allowed");
  const std::uintmax_t on_disk = fs::file_size(path, error);
  if (error) return unreadable(path, error);
  if (on_disk > limit) return corrupt_blob(digest, "it is larger than allowed");
  if (size && on_disk != *size) {
    return corrupt_blob(digest, fmt::format("it has {} bytes instead of {}", on_disk, *size));
  }
  std::string bytes = FLOE_TRY(read_file(path, limit));
  if (const std::string actual = oci_digest(bytes); actual != digest) {
    return corrupt_blob(digest, fmt::format("its content has the digest {}", actual));
  }
  return bytes;
}

Status write_blob(const fs::path& root, std::string_view bytes) {
  const std::string digest = oci_digest(bytes);
  if (read_blob(root, digest, bytes.size(), kMaxBlob)) return {};
  return write_file(blob_path(root, digest), bytes);
}

Result<std::unique_ptr<Registry>> open_layout(const Reference& reference, const fs::path& base,
                                              Access access) {
  const std::string name = repository_name(reference);
  const fs::path root = resolve_path(reference, base).repository;
  std::error_code error;
  const bool present = fs::exists(root / kLayoutFile, error);
  if (error) return unreadable(root / kLayoutFile, error);
  if (!present && access == Access::kRead) {
    return fail(
        ErrorKind::kEnvironment,
        fmt::format("there is no registry at {}: {} is no OCI image layout", name, root.string()),
        "check the path; `floe platform publish v1.2.3 --registry " + name + "` makes one");
  }
  if (!present) FLOE_CHECK(create_layout(root, name));
  FLOE_CHECK(check_layout(root, name));
  return std::make_unique<Layout>(root, name);
}

}  // namespace floe::oci
