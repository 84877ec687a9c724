// SPDX-License-Identifier: Apache-2.0
// Verifies signatures and attestations against what the consumer trusts: keys, or identities that a
// certificate authority vouches for. No network, no clock.
//
// These functions answer "who signed this statement about this artifact"; whether the statement is
// the wanted one is the caller's question. A signature is only a signature if predicate_type is
// kSignaturePredicate: every attestation by the same key passes verify_bundle as well.
#pragma once

#include "base/result.h"
#include "core/sign/keys.h"
#include "core/sign/simple_signing.h"
#include "core/sign/statement.h"
#include "core/sign/trusted_root.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::sign {

/// Somebody or something that may sign, as its OpenID Connect provider knows it.
struct Identity {
  std::string subject;  // an email address, or the URI of a workflow
  std::string issuer;   // the provider's URL, always compared exactly
  /// `subject` is a pattern for glob_match (base/text.h): `*` stands for any text, slashes
  /// included.
  bool subject_is_pattern = false;
};

/// What the consumer trusts. Signatures of keys need one of `keys`; keyless ones `root` and one of
/// `identities`.
struct Anchors {
  std::vector<PublicKey> keys;
  std::optional<TrustedRoot> root;
  std::vector<Identity> identities;
  /// Keyless: one of the root's certificate transparency logs must have signed for the certificate.
  /// Only for private authorities without such a log may this be false.
  bool require_sct = true;
};

/// A statement that somebody trusted has signed.
struct Verified {
  Statement statement;
  std::string signer;  // "key SHA256:<fingerprint>" or "identity <subject> (<issuer>)"
};

/// Verifies a Sigstore bundle v0.3 (see read_bundle for what is refused) about the artifact with
/// this digest ("sha256:…"). Of a key: the hint, if there is one, must be that of the key. Keyless:
/// the time of signing is what the transparency log promises; certificate, authority and log key
/// must have been valid then. All failures are kSecurity. The caller checks
/// Verified::statement.predicate_type.
Result<Verified> verify_bundle(std::string_view bundle_json, std::string_view artifact_digest,
                               const Anchors& anchors);

/// Verifies a bare DSSE envelope (a layer of cosign v2's attestations), which must be signed by one
/// of the keys. The caller checks Verified::statement.predicate_type.
Result<Verified> verify_envelope(std::string_view dsse_json, std::string_view artifact_digest,
                                 const Anchors& anchors);

/// The same with the layer's annotations: a keyless one has its certificate and its log entry
/// there.
Result<Verified> verify_envelope(
    std::string_view dsse_json,
    const std::map<std::string, std::string, std::less<>>& layer_annotations,
    std::string_view artifact_digest, const Anchors& anchors);

struct VerifiedClaim {
  SimpleClaim claim;
  std::string signer;
};

/// Verifies a classic cosign signature: the layer's bytes and its annotations. With a certificate
/// annotation it is keyless: then the log's promise counts (there is no proof of inclusion in this
/// format), and intermediate certificates come from the trusted root, not from the chain
/// annotation. The caller binds the claim's repository to where the artifact was found.
Result<VerifiedClaim> verify_simple(
    std::string_view payload,
    const std::map<std::string, std::string, std::less<>>& layer_annotations,
    std::string_view artifact_digest, const Anchors& anchors);

}  // namespace floe::sign
