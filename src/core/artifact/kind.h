// SPDX-License-Identifier: Apache-2.0
// What kinds of artifacts have in common: files as layers below one manifest, read with distrust.
#pragma once

#include "base/result.h"
#include "core/artifact/codec.h"
#include "core/artifact/origin.h"
#include "core/oci/manifest.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::artifact {

/// The version of the files' schema that this floe writes: major.minor.
inline constexpr std::string_view kSchemaVersion = "1.1";

/// Path → content.
using Files = std::map<std::string, std::string, std::less<>>;

/// What a file of an artifact must be.
struct PartRule {
  std::string_view media_type;  // "application/vnd.floe.quality-gates.v1+json"
  std::uint64_t max_size = 0;   // bytes
};

/// A kind of artifact: platforms (package.h), data products (product_package.h).
struct ArtifactKind {
  std::string_view name;             // "platform", in messages
  std::string_view owner;            // "the platform team": whom to ask
  std::string_view type;             // artifactType
  std::string_view name_annotation;  // annotation with the name of what is in it
  /// The rule for a path; nothing if artifacts of this kind have no such file.
  std::optional<PartRule> (*part)(std::string_view path);
};

/// All bytes of an artifact. The digest is that of the manifest's bytes.
struct Package {
  Files files;
  std::string manifest;
  std::string digest;
};

/// How unpack gets the layers' bytes, in order.
using FetchLayers =
    std::function<Result<std::vector<std::string>>(const std::vector<oci::Descriptor>&)>;

/// An artifact of these files, each of which the kind must know; the same bytes for the same input.
Package make_package(const ArtifactKind& kind, Files files, oci::Annotations annotations,
                     const Origin& origin);

/// The layers of an artifact of this kind, checked: titles are known paths, each is there once and
/// has its media type. kSecurity for another kind of artifact, kEnvironment for an unknown file.
Result<std::vector<oci::Descriptor>> checked_layers(const ArtifactKind& kind,
                                                    const oci::Manifest& manifest);

/// The path → digest of an artifact's files, for comparing two artifacts without fetching them.
Result<std::map<std::string, std::string>> file_digests(const ArtifactKind& kind,
                                                        std::string_view manifest);

/// kSecurity: the artifact as a whole, or one of its files, is not what it must be.
tl::unexpected<Error> bad_artifact(const ArtifactKind& kind, std::string_view why);
tl::unexpected<Error> bad_part(const ArtifactKind& kind, std::string_view path,
                               std::string_view why);
/// kEnvironment: there is a file that this floe does not know.
tl::unexpected<Error> unknown_part(const ArtifactKind& kind);

/// How strictly to read a file, from its schemaVersion; one of a newer major version is refused
/// (kEnvironment).
Result<Strictness> strictness_of(const ArtifactKind& kind, std::string_view path,
                                 const value::Value& document);

/// kUsage if a number would change on its way through JSON, whose numbers are doubles (RFC 8785
/// §3.2.2.3). `file`: where the numbers were written, for the message.
Status check_numbers(const value::Value& document, std::string_view path, std::string_view file);

}  // namespace floe::artifact
