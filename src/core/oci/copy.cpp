// SPDX-License-Identifier: Apache-2.0
#include "core/oci/copy.h"

#include "base/threads.h"
#include "core/oci/fallback.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::oci {

namespace {

constexpr std::uint64_t kInMemory = 1 << 20;

Status copy_blob(Registry& from, Registry& to, const Descriptor& blob,
                 const TemporaryFolder& spool) {
  BlobSource source;
  source.descriptor = blob;
  if (blob.size <= kInMemory) {
    source.bytes = FLOE_TRY(from.fetch_blob(blob));
    return to.push_blobs({&source, 1});
  }
  const fs::path path = spool.path() / blob.digest.substr(7);
  FLOE_CHECK(from.fetch_blob_file(blob, path, Durable::kNo));
  source.file = FileRange{path, 0, blob.size};
  Status pushed = to.push_blobs({&source, 1});
  std::error_code ignored;
  fs::remove(path, ignored);
  return pushed;
}

/// Blobs first, then the manifest; the bytes of the manifest.
Result<std::string> copy_manifest(Registry& from, Registry& to, const std::string& digest,
                                  const TemporaryFolder& spool) {
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
  FLOE_CHECK(parallel_until_failure(
      blobs.size(), std::max(from.parallel(blobs.size()), to.parallel(blobs.size())),
      [&](std::size_t i) { return copy_blob(from, to, blobs[i], spool); }));
  return bytes;
}

}  // namespace

std::vector<std::string> companion_tags(std::string_view digest) {
  const std::string base = fallback_tag(digest);
  return {base + ".sig", base + ".att", base + ".sbom"};
}

Status copy_artifact(Registry& from, Registry& to, const std::string& digest) {
  const TemporaryFolder spool = FLOE_TRY(TemporaryFolder::make("floe-copy-"));
  const std::string bytes = FLOE_TRY(copy_manifest(from, to, digest, spool));
  FLOE_CHECK(to.push_manifest(bytes));
  std::vector<std::string> referrers;
  std::size_t held = 0;
  for (const Descriptor& referrer : FLOE_TRY(from.referrers(digest))) {
    referrers.push_back(FLOE_TRY(copy_manifest(from, to, referrer.digest, spool)));
    held += referrers.back().size();
    if (held < kInMemory) continue;
    FLOE_CHECK(to.push_manifests(referrers));
    referrers.clear();
    held = 0;
  }
  FLOE_CHECK(to.push_manifests(referrers));
  for (const std::string& tag : companion_tags(digest)) {
    const auto found = FLOE_TRY(from.resolve(tag));
    if (!found) continue;
    const std::string own = FLOE_TRY(copy_manifest(from, to, found->digest, spool));
    FLOE_TRY(to.push_tag(own, tag, IfTagged::kReplace));
  }
  return {};
}

}  // namespace floe::oci
