// SPDX-License-Identifier: Apache-2.0
#include "core/oci/layout_reader.h"

#include "base/hash.h"
#include "core/oci/fallback.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace floe::oci {

namespace {

constexpr std::uint64_t kMaxIndex = 16ull << 20;

tl::unexpected<Error> damaged_blob(const std::string& what, std::string_view why) {
  return fail(ErrorKind::kSecurity, fmt::format("{} is not what it should be: {}", what, why),
              "the registry is damaged or was tampered with: restore it, or publish a new version");
}

/// A small file whose digest nobody knows.
Result<std::string> read_range(const FileRange& file, const std::string& what,
                               std::uint64_t limit) {
  if (file.size > limit) return damaged_blob(what, "it is larger than allowed");
  std::string text;
  FLOE_CHECK(read_pieces(file, text_target(text).write));
  return text;
}

}  // namespace

Status read_checked(const FileRange& file, const std::string& digest, const std::string& what,
                    const BlobTarget& target) {
  FLOE_CHECK(target.restart());
  Sha256 actual;
  FLOE_CHECK(read_pieces(file, [&](std::string_view piece) {
    actual.add(piece);
    return target.write(piece);
  }));
  if (const std::string found = "sha256:" + actual.hex(); found != digest) {
    return damaged_blob(what, fmt::format("its content has the digest {}", found));
  }
  return {};
}

Status LayoutReader::check() const {
  const auto file = FLOE_TRY(find_file("oci-layout"));
  const auto bytes = file ? read_range(*file, name_, 4096) : Result<std::string>("");
  const auto document = bytes ? value::read_json(*bytes) : Result<value::Value>(value::Value());
  const value::Value* version = document ? document->find("imageLayoutVersion") : nullptr;
  if (version == nullptr || !version->is_string()) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("{} is no OCI image layout: its oci-layout file is not valid", name_));
  }
  if (!version->as_string().starts_with("1.")) {
    return fail(
        ErrorKind::kEnvironment,
        fmt::format("{} is an OCI image layout of a version that floe does not know", name_),
        "update floe");
  }
  return {};
}

Result<Index> LayoutReader::index() const {
  const auto file = FLOE_TRY(find_file("index.json"));
  if (!file) {
    Index index;
    index.document = empty_index();
    return index;
  }
  return read_index(FLOE_TRY(read_range(*file, "index.json of " + name_, kMaxIndex)));
}

Result<std::optional<Descriptor>> find_tag(const std::string& name, const Index& index,
                                           std::string_view tag) {
  std::optional<Descriptor> found;
  for (const Descriptor& descriptor : index.manifests) {
    if (descriptor.annotation(kRefName) != tag) continue;
    if (found && found->digest != descriptor.digest) {
      return fail(ErrorKind::kSecurity,
                  fmt::format("{} names two artifacts by the tag {}: {} and {}", name, tag,
                              found->digest, descriptor.digest),
                  "remove one of the entries from index.json, or refer to one by its digest");
    }
    found = descriptor;
  }
  return found;
}

Result<std::optional<Descriptor>> LayoutReader::resolve(std::string_view tag) {
  return find_tag(name_, FLOE_TRY(index()), tag);
}

Result<std::optional<TaggedManifest>> LayoutReader::fetch_tagged(std::string_view tag) {
  auto found = FLOE_TRY(resolve(tag));
  if (!found) return std::optional<TaggedManifest>();
  std::string bytes = FLOE_TRY(fetch_manifest(found->digest));
  return std::optional(TaggedManifest{std::move(*found), std::move(bytes)});
}

Result<std::vector<std::string>> LayoutReader::tags() {
  const Index all = FLOE_TRY(index());
  std::set<std::string> names;
  for (const Descriptor& descriptor : all.manifests) {
    std::string name = descriptor.annotation(kRefName);
    if (is_tag(name)) names.insert(std::move(name));
  }
  return std::vector<std::string>(names.begin(), names.end());
}

Result<std::string> LayoutReader::fetch_manifest(const std::string& digest) {
  Descriptor descriptor;
  descriptor.digest = digest;
  if (!is_digest(digest)) return damaged_blob(digest, "it has no SHA-256 digest");
  const auto file = FLOE_TRY(find_file("blobs/sha256/" + digest.substr(7)));
  descriptor.size = file ? file->size : 0;
  if (descriptor.size > kMaxManifest) return damaged_blob(digest, "it is larger than allowed");
  std::string bytes;
  FLOE_CHECK(fetch_blob_to(descriptor, text_target(bytes)));
  return bytes;
}

Status LayoutReader::fetch_blob_to(const Descriptor& descriptor, const BlobTarget& target) {
  const std::string what = fmt::format("blob {} of {}", descriptor.digest, name_);
  if (!is_digest(descriptor.digest)) return damaged_blob(what, "it has no SHA-256 digest");
  const auto file = FLOE_TRY(find_file("blobs/sha256/" + descriptor.digest.substr(7)));
  if (!file) {
    return fail(ErrorKind::kEnvironment, what + " is missing",
                "the registry is not complete: copy or publish the artifact again");
  }
  if (file->size != descriptor.size) {
    return damaged_blob(what,
                        fmt::format("it has {} bytes instead of {}", file->size, descriptor.size));
  }
  return read_checked(*file, descriptor.digest, what, target);
}

Result<std::vector<Descriptor>> LayoutReader::referrers(const std::string& digest,
                                                        std::string_view type) {
  std::vector<Descriptor> out;
  const Index all = FLOE_TRY(index());
  std::set<std::string> seen;
  for (const Descriptor& each : all.manifests) {
    if (each.annotation(kRefName) == fallback_tag(digest) && each.media_type == kIndexType) {
      // As tools leave it that copy from a registry without an API for referrers.
      const Index listed = FLOE_TRY(read_index(FLOE_TRY(fetch_manifest(each.digest))));
      for (const Descriptor& referrer : listed.manifests) {
        if (!may_have_type(referrer, type)) continue;
        if (seen.insert(referrer.digest).second) out.push_back(referrer);
      }
      continue;
    }
    // What says that it is something else need not be read.
    if (each.media_type != kManifestType || !may_have_type(each, type)) continue;
    const auto bytes = fetch_manifest(each.digest);
    const auto manifest =
        bytes ? read_manifest(*bytes) : Result<Manifest>(tl::unexpected<Error>(bytes.error()));
    if (!manifest || !manifest->subject || manifest->subject->digest != digest) continue;
    if (!seen.insert(each.digest).second) continue;
    Descriptor referrer = each;
    referrer.artifact_type =
        manifest->artifact_type.empty() ? manifest->config.media_type : manifest->artifact_type;
    referrer.annotations = manifest->annotations;
    if (may_have_type(referrer, type)) out.push_back(std::move(referrer));
  }
  return out;
}

}  // namespace floe::oci
