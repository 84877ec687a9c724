// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cli/platform.h"
#include "cli/signing.h"
#include "core/lock/lock.h"
#include "core/trust/evidence.h"
#include "core/trust/judge.h"
#include "value/json.h"

#include <fmt/core.h>

namespace floe::cli {

namespace {

/// What `floe platform verify` found out about one artifact.
struct Verified {
  std::string reference;
  std::string digest;
  core::Platform platform;
  std::size_t files = 0;
  bool matches_lock = false;          // floe.lock here pins this reference to this digest
  bool judged = false;                // somebody said whom to trust
  std::size_t evidence = 0;           // signatures and attestations there are
  std::string signer;                 // whose signature counted
  std::vector<std::string> attested;  // predicate types with a trusted attestation
  std::vector<std::string> warnings;
};

/// Compares with floe.lock of this folder, if that pins the same reference.
Result<bool> compare_with_lock(const std::string& reference, const std::string& digest) {
  const auto lock = FLOE_TRY(core::read_lock("."));
  if (!lock || lock->reference != reference) return false;
  if (lock->digest == digest) return true;
  return fail(ErrorKind::kSecurity,
              fmt::format("{} is not what floe.lock pins\n  expected: {}\n  found:    {}",
                          reference, lock->digest, digest),
              "a published version never changes: ask the platform team");
}

/// The policies to judge by: the one that --key makes, or those of user and machine.
Result<std::vector<trust::TrustPolicy>> verifying_policies(const Args& args) {
  if (auto policy = FLOE_TRY(policy_of_key(args))) {
    return std::vector<trust::TrustPolicy>{std::move(*policy)};
  }
  return FLOE_TRY(load_settings_of(args)).trust;
}

Status verify_signatures(const Args& args, oci::Registry& registry, const oci::Reference& reference,
                         Verified& verified) {
  std::vector<std::string> trouble;
  const auto evidence = FLOE_TRY(trust::collect_evidence(registry, verified.digest, trouble));
  verified.evidence = evidence.size();
  const trust::Artifact artifact{
      verified.digest, oci::repository_name(oci::resolve_path(reference, fs::current_path())),
      reference.transport != oci::Transport::kRegistry, verified.platform.name,
      verified.platform.version};
  for (const trust::TrustPolicy& policy : FLOE_TRY(verifying_policies(args))) {
    const trust::TrustRule rule = trust::rule_for(policy, artifact.repository);
    const bool trusts_nobody = rule.anchors.keys.empty() && rule.anchors.identities.empty();
    if (rule.mode == trust::Mode::kOff || (trusts_nobody && rule.mode == trust::Mode::kWarn)) {
      continue;
    }
    trust::Judgement judgement = trust::judge(artifact, evidence, rule);
    judgement.rejections.insert(judgement.rejections.end(), trouble.begin(), trouble.end());
    verified.judged = true;
    if (!judgement.accepted) {
      Error error = trust::refusal(artifact, verified.reference, judgement, rule, policy.source);
      if (rule.mode == trust::Mode::kEnforce) return tl::unexpected<Error>(std::move(error));
      verified.warnings.push_back(std::move(error.message));
      continue;
    }
    verified.signer = judgement.signer;
    verified.attested = std::move(judgement.attested);
  }
  return {};
}

Result<Verified> verify_artifact(const Args& args) {
  const oci::Reference reference = FLOE_TRY(reference_of_argument(args, *args.positional(0)));
  FLOE_CHECK(oci::check_exact(reference));
  const auto registry = FLOE_TRY(
      oci::open_registry(reference, "", oci::Access::kRead, FLOE_TRY(client_settings_of(args))));
  Verified verified;
  verified.reference = oci::to_string(reference);
  FoundPlatform found = FLOE_TRY(read_version(*registry, reference));
  verified.digest = found.manifest.descriptor.digest;
  const oci::Manifest manifest = FLOE_TRY(oci::read_manifest(found.manifest.bytes));
  FLOE_TRY(registry->fetch_blob(manifest.config));
  verified.files = manifest.layers.size();
  verified.platform = std::move(found.platform);
  FLOE_CHECK(
      core::check_tag_record(reference, fs::current_path(), verified.platform, verified.digest));
  FLOE_CHECK(verify_signatures(args, *registry, reference, verified));
  verified.matches_lock = FLOE_TRY(compare_with_lock(verified.reference, verified.digest));
  return verified;
}

std::string signature_word(const Verified& verified) {
  if (!verified.signer.empty()) return "verified";
  if (verified.judged) return "refused";
  return verified.evidence == 0 ? "none" : "not checked";
}

std::string verified_json(const Verified& verified) {
  value::Value document = value::Value::map();
  document.set("format_version", 1);
  document.set("reference", verified.reference);
  document.set("digest", verified.digest);
  document.set("name", verified.platform.name);
  document.set("version", verified.platform.version);
  document.set("files", static_cast<std::int64_t>(verified.files));
  document.set("matches_lock", verified.matches_lock);
  document.set("signature", signature_word(verified));
  if (!verified.signer.empty()) document.set("signer", verified.signer);
  document.set("attestations", value::Value::texts(verified.attested));
  return value::write_json(document, 2);
}

void print_verified(const Verified& verified) {
  print_line("Verified " + verified.reference);
  print_line("Digest: " + verified.digest);
  print_line(fmt::format("Platform: {} v{}", verified.platform.name, verified.platform.version));
  print_line(
      fmt::format("Files: {}, each with the digest that the manifest names", verified.files));
  if (verified.matches_lock) print_line("Lock: floe.lock pins this digest");
  const std::string word = signature_word(verified);
  if (word == "verified") {
    print_line("Signature: verified, by " + verified.signer);
    for (const std::string& type : verified.attested) print_line("Attested: " + type);
  } else if (word == "none") {
    print_line("Signature: none");
  } else if (word == "not checked") {
    print_line("Signature: not checked (neither --key nor a trust policy says whom to trust)");
  } else {
    print_line("Signature: none that is trusted");
  }
}

int run_platform_verify(const Args& args) {
  const Output output = output_of(args);
  const Result<Verified> verified = verify_artifact(args);
  if (!verified) return report_error(output, verified.error());
  for (const std::string& warning : verified->warnings) warn(output, warning);
  if (args.value_or("format", "text") == "json") print_line(verified_json(*verified));
  else print_verified(*verified);
  return 0;
}

}  // namespace

const Command command_platform_verify = {
    .path = "platform verify",
    .summary = "Check a published version byte by byte, and its signature",
    .details =
        "Reads every file of the artifact from the registry, not from the cache, and checks its "
        "digest, its size and its form, that the version is the tag's, and that floe.lock of the "
        "current folder, if it pins this version, pins these bytes. The signature is checked "
        "against --key, else against the trust policies of user and machine (see `floe schema "
        "trust-policy`). Exit code 4: something does not match.\n\n"
        "  floe platform verify v1.2.3 --key cosign.pub",
    .options = {registry_option(), public_key_option(), format_option()},
    .positionals = {{.name = "VERSION",
                     .help = "v1.2.3, or a whole reference such as oci-layout:./registry:v1.2.3",
                     .required = true}},
    .run = run_platform_verify,
};

}  // namespace floe::cli
