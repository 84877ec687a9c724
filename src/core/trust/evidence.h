// SPDX-License-Identifier: Apache-2.0
// What stands beside an artifact and may vouch for it: signatures and attestations in both of
// cosign's formats, unverified.
#pragma once

#include "base/result.h"
#include "core/oci/registry.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::trust {

enum class EvidenceKind {
  kBundle,       // a Sigstore bundle, a referrer of the artifact
  kClassic,      // a payload in a layer of the tag sha256-….sig
  kAttestation,  // an envelope in a layer of the tag sha256-….att
};

struct Evidence {
  EvidenceKind kind = EvidenceKind::kBundle;
  std::string digest;  // of these bytes, for messages
  std::string bytes;
  std::map<std::string, std::string, std::less<>> annotations;  // of the layer

  bool operator==(const Evidence&) const = default;
};

/// Everything there is about the artifact, at most kMaxEvidence; what cannot be fetched or read is
/// left out and told in `trouble`, so that nobody can hide a good signature behind a bad one.
inline constexpr std::size_t kMaxEvidence = 200;
Result<std::vector<Evidence>> collect_evidence(oci::Registry& registry, const std::string& digest,
                                               std::vector<std::string>& trouble);

/// As one JSON text, and back; nothing if the text is anything else.
std::string write_evidence(const std::vector<Evidence>& evidence);
std::optional<std::vector<Evidence>> read_evidence(std::string_view json);

/// A bundle to be attached.
struct AttachedBundle {
  std::string bytes;
  std::string predicate_type;
};

/// Stores bundles as referrers of the artifact (as cosign v3 does).
Status attach_bundles(oci::Registry& registry, const oci::Descriptor& subject,
                      const std::vector<AttachedBundle>& bundles, const std::string& created);

/// Adds a layer to the artifact's .sig or .att tag (as cosign v2 does); one that is there already
/// is left alone.
Status attach_classic(oci::Registry& registry, const std::string& digest, const Evidence& evidence,
                      std::string_view media_type);

}  // namespace floe::trust
