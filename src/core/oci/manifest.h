// SPDX-License-Identifier: Apache-2.0
// OCI descriptors, image manifests and image indexes (image-spec 1.1) as data, read with distrust.
#pragma once

#include "base/result.h"
#include "value/value.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::oci {

inline constexpr std::string_view kManifestType = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kIndexType = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kEmptyType = "application/vnd.oci.empty.v1+json";
inline constexpr std::string_view kEmptyBlob = "{}";

inline constexpr std::string_view kTitle = "org.opencontainers.image.title";
inline constexpr std::string_view kRefName = "org.opencontainers.image.ref.name";
inline constexpr std::string_view kVersion = "org.opencontainers.image.version";
inline constexpr std::string_view kRevision = "org.opencontainers.image.revision";
inline constexpr std::string_view kCreated = "org.opencontainers.image.created";

/// The largest manifest that registries take (distribution-spec 1.1 §"Pushing Manifests").
inline constexpr std::uint64_t kMaxManifest = 4ull << 20;
/// The largest blob floe reads into memory: no part of a platform comes near it.
inline constexpr std::uint64_t kMaxBlob = 64ull << 20;

using Annotations = std::map<std::string, std::string, std::less<>>;

/// What is where: type, digest and size of a blob or manifest.
struct Descriptor {
  std::string media_type;
  std::string digest;
  std::uint64_t size = 0;
  std::string artifact_type;
  Annotations annotations;

  bool operator==(const Descriptor&) const = default;
  /// The annotation's value or "".
  std::string annotation(std::string_view key) const;
};

/// The descriptor of these bytes.
Descriptor describe_bytes(std::string media_type, std::string_view bytes);

struct Manifest {
  std::string artifact_type;
  Descriptor config;
  std::vector<Descriptor> layers;
  std::optional<Descriptor> subject;
  Annotations annotations;

  /// The annotation's value or "".
  std::string annotation(std::string_view key) const;
};

/// Reads an image manifest; kSecurity with the reason if it is not a valid one.
Result<Manifest> read_manifest(std::string_view bytes);

/// The bytes of a manifest, always the same for the same data; with the empty config unless it has
/// another.
std::string write_manifest(const Manifest& manifest);

/// Reads the descriptors of an image index. The document is kept, so that what floe does not know
/// stays when the index is written again.
struct Index {
  value::Value document;
  std::vector<Descriptor> manifests;
};
Result<Index> read_index(std::string_view bytes);

/// The document of an index without entries.
value::Value empty_index();

/// A descriptor as the member of a document.
value::Value to_value(const Descriptor& descriptor);

}  // namespace floe::oci
