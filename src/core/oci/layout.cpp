// SPDX-License-Identifier: Apache-2.0
#include "core/oci/layout.h"

#include "base/hash.h"
#include "core/oci/layout_reader.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <set>

namespace floe::oci {

namespace {

using value::Value;

constexpr std::string_view kLayoutFile = "oci-layout";
constexpr std::string_view kLayoutContent = R"({"imageLayoutVersion":"1.0.0"})";
constexpr std::string_view kIndexFile = "index.json";
constexpr std::string_view kLockFile = ".floe.lock";
constexpr std::uint64_t kMaxWrittenIndex = 16ull << 20;
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

/// A plain file of the layout; what is a link or anything else is refused.
Result<std::optional<FileRange>> layout_file(const fs::path& root, const std::string& name) {
  const fs::path path = root / name;
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  if (status.type() == fs::file_type::not_found) return std::optional<FileRange>();
  if (status.type() == fs::file_type::none) return unreadable(path, error);
  if (status.type() != fs::file_type::regular) {
    return corrupt_blob(name, "it is not a plain file");
  }
  const std::uintmax_t size = fs::file_size(path, error);
  if (error) return unreadable(path, error);
  return std::optional(FileRange{path, 0, size});
}

class Layout final : public LayoutReader {
 public:
  Layout(fs::path root, std::string name) : LayoutReader(std::move(name)), root_(std::move(root)) {}

  Status push_blobs(std::span<const BlobSource> blobs) override {
    for (const BlobSource& blob : blobs) FLOE_CHECK(push_blob(blob));
    return {};
  }

  Status push_manifests(std::span<const std::string> manifests) override {
    const FileLock lock = FLOE_TRY(FileLock::wait(root_ / kLockFile, kLockPatience));
    Index all = FLOE_TRY(index());
    bool changed = false;
    for (const std::string& bytes : manifests) {
      const Manifest manifest = FLOE_TRY(read_manifest(bytes));
      FLOE_CHECK(check_blobs(manifest));
      FLOE_CHECK(write_blob(root_, bytes));
      const std::string digest = oci_digest(bytes);
      const auto is_it = [&](const Descriptor& each) {
        return each.digest == digest && each.annotation(kRefName).empty();
      };
      if (!manifest.subject || std::any_of(all.manifests.begin(), all.manifests.end(), is_it)) {
        continue;
      }
      Descriptor own = describe_bytes(std::string(kManifestType), bytes);
      own.artifact_type = manifest.artifact_type;
      all.document.edit("manifests")->push(to_value(own));
      all.manifests.push_back(std::move(own));
      changed = true;
    }
    if (!changed) return {};
    return save_index(all, nullptr, [](const Descriptor&) { return true; });
  }

  Result<TagOutcome> push_tag(std::string_view bytes, std::string_view tag,
                              IfTagged if_tagged) override {
    if (!is_tag(tag)) return fail(ErrorKind::kUsage, fmt::format("'{}' is no tag", tag));
    const FileLock lock = FLOE_TRY(FileLock::wait(root_ / kLockFile, kLockPatience));
    sweep_abandoned(root_);
    Index all = FLOE_TRY(index());
    Descriptor wanted = FLOE_TRY(describe_document(bytes));
    wanted.annotations[std::string(kRefName)] = tag;
    const std::optional<Descriptor> current = FLOE_TRY(find_tag(name(), all, tag));
    if (current && current->digest == wanted.digest) {
      FLOE_CHECK(write_blob(root_, bytes));  // heals a damaged one
      return TagOutcome{TagOutcome::What::kSame, *current};
    }
    if (current && if_tagged == IfTagged::kRefuse) {
      return TagOutcome{TagOutcome::What::kConflict, *current};
    }
    FLOE_CHECK(write_blob(root_, bytes));
    FLOE_CHECK(save_index(
        all, &wanted, [&](const Descriptor& each) { return each.annotation(kRefName) != tag; }));
    return TagOutcome{current ? TagOutcome::What::kReplaced : TagOutcome::What::kCreated, wanted};
  }

  Status remove_tag(std::string_view tag) override {
    const FileLock lock = FLOE_TRY(FileLock::wait(root_ / kLockFile, kLockPatience));
    Index all = FLOE_TRY(index());
    if (!FLOE_TRY(find_tag(name(), all, tag))) {
      return fail(ErrorKind::kEnvironment, fmt::format("{}:{} is not there", name(), tag));
    }
    FLOE_CHECK(save_index(
        all, nullptr, [&](const Descriptor& each) { return each.annotation(kRefName) != tag; }));
    return collect_garbage();
  }

  Status remove_manifest(const std::string& digest) override {
    const FileLock lock = FLOE_TRY(FileLock::wait(root_ / kLockFile, kLockPatience));
    Index all = FLOE_TRY(index());
    const std::size_t before = all.manifests.size();
    FLOE_CHECK(
        save_index(all, nullptr, [&](const Descriptor& each) { return each.digest != digest; }));
    if (before == FLOE_TRY(index()).manifests.size()) {
      return fail(ErrorKind::kEnvironment, fmt::format("{}@{} is not there", name(), digest));
    }
    return collect_garbage();
  }

 protected:
  Result<std::optional<FileRange>> find_file(const std::string& file) const override {
    return layout_file(root_, file);
  }

 private:
  Status push_blob(const BlobSource& blob) const {
    if (!blob.file) return write_blob(root_, blob.bytes);
    const std::string& digest = blob.descriptor.digest;
    const std::string what = "blob " + digest;
    const auto there = FLOE_TRY(layout_file(root_, "blobs/sha256/" + digest.substr(7)));
    const BlobTarget nowhere{[]() -> Status { return {}; },
                             [](std::string_view) -> Status { return {}; }};
    if (there && read_checked(*there, digest, what, nowhere)) return {};
    OutputFile file(blob_path(root_, digest));
    FLOE_CHECK(read_checked(*blob.file, digest, what,
                            {[]() -> Status { return {}; },
                             [&](std::string_view piece) -> Status {
                               file.write(piece);
                               return {};
                             }}));
    return file.commit(true);
  }

  /// The descriptor of a manifest, whose blobs must be there, or of an index.
  Result<Descriptor> describe_document(std::string_view bytes) const {
    if (auto manifest = read_manifest(bytes)) {
      FLOE_CHECK(check_blobs(*manifest));
      Descriptor out = describe_bytes(std::string(kManifestType), bytes);
      out.artifact_type = manifest->artifact_type;
      return out;
    } else if (!read_index(bytes)) {
      return tl::unexpected<Error>(std::move(manifest.error()));
    }
    return describe_bytes(std::string(kIndexType), bytes);
  }

  Status check_blobs(const Manifest& manifest) const {
    for (const Descriptor& layer : manifest.layers) {
      std::error_code error;
      const std::uintmax_t size = fs::file_size(blob_path(root_, layer.digest), error);
      if (error || size != layer.size) {
        return fail(ErrorKind::kEnvironment,
                    fmt::format("blob {} is missing in {}", layer.digest, name()),
                    "publish again: another program may have removed it meanwhile");
      }
    }
    return {};
  }

  /// Writes the index with the entries that `keeps` and `added`; entries stay as they were, members
  /// unknown to floe included.
  Status save_index(Index& all, const Descriptor* added,
                    const std::function<bool(const Descriptor&)>& keeps) const {
    Value::List& entries = all.document.edit("manifests")->edit_list();
    Value::List kept;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (keeps(all.manifests[i])) kept.push_back(std::move(entries[i]));
    }
    if (added != nullptr) kept.push_back(to_value(*added));
    entries = std::move(kept);
    const std::string bytes = value::write_json(all.document);
    if (bytes.size() > kMaxWrittenIndex) {
      return fail(ErrorKind::kEnvironment, fmt::format("the index of {} is full", name()),
                  "publish into another folder");
    }
    return write_file(root_ / kIndexFile, bytes);
  }

  /// Removes blobs that nothing in the index leads to. Those of a publisher at work stay: they are
  /// younger than it could take.
  Status collect_garbage() {
    std::set<std::string> used;
    std::vector<std::string> todo;
    for (const Descriptor& each : FLOE_TRY(index()).manifests) todo.push_back(each.digest);
    while (!todo.empty()) {
      const std::string digest = std::move(todo.back());
      todo.pop_back();
      if (!used.insert(digest).second) continue;
      const std::string bytes = FLOE_TRY(fetch_manifest(digest));
      if (const auto manifest = read_manifest(bytes)) {
        used.insert(manifest->config.digest);
        for (const Descriptor& layer : manifest->layers) used.insert(layer.digest);
      } else if (const auto index = read_index(bytes)) {
        for (const Descriptor& each : index->manifests) todo.push_back(each.digest);
      }
    }
    std::error_code error;
    const auto now = fs::file_time_type::clock::now();
    const fs::path folder = root_ / "blobs" / "sha256";
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      if (used.contains("sha256:" + it->path().filename().string())) continue;
      std::error_code ignored;
      if (now - fs::last_write_time(it->path(), ignored) < kAbandoned) continue;
      fs::remove(it->path(), ignored);
    }
    return {};
  }

  fs::path root_;
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
  if (!present && access != Access::kPublish) {
    return fail(
        ErrorKind::kEnvironment,
        fmt::format("there is no registry at {}: {} is no OCI image layout", name, root.string()),
        "check the path; `floe platform publish v1.2.3 --registry " + name + "` makes one");
  }
  if (!present) FLOE_CHECK(create_layout(root, name));
  auto layout = std::make_unique<Layout>(root, name);
  FLOE_CHECK(layout->check());
  return layout;
}

}  // namespace floe::oci
