// SPDX-License-Identifier: Apache-2.0
// Nothing that was changed after it was signed is accepted, and nothing crashes.
#include "base/hash.h"
#include "core/sign/encoding.h"
#include "unit/core/sign_support.h"
#include "value/json.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>

namespace floe::sign {
namespace {

using testing::kSignedDigest;
using testing::member_at;
using testing::with_member;
using value::Value;

using Accepts = std::function<bool(const std::string&)>;

/// 2,000 changes of one to three random bytes, and every truncation (of long texts some).
void expect_no_mutant_accepted(const std::string& good, const Accepts& accepts) {
  ASSERT_TRUE(accepts(good));
  std::mt19937 random(20'270'115);
  for (int round = 0; round < 2000; ++round) {
    std::string mutant = good;
    for (std::size_t changes = 1 + random() % 3; changes > 0; --changes) {
      mutant[random() % mutant.size()] = static_cast<char>(random());
    }
    if (mutant == good) continue;
    EXPECT_FALSE(accepts(mutant)) << mutant;
  }
  const std::size_t step = good.size() / 1000 + 1;
  for (std::size_t size = 0; size < good.size(); size += step) {
    EXPECT_FALSE(accepts(good.substr(0, size))) << size;
  }
}

/// Flips each bit of the bytes that a base64 member holds, or, of long ones, a bit of each byte.
void expect_no_flip_accepted(const Value& good, const std::string& path, const Accepts& accepts) {
  const std::string bytes = *base64_decode(member_at(good, path).as_string());
  const std::size_t step = bytes.size() > 128 ? 9 : 1;
  for (std::size_t bit = 0; bit < bytes.size() * 8; bit += step) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    const Value mutant = with_member(good, path, base64_encode(flipped));
    EXPECT_FALSE(accepts(value::write_json(mutant))) << path << " bit " << bit;
  }
}

Accepts bundle_verifier(const Anchors& anchors) {
  return [anchors](const std::string& text) {
    return verify_bundle(text, kSignedDigest, anchors).has_value();
  };
}

TEST(SignMutation, KeyBundle) {
  const std::string good = testing::sign_vector("v3-bundle.json");
  const Accepts accepts = bundle_verifier(testing::anchors_of(testing::cosign_public_key()));
  expect_no_mutant_accepted(good, accepts);
  const Value bundle = value::read_json(good).value();
  expect_no_flip_accepted(bundle, "dsseEnvelope.payload", accepts);
  expect_no_flip_accepted(bundle, "dsseEnvelope.signatures.0.sig", accepts);
  expect_no_flip_accepted(bundle, "verificationMaterial.publicKey.hint", accepts);
}

TEST(SignMutation, Envelope) {
  const Anchors anchors = testing::anchors_of(testing::cosign_public_key());
  expect_no_mutant_accepted(testing::sign_vector("v2-att-dsse.json"), [&](const std::string& text) {
    return verify_envelope(text, kSignedDigest, anchors).has_value();
  });
}

TEST(SignMutation, ClassicPayloadAndSignature) {
  const Anchors anchors = testing::anchors_of(testing::cosign_public_key());
  const std::string payload = testing::sign_vector("v2-payload.json");
  const auto annotations = testing::classic_annotations();
  expect_no_mutant_accepted(payload, [&](const std::string& text) {
    return verify_simple(text, annotations, kSignedDigest, anchors).has_value();
  });
  expect_no_mutant_accepted(
      annotations.at(std::string(kSignatureAnnotation)), [&](const std::string& text) {
        return verify_simple(payload, {{std::string(kSignatureAnnotation), text}}, kSignedDigest,
                             anchors)
            .has_value();
      });
}

class KeylessMutation : public ::testing::TestWithParam<const char*> {};

TEST_P(KeylessMutation, Bundle) {
  const testing::KeylessWorld world;
  testing::KeylessCase how;
  how.kind = GetParam();
  const Value bundle = world.bundle(how);
  const Accepts accepts = bundle_verifier(world.anchors());
  expect_no_mutant_accepted(value::write_json(bundle), accepts);
  const std::string entry = "verificationMaterial.tlogEntries.0.";
  for (const std::string& path :
       {std::string("dsseEnvelope.payload"), std::string("dsseEnvelope.signatures.0.sig"),
        std::string("verificationMaterial.certificate.rawBytes"), entry + "canonicalizedBody",
        entry + "inclusionPromise.signedEntryTimestamp", entry + "logId.keyId",
        entry + "inclusionProof.rootHash", entry + "inclusionProof.hashes.0",
        entry + "inclusionProof.hashes.2"}) {
    expect_no_flip_accepted(bundle, path, accepts);
  }
  const std::string path = entry + "inclusionProof.checkpoint.envelope";
  const std::string note = member_at(bundle, path).as_string();
  for (std::size_t at = 0; at < note.size(); ++at) {
    std::string mutant = note;
    mutant[at] = static_cast<char>(mutant[at] ^ 1);
    EXPECT_FALSE(accepts(value::write_json(with_member(bundle, path, mutant)))) << mutant;
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, KeylessMutation, ::testing::Values("dsse", "intoto"));

TEST(SignMutation, ClassicKeyless) {
  const testing::KeylessWorld world;
  testing::KeylessCase how;
  how.kind = "hashedrekord";
  const std::string payload = simple_payload("acme/p", kSignedDigest, {});
  const auto good = world.classic(payload, how);
  const Anchors anchors = world.anchors();
  expect_no_mutant_accepted(
      good.at(std::string(kRekorBundleAnnotation)), [&](const std::string& text) {
        auto annotations = good;
        annotations[std::string(kRekorBundleAnnotation)] = text;
        return verify_simple(payload, annotations, kSignedDigest, anchors).has_value();
      });
}

/// Whatever is in a trusted root or a key file, it is read or refused.
TEST(SignMutation, TrustedRootAndKeyFileDoNotCrash) {
  const testing::KeylessWorld world;
  const std::string root = value::write_json(world.trusted_root());
  const std::string key = testing::sign_vector("cosign.key");
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string changed_root = root;
    changed_root[random() % root.size()] = static_cast<char>(random());
    static_cast<void>(TrustedRoot::from_json(changed_root));
    std::string changed_key = key;
    changed_key[random() % key.size()] = static_cast<char>(random());
    static_cast<void>(read_signer(changed_key, "the key", []() -> Result<std::string> {
      return fail(ErrorKind::kUsage, "no password");
    }));
    std::string changed_public = testing::sign_vector("cosign.pub");
    changed_public[random() % changed_public.size()] = static_cast<char>(random());
    static_cast<void>(PublicKey::from_pem(changed_public));
  }
}

}  // namespace
}  // namespace floe::sign
