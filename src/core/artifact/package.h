// SPDX-License-Identifier: Apache-2.0
// A platform as an OCI artifact: its files as layers below one manifest.
#pragma once

#include "base/result.h"
#include "core/artifact/files.h"
#include "core/artifact/origin.h"
#include "core/platform/platform.h"

#include <string_view>

namespace floe::artifact {

/// Packs a platform; the same bytes for the same platform and origin. Checks that it reads back as
/// the same platform.
Result<Package> pack(const core::Platform& platform, const Origin& origin);

/// The platform of an artifact. Refuses artifacts of another type, and whatever decode refuses.
Result<core::Platform> unpack(std::string_view manifest, const FetchLayers& fetch);

}  // namespace floe::artifact
