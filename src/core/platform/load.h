// SPDX-License-Identifier: Apache-2.0
// Loads the platform that a reference names: registry or cache, digests checked, floe.lock obeyed.
#pragma once

#include "base/files.h"
#include "base/result.h"
#include "core/oci/reference.h"
#include "core/oci/settings.h"
#include "core/platform/platform.h"
#include "core/trust/policy.h"

#include <map>
#include <string>
#include <vector>

namespace floe::core {

/// How floe.lock in the base folder takes part.
enum class LockUse {
  kRecord,   // it decides; written when it is absent or pins another reference
  kRequire,  // it decides; absent or for another reference: kUsage, nothing is written
  kObey,     // it decides where it pins this reference; nothing is written
  kIgnore,   // neither read nor written: "what if" questions, `init` before there is a product
};

/// What the consumer's machine and configuration add: how registries are reached, whom to trust.
struct LoadSettings {
  oci::ClientSettings client;
  std::vector<trust::TrustPolicy> trust;
  bool keep_files = false;  // LoadedPlatform::files
};

/// A platform and how it was come by.
struct LoadedPlatform {
  Platform platform;
  bool from_cache = false;                   // no byte was read from the registry
  std::string signer;                        // whose signature was verified; "" if none was
  std::vector<std::string> lock_changes;     // what was written to floe.lock, a sentence each
  std::map<std::string, std::string> files;  // path → content, if that was asked for
  std::vector<std::string> warnings;         // what its user should know, a sentence each
};

/// Loads `reference` ("oci-layout:../registry:v1.2.3", "oci://…@sha256:…"); relative folders in it
/// and floe.lock are looked up in `base_dir`. A tag that shows another digest than floe.lock, or
/// than it had when this machine saw it first, is refused (kSecurity), as is an artifact whose
/// version is not its tag; so is content that does not have its digest. Signatures are verified as
/// strictly as the strictest of the trust policies and the platform itself wants it: enforce
/// refuses (kSecurity), warn warns. What is locked and cached, signatures included, needs no
/// network.
Result<LoadedPlatform> load_platform_with_origin(const std::string& reference,
                                                 const fs::path& base_dir, LockUse use,
                                                 const LoadSettings& settings = {});

/// Refuses (kSecurity) a digest that is not the one this machine saw first at the reference's tag;
/// tags that the platform declares mutable may move. `base_dir`: what relative folders start from.
Status check_tag_record(const oci::Reference& reference, const fs::path& base_dir,
                        const Platform& platform, const std::string& digest);

/// The same, for callers that only want the platform.
Result<Platform> load_platform(const std::string& reference, const fs::path& base_dir, LockUse use,
                               const LoadSettings& settings = {});

}  // namespace floe::core
