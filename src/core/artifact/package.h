// SPDX-License-Identifier: Apache-2.0
// A platform as an OCI artifact: its files as layers below one manifest.
#pragma once

#include "base/result.h"
#include "core/artifact/files.h"
#include "core/artifact/origin.h"
#include "core/oci/manifest.h"
#include "core/platform/platform.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::artifact {

inline constexpr std::string_view kPlatformType = "application/vnd.floe.platform.v1";
/// Annotation for the platform's name; version, revision and time have OCI's own.
inline constexpr std::string_view kNameAnnotation = "dev.floe.platform.name";

/// All bytes of an artifact. The digest is that of the manifest's bytes.
struct Package {
  Files files;
  std::string manifest;
  std::string digest;
};

/// Packs a platform; the same bytes for the same platform and origin. Checks that it reads back as
/// the same platform.
Result<Package> pack(const core::Platform& platform, const Origin& origin);

/// How unpack gets the layers' bytes, in order.
using FetchLayers =
    std::function<Result<std::vector<std::string>>(const std::vector<oci::Descriptor>&)>;

/// The platform of an artifact. Refuses artifacts of another type, and whatever decode refuses.
Result<core::Platform> unpack(std::string_view manifest, const FetchLayers& fetch);

/// The path → digest of an artifact's files, for comparing two artifacts without fetching them.
Result<std::map<std::string, std::string>> file_digests(std::string_view manifest);

}  // namespace floe::artifact
