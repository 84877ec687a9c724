// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/package.h"

#include "base/hash.h"

namespace floe::artifact {

Result<Package> pack(const core::Platform& platform, const Origin& origin) {
  Package package = make_package(platform_kind(), FLOE_TRY(encode(platform)),
                                 {{std::string(kNameAnnotation), platform.name},
                                  {std::string(oci::kVersion), platform.version}},
                                 origin);
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
  const std::vector<oci::Descriptor> layers = FLOE_TRY(checked_layers(platform_kind(), manifest));
  std::vector<std::string> contents = FLOE_TRY(fetch(layers));
  Files files;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    files[layers[i].annotation(oci::kTitle)] = std::move(contents[i]);
  }
  core::Platform platform = FLOE_TRY(decode(files));
  const std::string annotated = manifest.annotation(oci::kVersion);
  if (!annotated.empty() && annotated != platform.version) {
    return bad_artifact(platform_kind(),
                        "its annotation and its manifest.json name different versions");
  }
  platform.digest = oci_digest(manifest_bytes);
  return platform;
}

}  // namespace floe::artifact
