// SPDX-License-Identifier: Apache-2.0
#include "core/oci/registry.h"

#include "base/hash.h"
#include "base/text.h"
#include "base/threads.h"
#include "core/oci/archive.h"
#include "core/oci/layout.h"
#include "core/oci/remote.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::oci {

BlobSource blob_of(std::string bytes, std::string media_type) {
  BlobSource source;
  source.descriptor = describe_bytes(std::move(media_type), bytes);
  source.bytes = std::move(bytes);
  return source;
}

Result<BlobSource> blob_of_file(const fs::path& path, std::string media_type) {
  BlobSource source;
  Sha256 digest;
  FLOE_CHECK(read_pieces(path, [&](std::string_view piece) -> Status {
    digest.add(piece);
    source.descriptor.size += piece.size();
    return {};
  }));
  source.descriptor.media_type = std::move(media_type);
  source.descriptor.digest = "sha256:" + digest.hex();
  std::error_code error;
  source.file = FileRange{fs::weakly_canonical(path, error), 0, source.descriptor.size};
  return source;
}

Error naming(std::string_view what, Error error) {
  if (contains(describe(error), what)) return error;
  // "oci://host/repository: …" becomes "oci://host/repository:v1.2.3: …".
  const std::size_t colon = error.message.find(": ");
  const bool is_prefix =
      colon != std::string::npos && what.starts_with(error.message.substr(0, colon));
  error.message =
      std::string(what) + (is_prefix ? error.message.substr(colon) : ": " + error.message);
  return error;
}

BlobTarget text_target(std::string& text) {
  return {[&text]() -> Status {
            text.clear();
            return {};
          },
          [&text](std::string_view piece) -> Status {
            text += piece;
            return {};
          }};
}

bool may_have_type(const Descriptor& referrer, std::string_view type) {
  return type.empty() || referrer.artifact_type.empty() || referrer.artifact_type == kEmptyType ||
         referrer.artifact_type.starts_with(type);
}

Result<std::vector<std::string>> Registry::artifact_tags() {
  std::vector<std::string> out = FLOE_TRY(tags());
  std::erase_if(out, [](const std::string& tag) { return tag.starts_with("sha256-"); });
  return out;
}

Status Registry::push_manifest(std::string_view bytes) {
  const std::string manifest(bytes);
  return push_manifests({&manifest, 1});
}

Result<std::string> Registry::fetch_blob(const Descriptor& descriptor) {
  if (descriptor.size > kMaxBlob) {
    return fail(ErrorKind::kSecurity,
                fmt::format("blob {} of {} claims to have {} bytes, and {} are allowed",
                            descriptor.digest, name(), descriptor.size, kMaxBlob));
  }
  std::string bytes;
  FLOE_CHECK(fetch_blob_to(descriptor, text_target(bytes)));
  return bytes;
}

Status Registry::fetch_blob_file(const Descriptor& descriptor, const fs::path& path,
                                 Durable durable) {
  std::optional<OutputFile> file(path);
  BlobTarget target;
  target.restart = [&]() -> Status {
    file.reset();
    file.emplace(path);
    return {};
  };
  target.write = [&](std::string_view piece) -> Status {
    file->write(piece);
    return {};
  };
  FLOE_CHECK(fetch_blob_to(descriptor, target));
  return file->commit(durable == Durable::kYes);
}

Result<std::vector<std::string>> Registry::fetch_blobs(const std::vector<Descriptor>& descriptors) {
  std::vector<std::string> out(descriptors.size());
  FLOE_CHECK(parallel_until_failure(descriptors.size(), parallel(descriptors.size()),
                                    [&](std::size_t i) -> Status {
                                      out[i] = FLOE_TRY(fetch_blob(descriptors[i]));
                                      return {};
                                    }));
  return out;
}

Result<std::unique_ptr<Registry>> open_registry(const Reference& reference, const fs::path& base,
                                                Access access, const ClientSettings& settings) {
  switch (reference.transport) {
    case Transport::kLayout: return open_layout(reference, base, access);
    case Transport::kFile: return open_archive(reference, base, access);
    case Transport::kRegistry: return open_remote(reference, access, settings);
  }
  return fail(ErrorKind::kUsage, "unknown kind of reference");
}

}  // namespace floe::oci
