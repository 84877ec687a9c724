// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "core/sign/bundle.h"
#include "core/sign/encoding.h"
#include "unit/core/sign_support.h"
#include "value/json.h"

#include <gtest/gtest.h>

namespace floe::sign {
namespace {

using testing::anchors_of;
using testing::classic_annotations;
using testing::cosign_public_key;
using testing::cosign_signer;
using testing::kOtherDigest;
using testing::kSignedDigest;
using testing::sample_statement;
using testing::sign_vector;
using testing::with_member;
using testing::without_member;
using value::Value;

std::string cosign_key_name() { return "key SHA256:" + cosign_public_key().fingerprint(); }

std::string refusal_of_bundle(const Value& bundle, const Anchors& anchors,
                              std::string_view digest = kSignedDigest) {
  const auto verified = verify_bundle(value::write_json(bundle), digest, anchors);
  if (verified) return "accepted";
  EXPECT_EQ(verified.error().kind, ErrorKind::kSecurity);
  return verified.error().message;
}

std::string refusal_of_payload(const std::string& payload) {
  const auto claim = read_simple_payload(payload);
  if (claim) return "accepted";
  EXPECT_EQ(claim.error().kind, ErrorKind::kSecurity);
  return claim.error().message;
}

TEST(SimpleSigning, WritesWhatCosignWrites) {
  EXPECT_EQ(simple_payload("127.0.0.1:6000/c2sign", kSignedDigest, {}),
            sign_vector("v2-payload.json"));
}

TEST(SimpleSigning, WritesAnnotationsAsGoDoes) {
  const std::string payload = simple_payload("r", "d", {{"b", "<&>\u2028"}, {"a", "\"\n\xC3\xA9"}});
  EXPECT_EQ(payload,
            R"({"critical":{"identity":{"docker-reference":"r"},"image":{"docker-manifest-digest":)"
            R"("d"},"type":"cosign container image signature"},"optional":{"a":"\"\n)"
            "\xC3\xA9"
            R"(","b":"\u003c\u0026\u003e\u2028"}})");
}

TEST(SimpleSigning, ReadsBackWhatItWrites) {
  const std::map<std::string, std::string> annotations = {{"k", "<v>"}, {"version", "1.2.3"}};
  const auto claim = read_simple_payload(simple_payload("acme/p", kSignedDigest, annotations));
  ASSERT_TRUE(claim) << describe(claim.error());
  EXPECT_EQ(claim->repository, "acme/p");
  EXPECT_EQ(claim->digest, kSignedDigest);
  EXPECT_EQ(claim->annotations, annotations);
}

TEST(SimpleSigning, ReadsPrettyPrintedPayloads) {
  const Value payload = value::read_json(sign_vector("v2-payload.json")).value();
  EXPECT_EQ(refusal_of_payload(value::write_json(payload, 2)), "accepted");
}

TEST(SimpleSigning, RefusesWhatItDoesNotKnow) {
  const Value good = value::read_json(sign_vector("v2-payload.json")).value();
  const auto changed = [&](std::string_view path, const Value& value) {
    return refusal_of_payload(value::write_json(with_member(good, path, value)));
  };
  EXPECT_EQ(refusal_of_payload(value::write_json(good)), "accepted");
  EXPECT_EQ(changed("critical.type", "atomic container signature"),
            "the signed payload, 'critical': 'type' is not \"cosign container image signature\"");
  EXPECT_EQ(changed("critical.more", true),
            "the signed payload, 'critical': unknown member 'more'");
  EXPECT_EQ(changed("critical.image.docker-manifest-digest", "sha256:abc"),
            "the signed payload, 'critical', 'image': it is no SHA-256 digest");
  EXPECT_NE(changed("critical.image.other", "x"), "accepted");
  EXPECT_NE(changed("critical.identity.docker-reference", 1), "accepted");
  EXPECT_NE(changed("critical.identity.x", 1), "accepted");
  EXPECT_NE(changed("more", "x"), "accepted");
  EXPECT_NE(changed("optional", "x"), "accepted");
  EXPECT_EQ(changed("optional", Value::map({{"n", 1}})), "accepted");
  for (const char* bad : {"", "null", "[]", "{}", "{", R"({"critical":{},"critical":{}})"}) {
    EXPECT_NE(refusal_of_payload(bad), "accepted") << bad;
  }
  EXPECT_EQ(refusal_of_payload(value::write_json(good) + std::string(1 << 20, ' ')),
            "the signed payload is larger than 64 KiB");
}

TEST(Statement, IsWrittenCompactly) {
  Statement statement = sample_statement();
  statement.subjects[0].name = "acme";
  statement.subjects[0].annotations["k"] = "v";
  EXPECT_EQ(write_statement(statement),
            R"({"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"acme","digest":{)"
            R"("sha256":"e007d32e4f7d8d63bddc5cca676f6f812d5ceef6ab2fc510303be37326ec00a4"},)"
            R"("annotations":{"k":"v"}}],"predicateType":"https://sigstore.dev/cosign/sign/v1",)"
            R"("predicate":{}})");
}

TEST(Statement, ReadsBackWhatItWrites) {
  Statement statement = sample_statement(kProvenancePredicate);
  statement.subjects.push_back({"second", std::string(64, 'a'), {{"a", "b"}}});
  statement.predicate = Value::map({{"builder", Value::map({{"id", "x"}})}});
  const Statement back = read_statement(write_statement(statement)).value();
  EXPECT_EQ(write_statement(back), write_statement(statement));
  EXPECT_EQ(back.predicate_type, kProvenancePredicate);
  EXPECT_EQ(back.subjects.at(1).annotations.at("a"), "b");
}

TEST(Statement, ReadsTheOlderVersionAndSkipsWhatItDoesNotKnow) {
  const std::string text =
      R"({"_type":"https://in-toto.io/Statement/v0.1","more":1,"subject":[{"name":"a",)"
      R"("uri":"x","digest":{"sha512":"00"}}],"predicateType":"p"})";
  const auto statement = read_statement(text);
  ASSERT_TRUE(statement) << describe(statement.error());
  EXPECT_EQ(statement->subjects.at(0).sha256, "");
  EXPECT_TRUE(statement->predicate.is_null());
}

TEST(Statement, RefusesMalformedOnes) {
  const Value good = value::read_json(write_statement(sample_statement())).value();
  const auto accepted = [](const Value& statement) {
    return read_statement(value::write_json(statement)).has_value();
  };
  EXPECT_TRUE(accepted(good));
  EXPECT_FALSE(accepted(with_member(good, "_type", "https://in-toto.io/Statement/v2")));
  EXPECT_FALSE(accepted(with_member(good, "subject", Value::list())));
  EXPECT_FALSE(accepted(with_member(good, "subject", "x")));
  EXPECT_FALSE(accepted(with_member(good, "subject.0", "x")));
  EXPECT_FALSE(accepted(without_member(good, "subject.0.digest")));
  EXPECT_FALSE(accepted(with_member(good, "subject.0.digest.sha256", std::string(64, 'A'))));
  EXPECT_FALSE(accepted(with_member(good, "subject.0.digest.sha256", "")));
  EXPECT_FALSE(accepted(with_member(good, "predicateType", "")));
  EXPECT_FALSE(accepted(without_member(good, "predicateType")));
  EXPECT_FALSE(accepted(with_member(good, "predicate", "x")));
  EXPECT_FALSE(read_statement("[]"));
}

TEST(Dsse, SignsTheExampleOfItsSpecification) {
  EXPECT_EQ(dsse_pae("http://example.com/HelloWorld", "hello world"),
            "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}

TEST(KeyBundle, OfCosignIsVerified) {
  const auto verified =
      verify_bundle(sign_vector("v3-bundle.json"), kSignedDigest, anchors_of(cosign_public_key()));
  ASSERT_TRUE(verified) << describe(verified.error());
  EXPECT_EQ(verified->signer, cosign_key_name());
  EXPECT_EQ(verified->statement.predicate_type, kSignaturePredicate);
}

TEST(KeyBundle, HasTheFormOfCosigns) {
  Statement statement = sample_statement();
  const auto made = make_bundle(*cosign_signer(), statement);
  ASSERT_TRUE(made) << describe(made.error());
  const auto form = [](const std::string& text) {
    Value json = value::read_json(text).value();
    json = with_member(json, "dsseEnvelope.signatures.0.sig", "");
    return value::write_json(with_member(json, "dsseEnvelope.payload", ""));
  };
  EXPECT_EQ(form(*made), form(sign_vector("v3-bundle.json")));
  const auto verified = verify_bundle(*made, kSignedDigest, anchors_of(cosign_public_key()));
  ASSERT_TRUE(verified) << describe(verified.error());
  EXPECT_EQ(verified->signer, cosign_key_name());
}

TEST(KeyBundle, OfEd25519IsVerified) {
  const auto signer = read_signer(testing::fresh_private_pem("ED25519"), "the key",
                                  []() -> Result<std::string> { return ""; });
  const std::string made = make_bundle(**signer, sample_statement()).value();
  EXPECT_TRUE(verify_bundle(made, kSignedDigest, anchors_of((*signer)->public_key())));
}

TEST(KeyBundle, IsRefusedForAnotherKeyAndAnotherArtifact) {
  const Value bundle = value::read_json(sign_vector("v3-bundle.json")).value();
  const PublicKey other = testing::public_half_of(testing::fresh_key());
  EXPECT_EQ(refusal_of_bundle(bundle, anchors_of(other)),
            "it is not signed by a key that is trusted");
  EXPECT_EQ(refusal_of_bundle(bundle, {}), "it is signed with a key, and no key is trusted");
  const Anchors anchors = anchors_of(cosign_public_key());
  EXPECT_EQ(refusal_of_bundle(bundle, anchors, kOtherDigest),
            "the signed statement is about another artifact");
  EXPECT_EQ(refusal_of_bundle(bundle, anchors, "sha256:"),
            "'sha256:' is no digest that could be verified");
  EXPECT_NE(refusal_of_bundle(bundle, anchors, ""), "accepted");
  Anchors both = anchors_of(other);
  both.keys.push_back(cosign_public_key());
  EXPECT_EQ(refusal_of_bundle(bundle, both), "accepted");
}

TEST(KeyBundle, OneOfSeveralSubjectsIsEnough) {
  Statement statement = sample_statement();
  statement.subjects.insert(statement.subjects.begin(), {"other", std::string(64, '0'), {}});
  const std::string made = make_bundle(*cosign_signer(), statement).value();
  EXPECT_TRUE(verify_bundle(made, kSignedDigest, anchors_of(cosign_public_key())));
  EXPECT_TRUE(verify_bundle(made, kOtherDigest, anchors_of(cosign_public_key())));
  statement.subjects = {{"", "", {}}};
  const std::string without = R"({"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":)"
                              R"({"sha512":"00"}}],"predicateType":"p"})";
  const std::string signature =
      cosign_signer()->sign(dsse_pae(kStatementPayloadType, without)).value();
  Value bundle = value::read_json(made).value();
  bundle = with_member(bundle, "dsseEnvelope.payload", base64_encode(without));
  bundle = with_member(bundle, "dsseEnvelope.signatures.0.sig", base64_encode(signature));
  EXPECT_EQ(refusal_of_bundle(bundle, anchors_of(cosign_public_key())),
            "the signed statement is about another artifact");
}

TEST(KeyBundle, IsAsStrictAsCosign) {
  const Value good = value::read_json(sign_vector("v3-bundle.json")).value();
  const Anchors anchors = anchors_of(cosign_public_key());
  const auto changed = [&](std::string_view path, const Value& value) {
    return refusal_of_bundle(with_member(good, path, value), anchors);
  };
  EXPECT_EQ(refusal_of_bundle(good, anchors), "accepted");
  EXPECT_EQ(changed("mediaType", kBundleTypeOfOld), "accepted");
  EXPECT_EQ(changed("verificationMaterial.publicKey", Value::map()), "accepted");
  EXPECT_EQ(changed("dsseEnvelope.signatures.0.keyid", ""), "accepted");
  for (const char* version :
       {"application/vnd.dev.sigstore.bundle+json;version=0.1",
        "application/vnd.dev.sigstore.bundle+json;version=0.2",
        "application/vnd.dev.sigstore.bundle.v0.4+json", "application/json", ""}) {
    EXPECT_NE(changed("mediaType", version), "accepted") << version;
  }
  EXPECT_EQ(refusal_of_bundle(without_member(good, "verificationMaterial"), anchors),
            "the bundle: 'verificationMaterial' is missing");
  EXPECT_EQ(
      changed("verificationMaterial", Value::map()),
      "the bundle, 'verificationMaterial': there must be either a public key or a certificate");
  EXPECT_EQ(changed("verificationMaterial.publicKey.hint", "AAAA"),
            "the bundle names another key than the one that signed it");
  EXPECT_EQ(changed("more", 1), "the bundle: unknown member 'more'");
  EXPECT_NE(changed("verificationMaterial.more", 1), "accepted");
  EXPECT_NE(changed("verificationMaterial.publicKey.more", 1), "accepted");
  EXPECT_EQ(changed("verificationMaterial.tlogEntries", Value::list()), "accepted");
  EXPECT_NE(changed("verificationMaterial.tlogEntries", 1), "accepted");
  const char* times = "verificationMaterial.timestampVerificationData";
  EXPECT_EQ(changed(times, Value::map({{"rfc3161Timestamps", Value::list()}})), "accepted");
  EXPECT_NE(changed(times, Value::map({{"more", 1}})), "accepted");
  EXPECT_NE(changed("dsseEnvelope.more", 1), "accepted");
  EXPECT_NE(changed("dsseEnvelope.signatures.0.more", 1), "accepted");
  EXPECT_EQ(changed("dsseEnvelope.signatures.0.keyid", "x"),
            "the bundle, 'dsseEnvelope', its signature: 'keyid' must be empty");
  EXPECT_NE(changed("dsseEnvelope.payloadType", "text/plain"), "accepted");
  EXPECT_EQ(changed("messageSignature", Value::map()),
            "the bundle: it signs bytes and not a statement about an artifact");
  const Value& signature = testing::member_at(good, "dsseEnvelope.signatures.0");
  EXPECT_EQ(changed("dsseEnvelope.signatures", Value::list({signature, signature})),
            "the bundle, 'dsseEnvelope': there must be exactly one signature");
  EXPECT_NE(changed("dsseEnvelope.signatures", Value::list()), "accepted");
}

TEST(KeyBundle, WithDuplicateKeysOrTooMuchOfItIsRefused) {
  const std::string text = sign_vector("v3-bundle.json");
  const Anchors anchors = anchors_of(cosign_public_key());
  const std::string twice = R"({"mediaType":"x",)" + text.substr(1);
  EXPECT_FALSE(verify_bundle(twice, kSignedDigest, anchors));
  EXPECT_EQ(verify_bundle(text + std::string(1 << 20, ' '), kSignedDigest, anchors).error().message,
            "the bundle is larger than 1024 KiB");
}

TEST(KeyBundle, ThatNobodyWouldReadIsNotMade) {
  Statement statement = sample_statement(kSpdxPredicate);
  statement.predicate = Value::map({{"x", std::string(900 << 10, 'x')}});
  const auto made = make_bundle(*cosign_signer(), statement);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::kUsage);
  EXPECT_FALSE(make_envelope(*cosign_signer(), statement));
}

TEST(Envelope, OfCosignIsVerified) {
  const std::string text = sign_vector("v2-att-dsse.json");
  const auto verified = verify_envelope(text, kSignedDigest, anchors_of(cosign_public_key()));
  ASSERT_TRUE(verified) << describe(verified.error());
  EXPECT_EQ(verified->statement.predicate_type, kProvenancePredicate);
  EXPECT_EQ(verified->signer, cosign_key_name());
  EXPECT_FALSE(verify_envelope(text, kOtherDigest, anchors_of(cosign_public_key())));
  EXPECT_FALSE(verify_envelope(text, kSignedDigest,
                               anchors_of(testing::public_half_of(testing::fresh_key()))));
}

TEST(Envelope, ReadsBackWhatItWrites) {
  const std::string made =
      make_envelope(*cosign_signer(), sample_statement(kTestResultPredicate)).value();
  EXPECT_TRUE(made.find(R"("keyid":"")") != std::string::npos);
  const auto verified = verify_envelope(made, kSignedDigest, anchors_of(cosign_public_key()));
  ASSERT_TRUE(verified) << describe(verified.error());
  EXPECT_EQ(verified->statement.predicate_type, kTestResultPredicate);
}

TEST(Classic, OfCosignIsVerified) {
  const auto verified = verify_simple(sign_vector("v2-payload.json"), classic_annotations(),
                                      kSignedDigest, anchors_of(cosign_public_key()));
  ASSERT_TRUE(verified) << describe(verified.error());
  EXPECT_EQ(verified->claim.repository, "127.0.0.1:6000/c2sign");
  EXPECT_EQ(verified->signer, cosign_key_name());
}

TEST(Classic, IsRefusedForAnotherKeyArtifactOrPayload) {
  const Anchors anchors = anchors_of(cosign_public_key());
  const std::string payload = sign_vector("v2-payload.json");
  const auto message = [&](const std::string& bytes, std::string_view digest, const Anchors& trust,
                           std::map<std::string, std::string, std::less<>> annotations) {
    const auto verified = verify_simple(bytes, annotations, digest, trust);
    return verified ? "accepted" : verified.error().message;
  };
  const auto good = classic_annotations();
  EXPECT_EQ(message(payload, kSignedDigest, anchors, good), "accepted");
  EXPECT_EQ(message(payload, kOtherDigest, anchors, good),
            "the signed payload is about another artifact");
  EXPECT_EQ(message(payload + " ", kSignedDigest, anchors, good),
            "it is not signed by a key that is trusted");
  EXPECT_EQ(message(payload, kSignedDigest, {}, good),
            "it is signed with a key, and no key is trusted");
  EXPECT_EQ(message(payload, kSignedDigest, anchors, {}), "the layer has no signature in base64");
  const std::string other = simple_payload("r", kOtherDigest, {});
  EXPECT_EQ(message(other, kOtherDigest, anchors, good),
            "it is not signed by a key that is trusted");
}

TEST(Classic, ReadsBackWhatItWrites) {
  const std::string payload = simple_payload("acme/p", kSignedDigest, {{"version", "1.2.3"}});
  const std::string signature = base64_encode(cosign_signer()->sign(payload).value());
  const auto verified = verify_simple(payload, {{std::string(kSignatureAnnotation), signature}},
                                      kSignedDigest, anchors_of(cosign_public_key()));
  ASSERT_TRUE(verified) << describe(verified.error());
  EXPECT_EQ(verified->claim.annotations.at("version"), "1.2.3");
}

}  // namespace
}  // namespace floe::sign
