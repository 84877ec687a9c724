// SPDX-License-Identifier: Apache-2.0
#include "core/sign/verify.h"

#include "base/hash.h"
#include "base/text.h"
#include "core/oci/reference.h"
#include "core/sign/bundle.h"
#include "core/sign/certificate.h"
#include "core/sign/encoding.h"
#include "core/sign/transparency.h"
#include "core/sign/wire.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::sign {

namespace {

using LayerAnnotations = std::map<std::string, std::string, std::less<>>;

/// What was signed, by whom it says, and the check that its log entry is about it.
struct SignedMessage {
  std::string message;    // what the signature is over
  std::string content;    // what the log's entry has the hash of
  std::string signature;  // raw bytes
  Status (*check_entry)(const LogEntry& entry, const LoggedSignature& expected);
};

std::string annotation_of(const LayerAnnotations& annotations, std::string_view name) {
  const auto found = annotations.find(name);
  return found == annotations.end() ? std::string() : found->second;
}

Status check_digest_argument(std::string_view digest) {
  if (oci::is_digest(digest)) return {};
  return refuse(fmt::format("'{}' is no digest that could be verified", shown(digest)));
}

/// The signer, if one of the trusted keys signed. `hint`: the key's fingerprint, or "".
Result<std::string> signer_by_key(const SignedMessage& message, const std::string& hint,
                                  const Anchors& anchors) {
  if (anchors.keys.empty()) {
    return refuse("it is signed with a key, and no key is trusted",
                  "name the signer's public key in the trust policy");
  }
  for (const PublicKey& key : anchors.keys) {
    if (!key.verify(message.message, message.signature)) continue;
    if (!hint.empty() && hint != key.fingerprint()) {
      return refuse("the bundle names another key than the one that signed it");
    }
    return fmt::format("key SHA256:{}", key.fingerprint());
  }
  return refuse("it is not signed by a key that is trusted",
                "somebody else has signed it, or it was changed after it was signed");
}

bool is_identity(const SigningCertificate& certificate, const Identity& identity) {
  if (identity.issuer.empty() || identity.issuer != certificate.issuer) return false;
  if (identity.subject_is_pattern) return glob_match(identity.subject, certificate.subject);
  return !identity.subject.empty() && identity.subject == certificate.subject;
}

/// The signer, if the certificate is one of a trusted identity and everything fits together.
Result<std::string> signer_by_certificate(const SignedMessage& message, const std::string& der,
                                          const LogEntry& entry, const Anchors& anchors) {
  if (!anchors.root || anchors.identities.empty()) {
    return refuse("it is signed keyless, and no identity is trusted",
                  "name a trusted root, and the signer's identity and issuer in the trust policy");
  }
  FLOE_CHECK(check_log_entry(entry, *anchors.root));
  const SigningCertificate certificate =
      FLOE_TRY(check_certificate(der, *anchors.root, entry.integrated_time, anchors.require_sct));
  if (!certificate.key.verify(message.message, message.signature)) {
    return refuse("the signature is not one of its certificate's key",
                  "it was changed after it was signed");
  }
  FLOE_CHECK(message.check_entry(entry, {sha256_hex(message.content), message.signature, der}));
  const std::string who = fmt::format("identity {} ({})", certificate.subject, certificate.issuer);
  const bool trusted =
      std::any_of(anchors.identities.begin(), anchors.identities.end(),
                  [&](const Identity& identity) { return is_identity(certificate, identity); });
  if (!trusted) return refuse(fmt::format("it is signed by {}, who is not trusted", who));
  return who;
}

/// By the certificate in the layer's annotations, or else by a key.
Result<std::string> signer_by_annotations(const SignedMessage& message,
                                          const LayerAnnotations& annotations,
                                          const Anchors& anchors) {
  const std::string pem = annotation_of(annotations, kCertificateAnnotation);
  if (pem.empty()) return signer_by_key(message, "", anchors);
  const auto blocks = read_pem(pem);
  if (!blocks || blocks->size() != 1 || blocks->front().label != "CERTIFICATE") {
    return refuse("the certificate in the signature's annotations is malformed");
  }
  const std::string bundle = annotation_of(annotations, kRekorBundleAnnotation);
  if (bundle.empty()) {
    return refuse("there is no entry of a transparency log, so nothing says when it was signed");
  }
  const LogEntry entry = FLOE_TRY(read_rekor_bundle(bundle));
  return signer_by_certificate(message, blocks->front().bytes, entry, anchors);
}

SignedMessage message_of(const Envelope& envelope) {
  return {dsse_pae(envelope.payload_type, envelope.payload), envelope.payload, envelope.signature,
          check_envelope_entry};
}

/// The statement in a payload whose signature holds.
Result<Verified> verified_statement(const std::string& payload, std::string_view artifact_digest,
                                    std::string signer) {
  Verified out{FLOE_TRY(read_statement(payload)), std::move(signer)};
  const std::string_view wanted = artifact_digest.substr(artifact_digest.find(':') + 1);
  const bool found = std::any_of(out.statement.subjects.begin(), out.statement.subjects.end(),
                                 [&](const Subject& subject) { return subject.sha256 == wanted; });
  if (!found) return refuse("the signed statement is about another artifact");
  return out;
}

}  // namespace

Result<Verified> verify_bundle(std::string_view bundle_json, std::string_view artifact_digest,
                               const Anchors& anchors) {
  FLOE_CHECK(check_digest_argument(artifact_digest));
  const Bundle bundle = FLOE_TRY(read_bundle(bundle_json));
  const SignedMessage message = message_of(bundle.envelope);
  std::string signer =
      FLOE_TRY(bundle.log_entry
                   ? signer_by_certificate(message, bundle.certificate, *bundle.log_entry, anchors)
                   : signer_by_key(message, bundle.hint, anchors));
  return verified_statement(bundle.envelope.payload, artifact_digest, std::move(signer));
}

Result<Verified> verify_envelope(std::string_view dsse_json, std::string_view artifact_digest,
                                 const Anchors& anchors) {
  return verify_envelope(dsse_json, {}, artifact_digest, anchors);
}

Result<Verified> verify_envelope(std::string_view dsse_json,
                                 const LayerAnnotations& layer_annotations,
                                 std::string_view artifact_digest, const Anchors& anchors) {
  FLOE_CHECK(check_digest_argument(artifact_digest));
  const value::Value parsed = FLOE_TRY(read_wire(dsse_json, "the envelope", kMaxSigned));
  const Envelope envelope =
      FLOE_TRY(read_envelope(FLOE_TRY(WireObject::of(parsed, "the envelope"))));
  std::string signer =
      FLOE_TRY(signer_by_annotations(message_of(envelope), layer_annotations, anchors));
  return verified_statement(envelope.payload, artifact_digest, std::move(signer));
}

Result<VerifiedClaim> verify_simple(std::string_view payload,
                                    const LayerAnnotations& layer_annotations,
                                    std::string_view artifact_digest, const Anchors& anchors) {
  FLOE_CHECK(check_digest_argument(artifact_digest));
  const auto signature = base64_decode(annotation_of(layer_annotations, kSignatureAnnotation));
  if (!signature || signature->empty()) return refuse("the layer has no signature in base64");
  const SignedMessage message{std::string(payload), std::string(payload), *signature,
                              check_message_entry};
  std::string signer = FLOE_TRY(signer_by_annotations(message, layer_annotations, anchors));
  VerifiedClaim out{FLOE_TRY(read_simple_payload(payload)), std::move(signer)};
  if (out.claim.digest != artifact_digest) {
    return refuse("the signed payload is about another artifact");
  }
  return out;
}

}  // namespace floe::sign
