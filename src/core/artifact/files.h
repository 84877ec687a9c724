// SPDX-License-Identifier: Apache-2.0
// A platform as the artifact's tree of JSON files, and back.
#pragma once

#include "base/result.h"
#include "core/artifact/kind.h"
#include "core/platform/platform.h"

#include <span>
#include <string_view>

namespace floe::artifact {

/// One file of the artifact.
struct Part {
  std::string_view path;        // "policies/quality-gates.json"
  std::string_view media_type;  // "application/vnd.floe.quality-gates.v1+json"
};

inline constexpr std::string_view kPlatformType = "application/vnd.floe.platform.v1";
/// Annotation for the platform's name; version, revision and time have OCI's own.
inline constexpr std::string_view kNameAnnotation = "dev.floe.platform.name";

/// All files of a platform artifact, sorted by path.
std::span<const Part> parts();

/// What platform artifacts are.
const ArtifactKind& platform_kind();

/// The files of a platform, canonical JSON (RFC 8785), the same bytes for equal platforms.
/// `reference` and `digest` are not part of it. Fails (kUsage) on data that JSON cannot carry
/// unchanged.
Result<Files> encode(const core::Platform& platform);

/// The platform of these files. They are data from elsewhere: whatever is missing, unknown, of the
/// wrong type or contradictory is refused (kSecurity); files of a newer major version are refused
/// with the advice to update floe (kEnvironment).
Result<core::Platform> decode(const Files& files);

}  // namespace floe::artifact
