// SPDX-License-Identifier: Apache-2.0
#include "core/trust/judge.h"

#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace floe::trust {

namespace {

using Claims = std::map<std::string, std::string>;

std::string claim(const Claims& claims, std::string_view key) {
  const auto found = claims.find(std::string(key));
  return found == claims.end() ? "" : found->second;
}

/// Why a signature about the right bytes does not count here, or "".
std::string binding_problem(const Artifact& artifact, const TrustRule& rule,
                            const std::string& repository, const std::string& version) {
  if (!version.empty() && version != artifact.version) {
    return fmt::format("it is for version {}, not {}", version, artifact.version);
  }
  if (repository.empty()) return "";
  const bool allowed =
      std::find(rule.signed_as.begin(), rule.signed_as.end(), repository) != rule.signed_as.end();
  // The name of a folder is the user's choice; only what the policy names can be compared.
  if (allowed || (artifact.is_local && rule.signed_as.empty())) return "";
  if (!artifact.is_local && repository == claimed_repository(artifact.repository)) return "";
  return fmt::format("it is for the repository {} (if this one mirrors it: signed_as)",
                     repository.substr(0, 200));
}

/// Takes one statement into the judgement; why it does not count, or "".
std::string take_statement(const Artifact& artifact, const TrustRule& rule,
                           const sign::Verified& verified, std::set<std::string>& attested,
                           Judgement& judgement) {
  const sign::Statement& statement = verified.statement;
  if (statement.predicate_type != sign::kSignaturePredicate) {
    attested.insert(statement.predicate_type);
    return "";
  }
  for (const sign::Subject& subject : statement.subjects) {
    if ("sha256:" + subject.sha256 != artifact.digest) continue;
    const std::string problem =
        binding_problem(artifact, rule, claim(subject.annotations, kSignedRepository),
                        claim(subject.annotations, kSignedVersion));
    if (!problem.empty()) return problem;
    judgement.accepted = true;
    judgement.signer = verified.signer;
    return "";
  }
  return "it is about another artifact";
}

std::string take_evidence(const Artifact& artifact, const TrustRule& rule, const Evidence& evidence,
                          std::set<std::string>& attested, Judgement& judgement) {
  if (evidence.kind == EvidenceKind::kClassic) {
    const auto verified =
        sign::verify_simple(evidence.bytes, evidence.annotations, artifact.digest, rule.anchors);
    if (!verified) return describe(verified.error());
    const std::string problem = binding_problem(artifact, rule, verified->claim.repository,
                                                claim(verified->claim.annotations, kSignedVersion));
    if (!problem.empty()) return problem;
    judgement.accepted = true;
    judgement.signer = verified->signer;
    return "";
  }
  const auto verified = evidence.kind == EvidenceKind::kBundle
                            ? sign::verify_bundle(evidence.bytes, artifact.digest, rule.anchors)
                            : sign::verify_envelope(evidence.bytes, evidence.annotations,
                                                    artifact.digest, rule.anchors);
  if (!verified) return describe(verified.error());
  // In the first format a signature is never an envelope.
  if (evidence.kind == EvidenceKind::kAttestation &&
      verified->statement.predicate_type == sign::kSignaturePredicate) {
    return "an attestation claims to be a signature";
  }
  return take_statement(artifact, rule, *verified, attested, judgement);
}

}  // namespace

std::string claimed_repository(std::string_view repository) {
  constexpr std::string_view kScheme = "oci://";
  if (repository.starts_with(kScheme)) repository.remove_prefix(kScheme.size());
  return std::string(repository);
}

Judgement judge(const Artifact& artifact, const std::vector<Evidence>& evidence,
                const TrustRule& rule) {
  Judgement judgement;
  std::set<std::string> attested;
  for (const Evidence& each : evidence) {
    const std::string problem = take_evidence(artifact, rule, each, attested, judgement);
    if (problem.empty()) continue;
    judgement.rejections.push_back(fmt::format("{}: {}", each.digest.substr(0, 19), problem));
  }
  judgement.attested.assign(attested.begin(), attested.end());
  if (!judgement.accepted) return judgement;
  if (!rule.platform.empty() && rule.platform != artifact.platform) {
    judgement.accepted = false;
    judgement.rejections.push_back(
        fmt::format("the platform is {}, and {} is expected", artifact.platform, rule.platform));
  }
  for (const std::string& wanted : rule.required_predicates) {
    if (attested.contains(wanted)) continue;
    judgement.accepted = false;
    judgement.rejections.push_back(fmt::format("no trusted attestation of {}", wanted));
  }
  return judgement;
}

Error refusal(const Artifact& artifact, const std::string& reference, const Judgement& judgement,
              const TrustRule& rule, const std::string& policy) {
  Error error;
  error.kind = ErrorKind::kSecurity;
  const bool trusts_nobody = rule.anchors.keys.empty() && rule.anchors.identities.empty();
  if (trusts_nobody) {
    error.message = fmt::format("{} must be signed, and no trust policy says by whom\n  digest: {}",
                                reference, artifact.digest);
    error.hint = fmt::format(
        "ask the platform team for its public key and name it in ~/.config/floe/trust.yaml, or "
        "pass --key; `floe schema trust-policy` says what the file may hold");
    return error;
  }
  error.message = fmt::format("{} has no signature that {} trusts\n  digest: {}", reference, policy,
                              artifact.digest);
  constexpr std::size_t kShown = 5;
  for (std::size_t i = 0; i < std::min(kShown, judgement.rejections.size()); ++i) {
    error.message += "\n  " + judgement.rejections[i];
  }
  if (judgement.rejections.size() > kShown) {
    error.message += fmt::format("\n  and {} more", judgement.rejections.size() - kShown);
  }
  error.hint = judgement.rejections.empty()
                   ? "it is not signed: ask the platform team to sign it (`floe platform sign`)"
                   : "the artifact may have been tampered with: ask the platform team";
  return error;
}

}  // namespace floe::trust
