// SPDX-License-Identifier: Apache-2.0
// Trust policies, and what counts as a signature of an artifact.
#include "base/hash.h"
#include "core/sign/bundle.h"
#include "core/sign/envelope.h"
#include "core/sign/keys.h"
#include "core/sign/simple_signing.h"
#include "core/trust/evidence.h"
#include "core/trust/judge.h"
#include "core/trust/policy.h"
#include "unit/core/artifact_support.h"

#include <gtest/gtest.h>

namespace floe::trust {
namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');
const std::string kRepository = "registry.acme.com/floe-platform";

/// A key pair without a passphrase.
struct Key {
  Key() {
    const auto pair = sign::generate_key_pair("");
    signer = std::move(*sign::read_signer(pair->private_pem, "key", [] { return std::string(); }));
    pem = pair->public_pem;
  }
  std::unique_ptr<sign::Signer> signer;
  std::string pem;
};

Key& own_key() {
  static Key key;
  return key;
}

Artifact artifact() {
  return {kDigest, "oci://" + kRepository, false, "acme-data-platform", "1.2.3"};
}

TrustRule rule_of(const Key& key) {
  TrustRule rule;
  rule.anchors.keys.push_back(*sign::PublicKey::from_pem(key.pem));
  return rule;
}

Evidence bundle(Key& key, std::string_view predicate,
                const std::map<std::string, std::string>& claims = {},
                const std::string& digest = kDigest) {
  sign::Statement statement;
  statement.subjects.push_back({"", digest.substr(7), claims});
  statement.predicate_type = predicate;
  statement.predicate = value::Value::map();
  Evidence out;
  out.bytes = *sign::make_bundle(*key.signer, statement);
  out.digest = oci_digest(out.bytes);
  return out;
}

Evidence classic(Key& key, const std::string& repository, const std::string& version) {
  Evidence out;
  out.kind = EvidenceKind::kClassic;
  out.bytes = sign::simple_payload(repository, kDigest, {{std::string(kSignedVersion), version}});
  out.annotations[std::string(sign::kSignatureAnnotation)] =
      base64_encode(*key.signer->sign(out.bytes));
  out.digest = oci_digest(out.bytes);
  return out;
}

bool accepted(const std::vector<Evidence>& evidence, const TrustRule& rule,
              const Artifact& what = artifact()) {
  return judge(what, evidence, rule).accepted;
}

TEST(Judge, OneGoodSignatureIsEnoughWhateverStandsBesideIt) {
  Key other;
  const TrustRule rule = rule_of(own_key());
  const Evidence good = bundle(own_key(), sign::kSignaturePredicate);
  const Evidence foreign = bundle(other, sign::kSignaturePredicate);
  Evidence broken = good;
  broken.bytes.resize(40);
  EXPECT_TRUE(accepted({good}, rule));
  EXPECT_FALSE(accepted({foreign}, rule));
  EXPECT_FALSE(accepted({broken}, rule));
  EXPECT_FALSE(accepted({}, rule));
  EXPECT_TRUE(accepted({foreign, broken, good}, rule));
  EXPECT_EQ(judge(artifact(), {foreign, broken, good}, rule).rejections.size(), 2u);
}

TEST(Judge, AnAttestationIsNoSignature) {
  const TrustRule rule = rule_of(own_key());
  const Judgement judgement =
      judge(artifact(), {bundle(own_key(), sign::kProvenancePredicate)}, rule);
  EXPECT_FALSE(judgement.accepted);
  EXPECT_EQ(judgement.attested, std::vector<std::string>{std::string(sign::kProvenancePredicate)});
}

TEST(Judge, AnEnvelopeOfTheFirstFormatIsNoSignatureEither) {
  sign::Statement statement;
  statement.subjects.push_back({"", kDigest.substr(7), {}});
  statement.predicate_type = sign::kSignaturePredicate;
  Evidence evidence;
  evidence.kind = EvidenceKind::kAttestation;
  evidence.bytes = *sign::make_envelope(*own_key().signer, statement);
  EXPECT_FALSE(accepted({evidence}, rule_of(own_key())));
}

TEST(Judge, SignaturesCountForTheRepositoryAndVersionThatTheyName) {
  TrustRule rule = rule_of(own_key());
  const std::string repository(kSignedRepository);
  const std::string version(kSignedVersion);
  const auto claims = [&](const std::string& where, const std::string& what) {
    return bundle(own_key(), sign::kSignaturePredicate, {{repository, where}, {version, what}});
  };
  EXPECT_TRUE(accepted({claims(kRepository, "1.2.3")}, rule));
  EXPECT_FALSE(accepted({claims(kRepository, "2.0.0")}, rule));
  EXPECT_FALSE(accepted({claims("registry.acme.com/other", "1.2.3")}, rule));
  EXPECT_TRUE(accepted({classic(own_key(), kRepository, "1.2.3")}, rule));
  EXPECT_FALSE(accepted({classic(own_key(), kRepository, "1.2.4")}, rule));
  EXPECT_FALSE(accepted({classic(own_key(), "registry.acme.com/other", "1.2.3")}, rule));
  rule.signed_as = {"registry.acme.com/other"};
  EXPECT_TRUE(accepted({claims("registry.acme.com/other", "1.2.3")}, rule));
  EXPECT_TRUE(accepted({classic(own_key(), "registry.acme.com/other", "1.2.3")}, rule));
  // A folder has no name of its own: only what the policy says can be compared.
  Artifact local = artifact();
  local.is_local = true;
  EXPECT_TRUE(accepted({claims("registry.acme.com/other", "1.2.3")}, rule, local));
  EXPECT_FALSE(accepted({claims("registry.acme.com/third", "1.2.3")}, rule, local));
}

TEST(Judge, AsksForTheDigestThePlatformAndTheAttestationsOfTheRule) {
  TrustRule rule = rule_of(own_key());
  const std::string other = "sha256:" + std::string(64, 'b');
  EXPECT_FALSE(accepted({bundle(own_key(), sign::kSignaturePredicate, {}, other)}, rule));
  const Evidence good = bundle(own_key(), sign::kSignaturePredicate);
  rule.platform = "another-platform";
  EXPECT_FALSE(accepted({good}, rule));
  rule.platform = "acme-data-platform";
  EXPECT_TRUE(accepted({good}, rule));
  rule.required_predicates = {std::string(sign::kProvenancePredicate)};
  EXPECT_FALSE(accepted({good}, rule));
  Key other_key;
  EXPECT_FALSE(accepted({good, bundle(other_key, sign::kProvenancePredicate)}, rule));
  EXPECT_TRUE(accepted({good, bundle(own_key(), sign::kProvenancePredicate)}, rule));
}

TEST(Evidence, IsTheSameAfterItWasKept) {
  const std::vector<Evidence> evidence{bundle(own_key(), sign::kSignaturePredicate),
                                       classic(own_key(), kRepository, "1.2.3")};
  const auto back = read_evidence(write_evidence(evidence));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, evidence);
  for (const char* bad : {"", "[]", "{}", R"({"evidence":[{}]})", R"({"evidence":[1]})",
                          R"({"evidence":[{"kind":"x","data":"","annotations":{}}]})",
                          R"({"evidence":[{"kind":"bundle","data":"!","annotations":{}}]})"}) {
    EXPECT_FALSE(read_evidence(bad)) << bad;
  }
}

TEST(Evidence, AFloodOfItIsCutOff) {
  const floe::testing::TempFolder folder;
  const auto registry = floe::testing::layout_at(folder.path() / "registry");
  const std::string config = "{}";
  const std::vector<oci::BlobSource> blobs{oci::blob_of(config), oci::blob_of("x")};
  ASSERT_TRUE(registry->push_blobs(blobs));
  oci::Manifest manifest;
  manifest.config = blobs[0].descriptor;
  manifest.layers.assign(kMaxEvidence + 50, blobs[1].descriptor);
  const std::string tag = "sha256-" + std::string(64, 'a') + ".sig";
  ASSERT_TRUE(registry->push_tag(oci::write_manifest(manifest), tag, oci::IfTagged::kRefuse));
  std::vector<std::string> trouble;
  const auto found = collect_evidence(*registry, kDigest, trouble);
  ASSERT_TRUE(found) << describe(found.error());
  EXPECT_EQ(found->size(), kMaxEvidence);
}

TEST(TrustPolicy, TheMachinesCountsBesideTheUsers) {
  const floe::testing::TempFolder folder;
  const fs::path machine = folder.path() / "machine.yaml";
  const fs::path user = folder.path() / "user";
  ASSERT_TRUE(write_file(machine, "version: 1\nverification: enforce\n"));
  ASSERT_TRUE(write_file(user / "trust.yaml", "version: 1\nverification: 'off'\n"));
  ASSERT_TRUE(write_file(folder.path() / "ci.yaml", "version: 1\nverification: warn\n"));
  const auto modes = [&](const std::map<std::string, std::string>& environment) {
    std::vector<Mode> out;
    const auto policies = trust_policies(environment, user, machine);
    for (const TrustPolicy& each : *policies) {
      out.push_back(rule_for(each, "oci://anything").mode);
    }
    return out;
  };
  EXPECT_EQ(modes({}), (std::vector<Mode>{Mode::kEnforce, Mode::kOff}));
  const std::string ci = (folder.path() / "ci.yaml").string();
  EXPECT_EQ(modes({{"FLOE_TRUST_POLICY", ci}}), (std::vector<Mode>{Mode::kEnforce, Mode::kWarn}));
  EXPECT_FALSE(trust_policies({{"FLOE_TRUST_POLICY", "/nowhere.yaml"}}, user, machine));
}

TEST(TrustPolicy, TheFirstRuleThatMatchesCounts) {
  const floe::testing::TempFolder folder;
  const fs::path path = folder.path() / "trust.yaml";
  ASSERT_TRUE(write_file(folder.path() / "own.pub", own_key().pem));
  ASSERT_TRUE(write_file(path,
                         "version: 1\n"
                         "rules:\n"
                         "  - match: oci://registry.acme.com/test-*\n"
                         "    verification: warn\n"
                         "    keys: [own.pub]\n"
                         "  - match: oci://registry.acme.com/*\n"
                         "    keys: [own.pub]\n"));
  const auto policy = read_trust_policy(path);
  ASSERT_TRUE(policy) << describe(policy.error());
  EXPECT_EQ(rule_for(*policy, "oci://registry.acme.com/test-a").mode, Mode::kWarn);
  EXPECT_EQ(rule_for(*policy, "oci://registry.acme.com/floe-platform").mode, Mode::kEnforce);
  EXPECT_EQ(rule_for(*policy, "oci://registry.acme.com/a").anchors.keys.size(), 1u);
  EXPECT_EQ(rule_for(*policy, "oci://other.acme.com/a").mode, Mode::kOff);
}

}  // namespace
}  // namespace floe::trust
