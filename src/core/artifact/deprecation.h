// SPDX-License-Identifier: Apache-2.0
// Deprecating a published version: a note that refers to it, since the version itself never
// changes. Consumers are warned; nothing is refused.
#pragma once

#include "base/result.h"
#include "core/oci/registry.h"

#include <optional>
#include <string>

namespace floe::artifact {

inline constexpr std::string_view kDeprecationType = "application/vnd.floe.deprecation.v1+json";

struct Deprecation {
  bool deprecated = true;  // false: an earlier note is taken back
  std::string reason;
  std::string replacement;  // "v1.3.0", or ""
};

/// The note that counts for a version: the last one. Nothing if it is not deprecated.
Result<std::optional<Deprecation>> find_deprecation(oci::Registry& registry,
                                                    const std::string& digest);

/// Adds a note to the version.
Status deprecate(oci::Registry& registry, const oci::Descriptor& subject, const Deprecation& note);

/// "oci://…:v1.2.3 is deprecated: reason; move to v1.3.0".
std::string deprecation_text(const std::string& reference, const Deprecation& note);

}  // namespace floe::artifact
