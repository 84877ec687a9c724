// SPDX-License-Identifier: Apache-2.0
// Tiers on top of each other: a domain's platform made of its manifest and of its parent, and where
// each value comes from.
#pragma once

#include "core/config/manifest.h"
#include "core/platform/merge.h"
#include "core/platform/platform.h"
#include "diag/diagnostic.h"

#include <map>
#include <string>

namespace floe::core {

/// An effective manifest with where each of its values was set.
struct TierDocument {
  value::Value document = value::Value::map();
  std::map<std::string, Provenance> provenance;
};

/// What a lower tier sets.
struct LowerTier {
  std::string name;                              // "acme-sales v1.0.0", for the provenance
  value::Value document;                         // as the manifest's schema has it
  std::map<std::string, std::string> locations;  // path → "manifest.yaml:24:5"
};

/// Puts `lower` on top of `upper`. What it may not set goes to `refused` and stays as it was; the
/// provenance names `lower` only where what it set is what holds.
TierDocument put_tier(const TierDocument& upper, const LowerTier& lower, const MergeRules& rules,
                      std::vector<Loosening>& refused);

/// The rules for merging with `document`: its classification levels (else those of `lower`).
MergeRules merge_rules_for(const value::Value& document, const value::Value& lower,
                           std::string own_namespace);

/// Where a value of `tier` was set: the entry of its path or of the nearest path above it; nullptr
/// if it is a default.
const Provenance* find_provenance(const TierDocument& tier, std::string_view dotted_path);

/// The platform of a domain's manifest (scope domain, read without errors) on top of `parent`, a
/// platform as it was loaded. What loosens, names of other namespaces, plugins that are not
/// approved and a domain that the parent does not know are errors in `sink`, with both places. The
/// result stands alone: it holds every effective value, and the parent's digest.
Platform inherit_platform(const config::Manifest& manifest, const Platform& parent,
                          const diag::SourceMap& sources, diag::Sink& sink);

/// Checks what an enterprise platform says of its domains: `extra_policies` may only tighten.
/// Findings go to `sink`.
void check_domains(const Platform& platform, diag::Sink& sink);

}  // namespace floe::core
