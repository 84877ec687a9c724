// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/signing.h"

#include "base/hash.h"
#include "core/sign/bundle.h"
#include "core/sign/envelope.h"
#include "core/sign/simple_signing.h"
#include "core/trust/evidence.h"
#include "core/trust/judge.h"

#include <algorithm>
#include <set>

namespace floe::artifact {

namespace {

sign::Statement statement_about(const oci::Descriptor& subject, const Signing& signing,
                                const Attestation& attestation) {
  sign::Statement statement;
  sign::Subject about;
  about.name = signing.repository;
  about.sha256 = subject.digest.substr(subject.digest.find(':') + 1);
  if (attestation.predicate_type == sign::kSignaturePredicate) {
    about.annotations[std::string(trust::kSignedRepository)] = signing.repository;
    about.annotations[std::string(trust::kSignedVersion)] = signing.version;
  }
  statement.subjects.push_back(std::move(about));
  statement.predicate_type = attestation.predicate_type;
  statement.predicate = attestation.predicate;
  return statement;
}

/// What the key has signed about the artifact already: predicate types, per kind of evidence.
using Signed = std::set<std::pair<trust::EvidenceKind, std::string>>;

Result<Signed> signed_already(oci::Registry& registry, const oci::Descriptor& subject,
                              const Signing& signing) {
  std::vector<std::string> ignored;
  sign::Anchors own;
  own.keys.push_back(signing.signer->public_key());
  Signed out;
  for (const trust::Evidence& each :
       FLOE_TRY(trust::collect_evidence(registry, subject.digest, ignored))) {
    if (each.kind == trust::EvidenceKind::kClassic) {
      const auto verified = sign::verify_simple(each.bytes, each.annotations, subject.digest, own);
      if (verified && verified->claim.repository == signing.repository) {
        out.emplace(each.kind, sign::kSignaturePredicate);
      }
      continue;
    }
    const auto verified = each.kind == trust::EvidenceKind::kBundle
                              ? sign::verify_bundle(each.bytes, subject.digest, own)
                              : sign::verify_envelope(each.bytes, subject.digest, own);
    if (verified) out.emplace(each.kind, verified->statement.predicate_type);
  }
  return out;
}

Status attach_classic_of(oci::Registry& registry, const oci::Descriptor& subject,
                         const Signing& signing, const Attestation& attestation) {
  trust::Evidence evidence;
  if (attestation.predicate_type == sign::kSignaturePredicate) {
    evidence.kind = trust::EvidenceKind::kClassic;
    evidence.bytes = sign::simple_payload(signing.repository, subject.digest,
                                          {{std::string(trust::kSignedVersion), signing.version}});
    evidence.annotations[std::string(sign::kSignatureAnnotation)] =
        base64_encode(FLOE_TRY(signing.signer->sign(evidence.bytes)));
    return trust::attach_classic(registry, subject.digest, evidence, sign::kSimpleSigningType);
  }
  evidence.kind = trust::EvidenceKind::kAttestation;
  evidence.bytes = FLOE_TRY(
      sign::make_envelope(*signing.signer, statement_about(subject, signing, attestation)));
  evidence.annotations[std::string(sign::kSignatureAnnotation)] = "";
  evidence.annotations["predicateType"] = attestation.predicate_type;
  return trust::attach_classic(registry, subject.digest, evidence, sign::kEnvelopeType);
}

}  // namespace

std::optional<SignatureFormat> parse_signature_format(std::string_view text) {
  if (text == "bundle") return SignatureFormat::kBundle;
  if (text == "classic") return SignatureFormat::kClassic;
  if (text == "both") return SignatureFormat::kBoth;
  return std::nullopt;
}

Status sign_artifact(oci::Registry& registry, const oci::Descriptor& subject,
                     const Signing& signing) {
  if (signing.signer == nullptr) return signing.elsewhere(subject.digest);
  const Signed done = FLOE_TRY(signed_already(registry, subject, signing));
  // The signature comes last: it says that everything else is there.
  std::vector<Attestation> wanted = signing.attestations;
  wanted.push_back({std::string(sign::kSignaturePredicate), value::Value::map()});
  std::vector<trust::AttachedBundle> bundles;
  for (const Attestation& each : wanted) {
    const bool is_signature = each.predicate_type == sign::kSignaturePredicate;
    const auto classic_kind =
        is_signature ? trust::EvidenceKind::kClassic : trust::EvidenceKind::kAttestation;
    if (signing.format != SignatureFormat::kClassic &&
        !done.contains({trust::EvidenceKind::kBundle, each.predicate_type})) {
      std::string bundle =
          FLOE_TRY(sign::make_bundle(*signing.signer, statement_about(subject, signing, each)));
      bundles.push_back({std::move(bundle), each.predicate_type});
    }
    if (signing.format != SignatureFormat::kBundle &&
        !done.contains({classic_kind, each.predicate_type})) {
      FLOE_CHECK(attach_classic_of(registry, subject, signing, each));
    }
  }
  return trust::attach_bundles(registry, subject, bundles, signing.created);
}

}  // namespace floe::artifact
