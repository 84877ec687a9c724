// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/publish.h"

#include "core/artifact/mutability.h"
#include "core/artifact/version.h"

#include <fmt/core.h>

namespace floe::artifact {

bool is_mutable_tag(const core::Platform& platform, std::string_view tag) {
  const auto version_text = version_of_tag(tag);
  const auto version = version_text ? parse_version(*version_text) : std::nullopt;
  if (version && !version->is_prerelease()) return false;
  const value::Value* allowed =
      version ? platform.artifacts.find_path("immutability.mutable_prereleases")
              : platform.artifacts.find_path("immutability.mutable_latest");
  return allowed != nullptr && allowed->is_bool() && allowed->as_bool() &&
         (version || tag == "latest" || tag.starts_with("latest-"));
}

Status check_tag(const core::Platform& platform, std::string_view tag) {
  const auto version = version_of_tag(tag);
  if (!version || !tag.starts_with('v')) {
    return fail(ErrorKind::kUsage, fmt::format("'{}' is not a version to publish under", tag),
                "publish takes a full version with a leading v: " + tag_of(platform.version));
  }
  if (*version != platform.version) {
    return fail(ErrorKind::kUsage,
                fmt::format("version {} is not the manifest's: metadata.version is {}", tag,
                            platform.version),
                fmt::format("publish {}, or set metadata.version to \"{}\"",
                            tag_of(platform.version), *version));
  }
  return {};
}

Result<Published> publish(const core::Platform& platform, const Package& package,
                          std::string_view tag, oci::Registry* registry, bool dry_run,
                          const Signing& signing) {
  FLOE_CHECK(check_tag(platform, tag));
  const Publication publication{
      .kind = platform_kind(),
      .package = package,
      .tag = std::string(tag),
      .may_move = is_mutable_tag(platform, tag),
      .read = [](std::string_view manifest, const FetchLayers& fetch) -> Status {
        FLOE_TRY(unpack(manifest, fetch));
        return {};
      },
      .raise_hint = "raise metadata.version in manifest.yaml and publish that version",
      .list_hint = "floe platform list",
  };
  return publish_package(publication, registry, dry_run, signing);
}

}  // namespace floe::artifact
