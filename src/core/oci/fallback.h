// SPDX-License-Identifier: Apache-2.0
// Referrers where the registry has no API for them: an index under a tag made of the subject's
// digest (distribution-spec 1.1 §"Referrers Tag Schema").
#pragma once

#include "core/oci/manifest.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::oci {

/// "sha256:abc…" → "sha256-abc…".
std::string fallback_tag(std::string_view digest);

bool names_digest(const Index& index, std::string_view digest);

/// The bytes of the index with those of the entries that it lacks; a new one if there is none.
std::string with_referrers(const std::optional<Index>& index,
                           const std::vector<Descriptor>& referrers);

std::string without_referrer(const Index& index, std::string_view digest);

}  // namespace floe::oci
