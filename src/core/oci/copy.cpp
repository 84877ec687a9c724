// SPDX-License-Identifier: Apache-2.0
#include "core/oci/copy.h"

#include "base/threads.h"
#include "core/oci/fallback.h"

#include <fmt/core.h>

#include <algorithm>
#include <mutex>

namespace floe::oci {

namespace {

constexpr std::uint64_t kInMemory = 1 << 20;

/// A folder for blobs on their way, removed in the end.
class SpoolFolder {
 public:
  SpoolFolder() = default;
  SpoolFolder(const SpoolFolder&) = delete;
  SpoolFolder& operator=(const SpoolFolder&) = delete;
  ~SpoolFolder() {
    if (!path_.empty()) static_cast<void>(floe::remove_all(path_));
  }
  Result<fs::path> path() {
    const std::lock_guard lock(mutex_);
    if (!path_.empty()) return path_;
    std::error_code error;
    std::string name = (fs::temp_directory_path(error) / "floe-copy-XXXXXX").string();
    if (error || ::mkdtemp(name.data()) == nullptr) {
      return fail(ErrorKind::kEnvironment, "no temporary folder can be made",
                  "check TMPDIR and the space there");
    }
    path_ = name;
    return path_;
  }

 private:
  std::mutex mutex_;
  fs::path path_;
};

Status copy_blob(Registry& from, Registry& to, const Descriptor& blob, SpoolFolder& spool) {
  BlobSource source;
  source.descriptor = blob;
  if (blob.size <= kInMemory) {
    source.bytes = FLOE_TRY(from.fetch_blob(blob));
    return to.push_blobs({&source, 1});
  }
  const fs::path path = FLOE_TRY(spool.path()) / blob.digest.substr(7);
  FLOE_CHECK(from.fetch_blob_file(blob, path, Durable::kNo));
  source.file = FileRange{path, 0, blob.size};
  Status pushed = to.push_blobs({&source, 1});
  std::error_code ignored;
  fs::remove(path, ignored);
  return pushed;
}

/// Blobs first, then the manifest; the bytes of the manifest.
Result<std::string> copy_manifest(Registry& from, Registry& to, const std::string& digest,
                                  SpoolFolder& spool) {
  std::string bytes = FLOE_TRY(from.fetch_manifest(digest));
  const Manifest manifest = FLOE_TRY(read_manifest(bytes));
  std::vector<Descriptor> blobs = manifest.layers;
  blobs.push_back(manifest.config);
  std::sort(blobs.begin(), blobs.end(),
            [](const Descriptor& a, const Descriptor& b) { return a.digest < b.digest; });
  blobs.erase(
      std::unique(blobs.begin(), blobs.end(),
                  [](const Descriptor& a, const Descriptor& b) { return a.digest == b.digest; }),
      blobs.end());
  std::mutex mutex;
  Status first;
  parallel_for(blobs.size(), std::max(from.parallel(blobs.size()), to.parallel(blobs.size())),
               [&](std::size_t i) {
                 {
                   const std::lock_guard lock(mutex);
                   if (!first) return;
                 }
                 Status done = copy_blob(from, to, blobs[i], spool);
                 const std::lock_guard lock(mutex);
                 if (!done && first) first = std::move(done);
               });
  FLOE_CHECK(first);
  return bytes;
}

}  // namespace

std::vector<std::string> companion_tags(std::string_view digest) {
  const std::string base = fallback_tag(digest);
  return {base + ".sig", base + ".att", base + ".sbom"};
}

Status copy_artifact(Registry& from, Registry& to, const std::string& digest) {
  SpoolFolder spool;
  const std::string bytes = FLOE_TRY(copy_manifest(from, to, digest, spool));
  FLOE_CHECK(to.push_manifest(bytes));
  for (const Descriptor& referrer : FLOE_TRY(from.referrers(digest))) {
    const std::string own = FLOE_TRY(copy_manifest(from, to, referrer.digest, spool));
    FLOE_CHECK(to.push_manifest(own));
  }
  for (const std::string& tag : companion_tags(digest)) {
    const auto found = FLOE_TRY(from.resolve(tag));
    if (!found) continue;
    const std::string own = FLOE_TRY(copy_manifest(from, to, found->digest, spool));
    FLOE_TRY(to.push_tag(own, tag, IfTagged::kReplace));
  }
  return {};
}

}  // namespace floe::oci
