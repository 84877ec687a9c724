// SPDX-License-Identifier: Apache-2.0
// Publishing a platform: which tags it may have, and which of them may move.
#pragma once

#include "base/result.h"
#include "core/artifact/package.h"
#include "core/artifact/publish_package.h"
#include "core/artifact/signing.h"
#include "core/oci/registry.h"
#include "core/platform/platform.h"

#include <string_view>

namespace floe::artifact {

/// Refuses (kUsage) a tag that is no version or not the platform's: `v1.2.3` needs 1.2.3.
Status check_tag(const core::Platform& platform, std::string_view tag);

/// Publishes under `tag` as publish_package does. Pre-releases may be replaced where the platform
/// says so.
Result<Published> publish(const core::Platform& platform, const Package& package,
                          std::string_view tag, oci::Registry* registry, bool dry_run,
                          const Signing& signing = {});

}  // namespace floe::artifact
