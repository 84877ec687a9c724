// SPDX-License-Identifier: Apache-2.0
// A platform as the artifact's tree of JSON files, and back.
#pragma once

#include "base/result.h"
#include "core/platform/platform.h"

#include <map>
#include <span>
#include <string>
#include <string_view>

namespace floe::artifact {

/// The version of the files' schema that this floe writes: major.minor.
inline constexpr std::string_view kSchemaVersion = "1.0";

/// One file of the artifact.
struct Part {
  std::string_view path;        // "policies/quality-gates.json"
  std::string_view media_type;  // "application/vnd.floe.quality-gates.v1+json"
};

/// All files of a platform artifact, sorted by path.
std::span<const Part> parts();

/// Path → content, canonical JSON (RFC 8785).
using Files = std::map<std::string, std::string, std::less<>>;

/// The files of a platform, the same bytes for equal platforms. `reference` and `digest` are not
/// part of it. Fails (kUsage) on data that JSON cannot carry unchanged.
Result<Files> encode(const core::Platform& platform);

/// The platform of these files. They are data from elsewhere: whatever is missing, unknown, of the
/// wrong type or contradictory is refused (kSecurity); files of a newer major version are refused
/// with the advice to update floe (kEnvironment).
Result<core::Platform> decode(const Files& files);

}  // namespace floe::artifact
