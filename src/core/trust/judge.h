// SPDX-License-Identifier: Apache-2.0
// Whether an artifact is what somebody trusted has signed. A pure function of evidence and policy.
#pragma once

#include "base/result.h"
#include "core/trust/evidence.h"
#include "core/trust/policy.h"

#include <string>
#include <string_view>
#include <vector>

namespace floe::trust {

/// What is judged.
struct Artifact {
  std::string digest;
  std::string repository;  // as references name it: "oci://registry.acme.com/floe-platform"
  bool is_local = false;   // a folder or an archive: it has no name that a signature could hold
  std::string platform;    // metadata.name, which the digest covers
  std::string version;     // metadata.version, which the digest covers
};

struct Judgement {
  bool accepted = false;
  std::string signer;                   // of the signature that counted
  std::vector<std::string> attested;    // predicate types with a trusted attestation, sorted
  std::vector<std::string> rejections;  // why the others did not count, a sentence each
};

/// Looks at every piece of evidence: one good signature is enough, bad ones beside it do no harm.
/// Stricter than cosign: an attestation is no signature; a signature that names a repository or a
/// version counts only for that one.
Judgement judge(const Artifact& artifact, const std::vector<Evidence>& evidence,
                const TrustRule& rule);

/// The error (kSecurity) for an artifact that was not accepted.
Error refusal(const Artifact& artifact, const std::string& reference, const Judgement& judgement,
              const TrustRule& rule, const std::string& policy);

/// Annotations of a signature's subject by which floe names what it signs.
inline constexpr std::string_view kSignedRepository = "dev.floe.repository";
inline constexpr std::string_view kSignedVersion = "dev.floe.version";

/// "registry.acme.com/floe-platform" of "oci://registry.acme.com/floe-platform".
std::string claimed_repository(std::string_view repository);

}  // namespace floe::trust
