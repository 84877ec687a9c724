// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "base/time.h"
#include "core/sign/bundle.h"
#include "core/sign/certificate.h"
#include "core/sign/checkpoint.h"
#include "core/sign/encoding.h"
#include "core/sign/merkle.h"
#include "core/sign/sct.h"
#include "unit/core/artifact_support.h"
#include "unit/core/sign_support.h"
#include "value/json.h"

#include <gtest/gtest.h>
#include <openssl/ct.h>

namespace floe::sign {
namespace {

using testing::KeylessCase;
using testing::KeylessWorld;
using testing::kOtherDigest;
using testing::kSignedDigest;
using testing::kSigningTime;
using testing::with_member;
using testing::without_member;
using value::Value;

constexpr const char* kEntry = "verificationMaterial.tlogEntries.0.";

/// Made once: keys cost time.
const KeylessWorld& world() {
  static const KeylessWorld kWorld;
  return kWorld;
}

std::string refusal(const Value& bundle, const Anchors& anchors,
                    std::string_view digest = kSignedDigest) {
  const auto verified = verify_bundle(value::write_json(bundle), digest, anchors);
  if (verified) return "accepted";
  EXPECT_EQ(verified.error().kind, ErrorKind::kSecurity);
  return verified.error().message;
}

std::string refusal(const KeylessCase& how) {
  return refusal(world().bundle(how), world().anchors());
}

std::string at_entry(const char* path) { return kEntry + std::string(path); }

TEST(Keyless, BundleIsVerified) {
  for (const char* kind : {"dsse", "intoto"}) {
    KeylessCase how;
    how.kind = kind;
    const auto verified =
        verify_bundle(value::write_json(world().bundle(how)), kSignedDigest, world().anchors());
    ASSERT_TRUE(verified) << describe(verified.error());
    EXPECT_EQ(verified->signer,
              "identity https://ci.acme.com/platform/.github/workflows/release.yml "
              "(https://token.ci.acme.com)");
    EXPECT_EQ(verified->statement.predicate_type, kSignaturePredicate);
  }
}

TEST(Keyless, BundleOfAnIntermediateAuthorityIsVerified) {
  const KeylessWorld other(true);
  EXPECT_EQ(refusal(other.bundle(), other.anchors()), "accepted");
  EXPECT_NE(refusal(other.bundle(), world().anchors()), "accepted");
  // Without the intermediate certificate there is no chain.
  Value root = other.trusted_root();
  Value& chain = *root.edit("certificateAuthorities")->edit_list().at(0).edit("certChain");
  Value& certificates = *chain.edit("certificates");
  certificates.edit_list().erase(certificates.edit_list().begin());
  Anchors anchors = other.anchors();
  anchors.root = TrustedRoot::from_json(value::write_json(root)).value();
  EXPECT_NE(refusal(other.bundle(), anchors), "accepted");
}

TEST(Keyless, AnotherIdentityIsRefused) {
  const Value bundle = world().bundle();
  const std::string subject = "https://ci.acme.com/platform/.github/workflows/release.yml";
  const std::string issuer = "https://token.ci.acme.com";
  const auto trusting = [&](std::vector<Identity> identities) {
    Anchors anchors = world().anchors();
    anchors.identities = std::move(identities);
    return refusal(bundle, anchors);
  };
  EXPECT_EQ(trusting({{subject, issuer, false}}), "accepted");
  EXPECT_EQ(trusting({{"https://ci.acme.com/platform/*", issuer, true}}), "accepted");
  EXPECT_EQ(trusting({{"x", issuer, false}, {subject, issuer, false}}), "accepted");
  EXPECT_NE(trusting({{"https://ci.acme.com/other/*", issuer, true}}), "accepted");
  EXPECT_NE(trusting({{"https://ci.acme.com/platform/*", issuer, false}}), "accepted");
  EXPECT_NE(trusting({{subject, "https://token.ci.acme.org", false}}), "accepted");
  EXPECT_NE(trusting({{subject, "https://token.*", true}}), "accepted");
  EXPECT_NE(trusting({{subject, "", false}}), "accepted");
  EXPECT_NE(trusting({{"", issuer, true}}), "accepted");
  EXPECT_NE(trusting({{subject + "/", issuer, false}}), "accepted");
  EXPECT_EQ(trusting({}), "it is signed keyless, and no identity is trusted");
  EXPECT_EQ(trusting({{"a@acme.com", issuer, false}}),
            "it is signed by identity " + subject + " (" + issuer + "), who is not trusted");
}

TEST(Keyless, WithoutATrustedRootIsRefused) {
  Anchors anchors = world().anchors();
  anchors.root.reset();
  anchors.keys.push_back(testing::cosign_public_key());
  EXPECT_EQ(refusal(world().bundle(), anchors), "it is signed keyless, and no identity is trusted");
}

TEST(Keyless, SubjectsOfAllKindsAreRead) {
  const auto subject_of = [](const std::string& san) {
    KeylessCase how;
    how.san = san;
    const auto certificate = check_certificate(world().certificate(testing::fresh_key(), how),
                                               *world().anchors().root, kSigningTime, true);
    return certificate ? certificate->subject : "refused: " + certificate.error().message;
  };
  EXPECT_EQ(subject_of("URI:https://ci.acme.com/a"), "https://ci.acme.com/a");
  EXPECT_EQ(subject_of("email:release@acme.com"), "release@acme.com");
  EXPECT_EQ(subject_of("otherName:1.3.6.1.4.1.57264.1.7;UTF8:robot!acme.com"), "robot!acme.com");
  for (const char* bad :
       {"otherName:1.3.6.1.4.1.57264.1.9;UTF8:robot", "DNS:acme.com", "IP:10.0.0.1", "",
        "URI:https://a.acme.com,URI:https://b.acme.com",
        "otherName:1.3.6.1.4.1.57264.1.7;IA5:robot",
        // "https://a" NUL "b" and "a" ESC: names that end early or hide something.
        "DER:300d860b68747470733a2f2f610062", "DER:30048602611b"}) {
    EXPECT_TRUE(subject_of(bad).starts_with("refused: the signing certificate")) << bad;
  }
}

TEST(Keyless, IssuerIsReadFromEitherExtension) {
  KeylessCase how;
  how.issuer_of_old = true;
  EXPECT_EQ(refusal(how), "accepted");
  how.issuer = "https://token.ci.acme.org";
  EXPECT_NE(refusal(how), "accepted");
  KeylessCase both;
  both.both_issuers_differ = true;
  EXPECT_EQ(refusal(both), "the signing certificate does not say which provider knows its subject");
  KeylessCase none;
  none.issuer = "";
  EXPECT_EQ(refusal(none), "the signing certificate does not say which provider knows its subject");
}

TEST(Keyless, CertificateMustBeValidAtTheTimeOfSigning) {
  KeylessCase late;
  late.integrated_time = late.not_after + 1;
  EXPECT_EQ(refusal(late),
            "the signing certificate was not valid at the time of signing, 2027-01-15T08:09:01Z: "
            "certificate has expired");
  KeylessCase last;
  last.integrated_time = last.not_after - 1;
  EXPECT_EQ(refusal(last), "accepted");
  KeylessCase early;
  early.integrated_time = early.not_before - 1;
  EXPECT_TRUE(refusal(early).ends_with("certificate is not yet valid"));
}

TEST(Keyless, AuthorityAndLogKeyMustHaveBeenInUse) {
  const auto with_window = [](const char* path, std::int64_t start, std::int64_t end) {
    Value window = Value::map();
    window.set("start", rfc3339_text(start));
    window.set("end", rfc3339_text(end));
    Anchors anchors = world().anchors();
    anchors.root =
        TrustedRoot::from_json(value::write_json(with_member(world().trusted_root(), path, window)))
            .value();
    return refusal(world().bundle(), anchors);
  };
  for (const char* path : {"certificateAuthorities.0.validFor", "tlogs.0.publicKey.validFor",
                           "ctlogs.0.publicKey.validFor"}) {
    EXPECT_EQ(with_window(path, kSigningTime - 30, kSigningTime), "accepted") << path;
    EXPECT_NE(with_window(path, kSigningTime - 100, kSigningTime - 50), "accepted") << path;
    EXPECT_NE(with_window(path, kSigningTime + 1, kSigningTime + 9), "accepted") << path;
  }
  EXPECT_EQ(with_window("tlogs.0.publicKey.validFor", 1, 2),
            "the transparency log's key was not in use at the time of signing, "
            "2027-01-15T08:00:00Z");
}

TEST(Keyless, CertificateOfAnotherAuthorityOrPurposeIsRefused) {
  KeylessCase stranger;
  stranger.other_issuer_key = true;
  EXPECT_TRUE(refusal(stranger).ends_with("certificate signature failure")) << refusal(stranger);
  for (const char* purpose : {"serverAuth", "clientAuth,emailProtection", ""}) {
    KeylessCase how;
    how.purpose = purpose;
    EXPECT_EQ(refusal(how), "the certificate of the signature is none for signing code") << purpose;
  }
  KeylessCase authority;
  authority.is_ca = true;
  EXPECT_EQ(refusal(authority), "the certificate of the signature is none for signing code");
}

TEST(Keyless, CertificateMustBeLogged) {
  KeylessCase without;
  without.timestamp = false;
  const std::string none =
      "the signing certificate has no timestamp of a certificate transparency log";
  EXPECT_EQ(refusal(without), none);
  Anchors lax = world().anchors();
  lax.require_sct = false;
  EXPECT_EQ(refusal(world().bundle(without), lax), "accepted");
  const std::string unknown =
      "no certificate transparency log of the trusted root has signed for the signing certificate";
  KeylessCase other;
  other.other_ct_key = true;
  EXPECT_EQ(refusal(other), unknown);
  KeylessCase before;
  before.timestamp_time = kSigningTime - 100'000;
  EXPECT_EQ(refusal(before), unknown);
  Anchors bare = world().anchors();
  bare.root =
      TrustedRoot::from_json(value::write_json(without_member(world().trusted_root(), "ctlogs")))
          .value();
  EXPECT_EQ(refusal(world().bundle(), bare), unknown);
}

/// The certificate timestamps that the private Sigstore makes, judged by OpenSSL.
TEST(Keyless, TimestampsAreWhatOpensslExpects) {
  const EvpKey key = testing::fresh_key();
  const std::string der = world().certificate(key, {});
  const unsigned char* at = openssl_bytes(der);
  const X509Certificate leaf(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  at = openssl_bytes(world().issuing_certificate());
  const X509Certificate issuer(
      d2i_X509(nullptr, &at, static_cast<long>(world().issuing_certificate().size())));
  const testing::TempFolder folder;
  const std::string config = (folder.path() / "logs").string();
  ASSERT_TRUE(write_file(
      config, "enabled_logs=acme\n[acme]\ndescription=acme\nkey=" +
                  base64_encode(testing::public_half_of(world().certificate_log_key()).der()) +
                  "\n"));
  const std::unique_ptr<CTLOG_STORE, OpensslFree<CTLOG_STORE_free>> logs(CTLOG_STORE_new());
  ASSERT_EQ(CTLOG_STORE_load_file(logs.get(), config.c_str()), 1);
  const std::unique_ptr<CT_POLICY_EVAL_CTX, OpensslFree<CT_POLICY_EVAL_CTX_free>> policy(
      CT_POLICY_EVAL_CTX_new());
  CT_POLICY_EVAL_CTX_set1_cert(policy.get(), leaf.get());
  CT_POLICY_EVAL_CTX_set1_issuer(policy.get(), issuer.get());
  CT_POLICY_EVAL_CTX_set_shared_CTLOG_STORE(policy.get(), logs.get());
  CT_POLICY_EVAL_CTX_set_time(policy.get(), static_cast<std::uint64_t>(kSigningTime) * 1000);
  const std::unique_ptr<STACK_OF(SCT), OpensslFree<SCT_LIST_free>> list(static_cast<STACK_OF(SCT)*>(
      X509_get_ext_d2i(leaf.get(), NID_ct_precert_scts, nullptr, nullptr)));
  ASSERT_NE(list, nullptr);
  ASSERT_EQ(sk_SCT_num(list.get()), 1);
  SCT* const timestamp = sk_SCT_value(list.get(), 0);
  EXPECT_EQ(SCT_validate(timestamp, policy.get()), 1);
  EXPECT_EQ(SCT_get_validation_status(timestamp), SCT_VALIDATION_STATUS_VALID);
}

TEST(Keyless, MalformedTimestampListsAreRefused) {
  const std::string one = std::string(1, '\0') + std::string(32, 'i') + std::string(8, '\0') +
                          std::string(2, '\0') + "\x04\x03" + std::string("\0\x02", 2) + "sg";
  const auto list = [](const std::string& entries) {
    return std::string(1, '\0') + static_cast<char>(entries.size()) + entries;
  };
  const std::string entry = list(one);
  const auto good = read_timestamps(list(entry + entry));
  ASSERT_TRUE(good);
  ASSERT_EQ(good->size(), 2u);
  EXPECT_EQ(good->at(1).signature, "sg");
  std::string unknown = one;
  unknown[0] = 1;
  EXPECT_TRUE(read_timestamps(list(list(unknown)))->empty());
  EXPECT_FALSE(read_timestamps(""));
  EXPECT_FALSE(read_timestamps(list(entry) + "x"));
  EXPECT_FALSE(read_timestamps(list(entry + "x")));
  EXPECT_FALSE(read_timestamps(list(list(""))));
  EXPECT_FALSE(read_timestamps(list(list(one + "x"))));
  for (std::size_t size = 1; size < one.size(); ++size) {
    EXPECT_FALSE(read_timestamps(list(list(one.substr(0, size))))) << size;
  }
}

TEST(Keyless, LogEntryMustBeThere) {
  const Value good = world().bundle();
  const Anchors anchors = world().anchors();
  const Value entry = testing::member_at(good, "verificationMaterial.tlogEntries.0");
  const auto entries = [&](const Value& list) {
    return refusal(with_member(good, "verificationMaterial.tlogEntries", list), anchors);
  };
  EXPECT_EQ(refusal(without_member(good, "verificationMaterial.tlogEntries"), anchors),
            "the bundle, 'verificationMaterial': there is no entry of a transparency log, so "
            "nothing says when it was signed");
  EXPECT_NE(entries(Value::list()), "accepted");
  EXPECT_EQ(entries(Value::list({entry, entry})),
            "the bundle, 'verificationMaterial': there must be exactly one entry of a transparency "
            "log");
  for (const char* part : {"logId", "kindVersion", "integratedTime", "inclusionPromise",
                           "inclusionProof", "canonicalizedBody", "inclusionProof.checkpoint",
                           "inclusionProof.rootHash", "inclusionProof.treeSize"}) {
    EXPECT_NE(refusal(without_member(good, at_entry(part)), anchors), "accepted") << part;
  }
  EXPECT_NE(refusal(with_member(good, at_entry("more"), 1), anchors), "accepted");
  EXPECT_NE(refusal(with_member(good, at_entry("integratedTime"), 0), anchors), "accepted");
  EXPECT_EQ(
      refusal(with_member(good, "verificationMaterial.timestampVerificationData", Value::map()),
              anchors),
      "accepted");
  const Value both = with_member(good, "verificationMaterial.publicKey", Value::map());
  EXPECT_NE(refusal(both, anchors), "accepted");
  const Value chain = Value::map();
  EXPECT_NE(refusal(with_member(good, "verificationMaterial.x509CertificateChain", chain), anchors),
            "accepted");
}

TEST(Keyless, LogMustVouchForTheEntry) {
  KeylessCase stranger;
  stranger.other_log_key = true;
  EXPECT_EQ(refusal(stranger),
            "the promise of inclusion is not signed by the transparency log's key");
  const Anchors anchors = world().anchors();
  const Value good = world().bundle();
  EXPECT_EQ(refusal(with_member(good, at_entry("logId.keyId"), base64_encode("other")), anchors),
            "the trusted root does not know the transparency log of the signature");
  // Everything else of another log: a good promise does not make up for it.
  const Value bad = world().bundle(stranger);
  const char* proof = "inclusionProof.checkpoint.envelope";
  EXPECT_EQ(refusal(with_member(good, at_entry(proof), testing::member_at(bad, at_entry(proof))),
                    anchors),
            "the checkpoint is not signed by the transparency log's key");
  KeylessCase renamed;
  renamed.checkpoint_name = "log.acme.org";
  EXPECT_EQ(refusal(renamed), "the checkpoint is not signed by the transparency log's key");
  const Value other = world().bundle();
  EXPECT_EQ(refusal(with_member(good, at_entry(proof), testing::member_at(other, at_entry(proof))),
                    anchors),
            "the log's checkpoint is of another tree than the proof of inclusion");
  EXPECT_EQ(refusal(with_member(good, at_entry("inclusionProof"),
                                testing::member_at(other, at_entry("inclusionProof"))),
                    anchors),
            "the proof that the log includes the entry does not hold");
}

TEST(Keyless, EntryMustBeAboutTheSignature) {
  KeylessCase payload;
  payload.entry_payload = "another payload";
  EXPECT_EQ(refusal(payload), "the transparency log's entry is about another content");
  payload.kind = "intoto";
  EXPECT_EQ(refusal(payload), "the transparency log's entry is about another content");
  for (const char* entry_kind : {"dsse", "intoto"}) {
    KeylessCase certificate;
    certificate.kind = entry_kind;
    certificate.other_entry_certificate = true;
    EXPECT_EQ(refusal(certificate), "the transparency log's entry is about another certificate");
  }
  KeylessCase kind;
  kind.kind = "hashedrekord";
  EXPECT_EQ(
      refusal(kind),
      "the log entry's body: entries of the type hashedrekord 0.0.1 are not accepted for such "
      "signatures");
  const Anchors anchors = world().anchors();
  const Value good = world().bundle();
  EXPECT_NE(refusal(with_member(good, at_entry("kindVersion.kind"), "intoto"), anchors),
            "accepted");
  // A whole other entry, of another signature of the same statement.
  for (const char* other_kind : {"dsse", "intoto"}) {
    KeylessCase how;
    how.kind = other_kind;
    const Value other = world().bundle(how);
    EXPECT_EQ(refusal(with_member(good, "verificationMaterial.tlogEntries",
                                  testing::member_at(other, "verificationMaterial.tlogEntries")),
                      anchors),
              "the transparency log's entry is about another signature");
  }
}

TEST(Keyless, SignatureMustBeTheCertificates) {
  const Anchors anchors = world().anchors();
  const Value good = world().bundle();
  const Value other = world().bundle();
  const char* certificate = "verificationMaterial.certificate";
  EXPECT_EQ(
      refusal(with_member(good, certificate, testing::member_at(other, certificate)), anchors),
      "the signature is not one of its certificate's key");
  EXPECT_EQ(refusal(good, anchors, kOtherDigest), "the signed statement is about another artifact");
  EXPECT_EQ(refusal(with_member(good, std::string(certificate) + ".rawBytes", base64_encode("x")),
                    anchors),
            "the signing certificate is damaged");
}

TEST(Keyless, TreesOfAllSizesAreProven) {
  for (const auto& [leaves, index] :
       std::vector<std::pair<std::size_t, std::size_t>>{{1, 0}, {2, 1}, {5, 4}, {8, 0}, {13, 12}}) {
    KeylessCase how;
    how.leaves = leaves;
    how.index = index;
    EXPECT_EQ(refusal(how), "accepted") << leaves << " " << index;
  }
}

TEST(Keyless, ClassicSignatureIsVerified) {
  const std::string payload = simple_payload("acme/p", kSignedDigest, {});
  KeylessCase how;
  how.kind = "hashedrekord";
  const auto good = world().classic(payload, how);
  const Anchors anchors = world().anchors();
  const auto verified = verify_simple(payload, good, kSignedDigest, anchors);
  ASSERT_TRUE(verified) << describe(verified.error());
  EXPECT_TRUE(verified->signer.starts_with("identity https://ci.acme.com/"));

  const auto message = [&](std::map<std::string, std::string, std::less<>> annotations,
                           const std::string& bytes, std::string_view digest) {
    const auto result = verify_simple(bytes, annotations, digest, anchors);
    return result ? "accepted" : result.error().message;
  };
  EXPECT_EQ(message(good, payload, kOtherDigest), "the signed payload is about another artifact");
  EXPECT_EQ(message(good, payload + "\n", kSignedDigest),
            "the signature is not one of its certificate's key");
  auto changed = good;
  changed.erase(std::string(kRekorBundleAnnotation));
  EXPECT_EQ(message(changed, payload, kSignedDigest),
            "there is no entry of a transparency log, so nothing says when it was signed");
  changed = good;
  changed.erase(std::string(kCertificateAnnotation));
  EXPECT_EQ(message(changed, payload, kSignedDigest),
            "it is signed with a key, and no key is trusted");
  changed = good;
  changed[std::string(kCertificateAnnotation)] += changed[std::string(kCertificateAnnotation)];
  EXPECT_NE(message(changed, payload, kSignedDigest), "accepted");
  changed = good;
  changed[std::string(kRekorBundleAnnotation)] =
      world().classic(payload, how)[std::string(kRekorBundleAnnotation)];
  EXPECT_EQ(message(changed, payload, kSignedDigest),
            "the transparency log's entry is about another signature");
  EXPECT_NE(message(world().classic(payload), payload, kSignedDigest), "accepted");  // kind dsse
  how.integrated_time = how.not_after + 1;
  EXPECT_NE(message(world().classic(payload, how), payload, kSignedDigest), "accepted");
}

TEST(Keyless, EnvelopeWithAnnotationsIsVerified) {
  const Value bundle = world().bundle();
  const Value& entry = testing::member_at(bundle, "verificationMaterial.tlogEntries.0");
  const auto text = [&](const char* path) { return testing::member_at(entry, path).as_string(); };
  Value payload = Value::map();
  payload.set("body", text("canonicalizedBody"));
  payload.set("integratedTime", kSigningTime);
  payload.set("logIndex", 1003);
  payload.set("logID", hex_text(*base64_decode(text("logId.keyId"))));
  Value promise = Value::map();
  promise.set("SignedEntryTimestamp", text("inclusionPromise.signedEntryTimestamp"));
  promise.set("Payload", payload);
  const std::string certificate = *base64_decode(
      testing::member_at(bundle, "verificationMaterial.certificate.rawBytes").as_string());
  const std::string envelope = value::write_json(*bundle.find("dsseEnvelope"));
  const auto verified =
      verify_envelope(envelope,
                      {{std::string(kCertificateAnnotation), write_pem("CERTIFICATE", certificate)},
                       {std::string(kRekorBundleAnnotation), value::write_json(promise)}},
                      kSignedDigest, world().anchors());
  ASSERT_TRUE(verified) << describe(verified.error());
  EXPECT_FALSE(verify_envelope(envelope, kSignedDigest, world().anchors()));
}

TEST(Merkle, ProofsMustFitExactly) {
  std::vector<std::string> leaves;
  for (const char* text : {"a", "b", "c"}) leaves.push_back(merkle_leaf_hash(text));
  const std::string ab = merkle_node_hash(leaves[0], leaves[1]);
  const std::string root = merkle_node_hash(ab, leaves[2]);
  EXPECT_TRUE(merkle_proves(leaves[2], 2, 3, {ab}, root));
  EXPECT_TRUE(merkle_proves(leaves[1], 1, 3, {leaves[0], leaves[2]}, root));
  EXPECT_FALSE(merkle_proves(leaves[1], 0, 3, {leaves[0], leaves[2]}, root));
  EXPECT_FALSE(merkle_proves(leaves[1], 1, 3, {leaves[2], leaves[0]}, root));
  EXPECT_FALSE(merkle_proves(leaves[1], 1, 3, {leaves[0]}, root));
  EXPECT_FALSE(merkle_proves(leaves[1], 1, 3, {leaves[0], leaves[2], leaves[2]}, root));
  EXPECT_FALSE(merkle_proves(leaves[2], 3, 3, {ab}, root));
  EXPECT_FALSE(merkle_proves(leaves[2], -1, 3, {ab}, root));
  EXPECT_FALSE(merkle_proves(leaves[2], 2, 0, {ab}, root));
  EXPECT_FALSE(merkle_proves(leaves[2], 2, 3, {ab.substr(1)}, root));
  EXPECT_FALSE(merkle_proves("", 0, 1, {}, ""));
  // RFC 6962: the hash of a leaf differs from that of a node with the same bytes.
  EXPECT_EQ(hex_text(merkle_leaf_hash("")),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

TEST(Checkpoint, IsASignedNote) {
  const EvpKey key = testing::fresh_key();
  const PublicKey half = testing::public_half_of(key);
  const std::string root = base64_encode(std::string(32, 'r'));
  const auto note = [&](const std::string& text, const std::string& name = "log") {
    return text + "\n\u2014 " + name + " " +
           base64_encode(half.id().substr(0, 4) + testing::signature_of(key, text)) + "\n";
  };
  const auto good = read_checkpoint(note("log - 7\n12\n" + root + "\nmore\n"), half);
  ASSERT_TRUE(good) << describe(good.error());
  EXPECT_EQ(good->size, 12);
  EXPECT_EQ(good->root, std::string(32, 'r'));
  EXPECT_EQ(good->origin, "log - 7");
  const std::string text = "log\n12\n" + root + "\n";
  const std::string once = note(text);
  EXPECT_TRUE(read_checkpoint(once, half));
  EXPECT_TRUE(read_checkpoint(note(text) + "\u2014 witness AAAAAAAA\n", half));
  EXPECT_FALSE(read_checkpoint(note(text, "other"), half));
  EXPECT_FALSE(read_checkpoint(note("log7\n12\n" + root + "\n"), half));
  EXPECT_FALSE(read_checkpoint(note(text), testing::public_half_of(testing::fresh_key())));
  for (const std::string& bad :
       {std::string(), text, note("log\n012\n" + root + "\n"), note("log\n-1\n" + root + "\n"),
        note("log\n12x\n" + root + "\n"), note("log\n12\n?\n"), note("\n12\n" + root + "\n"),
        note("log\n12\n"), note(text) + "x", note(text) + "\u2014 witness ?\n", text + "\n",
        once.substr(0, once.size() - 1), text + "\n\u2014 log AAAA\n"}) {
    EXPECT_FALSE(read_checkpoint(bad, half)) << bad;
  }
}

TEST(Rfc3339, IsReadAsProtobufWritesIt) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_rfc3339("2027-01-15T08:00:00Z"), kSigningTime);
  EXPECT_EQ(parse_rfc3339("2027-01-15T08:00:00.999Z"), kSigningTime);
  EXPECT_EQ(rfc3339_text(kSigningTime), "2027-01-15T08:00:00Z");
  for (const char* bad :
       {"", "Z", "2027-01-15T08:00:00", "2027-01-15T08:00:00.Z", "2027-02-30T08:00:00Z",
        "2027-01-15T24:00:00Z", "2027-01-15T08:60:00Z", "2027-01-15 08:00:00Z",
        "2027-01-15T08:00:00+01:00", "2027-01-15T08:00:00.xZ", "2O27-01-15T08:00:00Z"}) {
    EXPECT_FALSE(parse_rfc3339(bad)) << bad;
  }
}

TEST(TrustedRoot, OfCosignIsRead) {
  const auto root = TrustedRoot::from_json(testing::sign_vector("keyless-trusted-root.json"));
  ASSERT_TRUE(root) << describe(root.error());
  ASSERT_EQ(root->logs().size(), 1u);
  EXPECT_EQ(root->logs()[0].id, root->logs()[0].key.id());
  EXPECT_EQ(root->logs()[0].valid.start, *parse_rfc3339("2026-10-24T06:23:03Z"));
  EXPECT_FALSE(root->logs()[0].valid.end);
  EXPECT_EQ(root->authorities().size(), 1u);
  EXPECT_TRUE(root->certificate_logs().empty());
}

TEST(TrustedRoot, MalformedOnesAreTheUsersMistake) {
  const Value good = world().trusted_root();
  const auto kind = [](const std::string& text) {
    const auto root = TrustedRoot::from_json(text);
    return root ? ErrorKind::kInterrupted : root.error().kind;
  };
  const auto changed = [&](std::string_view path, const Value& value) {
    return kind(value::write_json(with_member(good, path, value)));
  };
  EXPECT_EQ(kind(value::write_json(good)), ErrorKind::kInterrupted);
  EXPECT_EQ(changed("more", 1), ErrorKind::kInterrupted);
  for (const char* text : {"", "[]", "{}", "{"}) EXPECT_EQ(kind(text), ErrorKind::kUsage) << text;
  for (const char* path :
       {"mediaType", "tlogs", "tlogs.0", "tlogs.0.hashAlgorithm", "tlogs.0.publicKey",
        "tlogs.0.publicKey.rawBytes", "tlogs.0.publicKey.validFor",
        "tlogs.0.publicKey.validFor.start", "ctlogs", "certificateAuthorities",
        "certificateAuthorities.0.certChain.certificates",
        "certificateAuthorities.0.certChain.certificates.0.rawBytes",
        "certificateAuthorities.0.validFor"}) {
    EXPECT_EQ(changed(path, "AAAA"), ErrorKind::kUsage) << path;
    EXPECT_EQ(changed(path, 7), ErrorKind::kUsage) << path;
  }
  EXPECT_EQ(changed("certificateAuthorities.0.certChain.certificates", Value::list()),
            ErrorKind::kUsage);
}

}  // namespace
}  // namespace floe::sign
