// SPDX-License-Identifier: Apache-2.0
// Which tags may move.
#pragma once

#include "core/platform/platform.h"

#include <string_view>

namespace floe::artifact {

/// Whether this platform lets the tag name something else later. Releases (v1.2.3) never may;
/// pre-releases and latest-* tags only where the manifest's `artifacts.immutability` says so.
bool is_mutable_tag(const core::Platform& platform, std::string_view tag);

}  // namespace floe::artifact
