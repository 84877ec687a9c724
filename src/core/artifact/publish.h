// SPDX-License-Identifier: Apache-2.0
// Publishing a platform: a version, once published, never changes.
#pragma once

#include "base/result.h"
#include "core/artifact/package.h"
#include "core/artifact/signing.h"
#include "core/oci/registry.h"
#include "core/platform/platform.h"

#include <string>

namespace floe::artifact {

struct Published {
  std::string reference;  // "oci-layout:./registry:v1.2.3"
  std::string digest;     // of the artifact that the tag names
  bool already = false;   // the same content was there before; nothing was changed
  bool is_signed = false;
};

/// Refuses (kUsage) a tag that is no version or not the platform's: `v1.2.3` needs 1.2.3.
Status check_tag(const core::Platform& platform, std::string_view tag);

/// Publishes under `tag`: blobs first, then the manifest by its digest, then signature and
/// attestations, the tag last; then everything is read back. So a tag is never there without its
/// content and signature, whenever a publisher is stopped. A version that is there with other
/// content is refused (kSecurity); with the same content it is a success, and what of its
/// signatures is missing is added. With `dry_run` all checks are made and nothing is written; a
/// missing registry is passed as nullptr then.
Result<Published> publish(const core::Platform& platform, const Package& package,
                          std::string_view tag, oci::Registry* registry, bool dry_run,
                          const Signing& signing = {});

}  // namespace floe::artifact
