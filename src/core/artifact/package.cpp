// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/package.h"

#include "base/hash.h"
#include "core/oci/reference.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace floe::artifact {

namespace {

constexpr std::uint64_t kMaxPart = 16ull << 20;

tl::unexpected<Error> bad_artifact(std::string why) {
  return fail(ErrorKind::kSecurity, "the artifact is not a valid floe platform: " + std::move(why),
              "check the reference, or ask the platform team to publish a new version");
}

const Part* find_part(std::string_view path) {
  for (const Part& part : parts()) {
    if (part.path == path) return &part;
  }
  return nullptr;
}

/// The layers in which a platform's files are, checked; their titles are known paths.
Result<std::vector<oci::Descriptor>> platform_layers(const oci::Manifest& manifest) {
  if (manifest.artifact_type != kPlatformType) {
    return bad_artifact(fmt::format("its artifactType is not {}", kPlatformType));
  }
  std::set<std::string> seen;
  for (const oci::Descriptor& layer : manifest.layers) {
    const std::string title = layer.annotation(oci::kTitle);
    const Part* part = find_part(title);
    if (part == nullptr) {
      // It may hold rules that this floe would fail to enforce.
      return fail(ErrorKind::kEnvironment,
                  "the platform artifact holds a part that this floe does not know",
                  "update floe, then run the command again");
    }
    if (layer.media_type != part->media_type) {
      return bad_artifact(fmt::format("{} has another media type than it must", part->path));
    }
    if (layer.size > kMaxPart) return bad_artifact(fmt::format("{} is too large", part->path));
    if (!seen.insert(title).second) return bad_artifact(fmt::format("{} is there twice", title));
  }
  return manifest.layers;
}

}  // namespace

Result<Package> pack(const core::Platform& platform, const Origin& origin) {
  Package package;
  package.files = FLOE_TRY(encode(platform));
  oci::Manifest manifest;
  manifest.artifact_type = kPlatformType;
  for (const Part& part : parts()) {
    const std::string& bytes = package.files.find(part.path)->second;
    oci::Descriptor layer = oci::describe_bytes(std::string(part.media_type), bytes);
    layer.annotations[std::string(oci::kTitle)] = part.path;
    manifest.layers.push_back(std::move(layer));
  }
  manifest.annotations[std::string(kNameAnnotation)] = platform.name;
  manifest.annotations[std::string(oci::kVersion)] = platform.version;
  if (!origin.revision.empty()) {
    manifest.annotations[std::string(oci::kRevision)] = origin.revision;
  }
  if (!origin.created.empty()) manifest.annotations[std::string(oci::kCreated)] = origin.created;
  package.manifest = oci::write_manifest(manifest);
  package.digest = oci_digest(package.manifest);

  const core::Platform back = FLOE_TRY(decode(package.files));
  if (FLOE_TRY(encode(back)) != package.files) {
    return fail(ErrorKind::kUsage,
                "the manifest holds data that an artifact cannot carry unchanged",
                "look for unusual numbers or very deep nesting in plugins, policies and catalog");
  }
  return package;
}

Result<core::Platform> unpack(std::string_view manifest_bytes, const FetchLayers& fetch) {
  const oci::Manifest manifest = FLOE_TRY(oci::read_manifest(manifest_bytes));
  const std::vector<oci::Descriptor> layers = FLOE_TRY(platform_layers(manifest));
  std::vector<std::string> contents = FLOE_TRY(fetch(layers));
  Files files;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    files[layers[i].annotation(oci::kTitle)] = std::move(contents[i]);
  }
  core::Platform platform = FLOE_TRY(decode(files));
  const std::string annotated = manifest.annotations.contains(oci::kVersion)
                                    ? manifest.annotations.find(oci::kVersion)->second
                                    : platform.version;
  if (annotated != platform.version) {
    return bad_artifact("its annotation and its manifest.json name different versions");
  }
  platform.digest = oci_digest(manifest_bytes);
  return platform;
}

Result<std::map<std::string, std::string>> file_digests(std::string_view manifest_bytes) {
  const oci::Manifest manifest = FLOE_TRY(oci::read_manifest(manifest_bytes));
  std::map<std::string, std::string> out;
  for (const oci::Descriptor& layer : FLOE_TRY(platform_layers(manifest))) {
    out[layer.annotation(oci::kTitle)] = layer.digest;
  }
  return out;
}

}  // namespace floe::artifact
