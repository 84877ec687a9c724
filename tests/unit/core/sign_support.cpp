// SPDX-License-Identifier: Apache-2.0
#include "unit/core/sign_support.h"

#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"
#include "core/sign/encoding.h"
#include "core/sign/merkle.h"
#include "core/sign/sct.h"
#include "value/json.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/ct.h>

#include <cstdlib>

namespace floe::testing {

using namespace sign;
using value::Value;

namespace {

std::string ecdsa_spki(const EvpKey& key) {
  return openssl_der([&](unsigned char** out) { return i2d_PUBKEY(key.get(), out); });
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& text) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const X509Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, text.c_str()));
  if (extension == nullptr || X509_add_ext(certificate, extension.get(), -1) != 1) std::abort();
}

void add_raw_extension(X509* certificate, const char* oid, const std::string& content) {
  const Asn1Oid object(OBJ_txt2obj(oid, 1));
  const Asn1Octets data(ASN1_OCTET_STRING_new());
  ASN1_OCTET_STRING_set(data.get(), openssl_bytes(content), static_cast<int>(content.size()));
  const X509Extension extension(X509_EXTENSION_create_by_OBJ(nullptr, object.get(), 0, data.get()));
  if (extension == nullptr || X509_add_ext(certificate, extension.get(), -1) != 1) std::abort();
}

std::string der_utf8(const std::string& text) {
  return "\x0c" + std::string(1, static_cast<char>(text.size())) + text;
}

std::string certificate_der(const X509* certificate) {
  return openssl_der([&](unsigned char** out) { return i2d_X509(certificate, out); });
}

X509Certificate blank_certificate(const EvpKey& key, const char* name, std::int64_t from,
                                  std::int64_t to) {
  X509Certificate out(X509_new());
  static long serial = 1;
  X509_set_version(out.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(out.get()), serial++);
  X509_time_adj_ex(X509_getm_notBefore(out.get()), 0, 0, nullptr);
  ASN1_TIME_set(X509_getm_notBefore(out.get()), static_cast<time_t>(from));
  ASN1_TIME_set(X509_getm_notAfter(out.get()), static_cast<time_t>(to));
  X509_set_pubkey(out.get(), key.get());
  if (name != nullptr) {
    X509_NAME_add_entry_by_txt(X509_get_subject_name(out.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  }
  return out;
}

std::string authority_certificate(const EvpKey& key, const char* name, const EvpKey& issuer_key,
                                  const char* issuer) {
  constexpr std::int64_t kYear = 31'536'000;
  const X509Certificate out =
      blank_certificate(key, name, kSigningTime - kYear, kSigningTime + kYear);
  const X509Certificate named = blank_certificate(issuer_key, issuer, 0, 0);
  X509_set_issuer_name(out.get(), X509_get_subject_name(named.get()));
  add_extension(out.get(), named.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(out.get(), named.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  X509_sign(out.get(), issuer_key.get(), EVP_sha256());
  return certificate_der(out.get());
}

std::string sct_list(const CertificateTimestamp& timestamp) {
  const auto number = [](std::uint64_t value, int size) {
    std::string out;
    for (int i = size; i-- > 0;) out += static_cast<char>(value >> (8 * i) & 0xff);
    return out;
  };
  const std::string one = number(0, 1) + timestamp.log_id + number(timestamp.time_ms, 8) +
                          number(0, 2) + "\x04\x03" + number(timestamp.signature.size(), 2) +
                          timestamp.signature;
  const std::string list = number(one.size() + 2, 2) + number(one.size(), 2) + one;
  // An OCTET STRING of less than 128 bytes.
  return "\x04" + number(list.size(), 1) + list;
}

/// "2" as a place in a list, other parts as members.
Value* step_into(Value* at, std::string_view part) {
  if (!at->is_list()) return at->edit(part);
  return &at->edit_list().at(static_cast<std::size_t>(std::atoi(std::string(part).c_str())));
}

std::vector<std::string> merkle_path(const std::vector<std::string>& leaves, std::size_t index,
                                     std::string& root) {
  // RFC 6962 §2.1 and §2.1.1, as written there.
  const std::function<std::string(std::size_t, std::size_t)> tree = [&](std::size_t from,
                                                                        std::size_t to) {
    if (to - from == 1) return leaves[from];
    std::size_t k = 1;
    while (k * 2 < to - from) k *= 2;
    return merkle_node_hash(tree(from, from + k), tree(from + k, to));
  };
  const std::function<std::vector<std::string>(std::size_t, std::size_t, std::size_t)> path =
      [&](std::size_t m, std::size_t from, std::size_t to) -> std::vector<std::string> {
    if (to - from == 1) return {};
    std::size_t k = 1;
    while (k * 2 < to - from) k *= 2;
    std::vector<std::string> out = m < k ? path(m, from, from + k) : path(m - k, from + k, to);
    out.push_back(m < k ? tree(from + k, to) : tree(from, from + k));
    return out;
  };
  root = tree(0, leaves.size());
  return path(index, 0, leaves.size());
}

std::string log_body(const KeylessCase& how, const std::string& payload,
                     const std::string& signature, const std::string& certificate) {
  const std::string pem = base64_encode(write_pem("CERTIFICATE", certificate));
  const std::string hash =
      fmt::format(R"({{"algorithm":"sha256","value":"{}"}})", sha256_hex(payload));
  const std::string sig = base64_encode(signature);
  if (how.kind == "dsse") {
    return fmt::format(
        R"({{"apiVersion":"0.0.1","kind":"dsse","spec":{{"envelopeHash":{0},"payloadHash":{0},"signatures":[{{"signature":"{1}","verifier":"{2}"}}]}}}})",
        hash, sig, pem);
  }
  if (how.kind == "intoto") {
    return fmt::format(
        R"({{"apiVersion":"0.0.2","kind":"intoto","spec":{{"content":{{"envelope":{{"payloadType":"application/vnd.in-toto+json","signatures":[{{"publicKey":"{2}","sig":"{1}"}}]}},"hash":{0},"payloadHash":{0}}}}}}})",
        hash, base64_encode(sig), pem);
  }
  return fmt::format(
      R"({{"apiVersion":"0.0.1","kind":"{3}","spec":{{"data":{{"hash":{0}}},"signature":{{"content":"{1}","publicKey":{{"content":"{2}"}}}}}}}})",
      hash, sig, pem, how.kind);
}

}  // namespace

std::string sign_vector(std::string_view name) {
  const auto text = read_file(fs::path(FLOE_SOURCE_DIR) / "tests/unit/core/vectors" /
                              ("sign-" + std::string(name)));
  EXPECT_TRUE(text) << describe(text.error());
  return text ? *text : "";
}

PublicKey cosign_public_key() { return PublicKey::from_pem(sign_vector("cosign.pub")).value(); }

std::unique_ptr<Signer> cosign_signer() {
  return read_signer(sign_vector("cosign.key"), "the key",
                     []() -> Result<std::string> { return "secret"; })
      .value();
}

Anchors anchors_of(const PublicKey& key) {
  Anchors out;
  out.keys.push_back(key);
  return out;
}

std::map<std::string, std::string, std::less<>> classic_annotations() {
  const Value manifest = value::read_json(sign_vector("v2-sig-manifest.json")).value();
  const Value& layer = manifest.find("layers")->as_list().at(0);
  std::map<std::string, std::string, std::less<>> out;
  for (const value::Member& member : layer.find("annotations")->as_map()) {
    out[member.key] = member.value.as_string();
  }
  return out;
}

Statement sample_statement(std::string_view predicate_type) {
  Statement out;
  out.subjects.push_back({"", std::string(kSignedDigest.substr(7)), {}});
  out.predicate_type = predicate_type;
  return out;
}

EvpKey fresh_key(const char* algorithm) {
  const std::string_view name = algorithm;
  EVP_PKEY* key = name == "ED25519"   ? EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")
                  : name == "RSA"     ? EVP_RSA_gen(2048)
                  : name == "RSA1024" ? EVP_RSA_gen(1024)
                                      : EVP_EC_gen(algorithm);
  if (key == nullptr) std::abort();
  return EvpKey(key);
}

std::string fresh_private_pem(const char* algorithm) {
  const EvpKey key = fresh_key(algorithm);
  const PrivateKeyInfo info(EVP_PKEY2PKCS8(key.get()));
  return write_pem("PRIVATE KEY", openssl_der([&](unsigned char** out) {
                     return i2d_PKCS8_PRIV_KEY_INFO(info.get(), out);
                   }));
}

PublicKey public_half_of(const EvpKey& key) { return PublicKey::from_der(ecdsa_spki(key)).value(); }

std::string signature_of(const EvpKey& key, std::string_view message, const EVP_MD* digest) {
  const EvpDigestContext context(EVP_MD_CTX_new());
  std::size_t size = 1024;
  std::string out(size, '\0');
  if (EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                     openssl_bytes(message), message.size()) != 1) {
    std::abort();
  }
  out.resize(size);
  return out;
}

Value with_member(const Value& document, std::string_view dotted, const Value& replacement) {
  Value out = document;
  Value* at = &out;
  const std::vector<std::string_view> parts = split(dotted, '.');
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) at = step_into(at, parts[i]);
  if (at->is_list()) *step_into(at, parts.back()) = replacement;
  else at->set(std::string(parts.back()), replacement);
  return out;
}

Value without_member(const Value& document, std::string_view dotted) {
  Value out = document;
  Value* at = &out;
  const std::vector<std::string_view> parts = split(dotted, '.');
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) at = step_into(at, parts[i]);
  EXPECT_TRUE(at->erase(parts.back())) << dotted;
  return out;
}

const Value& member_at(const Value& document, std::string_view dotted) {
  const Value* at = &document;
  for (const std::string_view part : split(dotted, '.')) {
    at = at->is_list()
             ? &at->as_list().at(static_cast<std::size_t>(std::atoi(std::string(part).c_str())))
             : at->find(part);
    if (at == nullptr) std::abort();
  }
  return *at;
}

KeylessWorld::KeylessWorld(bool with_intermediate)
    : root_key_(fresh_key()), log_(fresh_key()), ct_log_(fresh_key()), stranger_(fresh_key()) {
  if (with_intermediate) {
    issuer_key_ = fresh_key();
    chain_.push_back(authority_certificate(issuer_key_, "issuer", root_key_, "root"));
  } else {
    EVP_PKEY_up_ref(root_key_.get());
    issuer_key_.reset(root_key_.get());
  }
  chain_.push_back(authority_certificate(root_key_, "root", root_key_, "root"));
}

Value KeylessWorld::trusted_root() const {
  const auto log = [](const EvpKey& key) {
    const std::string spki = ecdsa_spki(key);
    return fmt::format(
        R"({{"baseUrl":"https://log.acme.com","hashAlgorithm":"SHA2_256","publicKey":{{"rawBytes":"{}","keyDetails":"PKIX_ECDSA_P256_SHA_256","validFor":{{"start":"{}"}}}},"logId":{{"keyId":"{}"}}}})",
        base64_encode(spki), rfc3339_text(kSigningTime - 1000), sha256_base64(spki));
  };
  std::string certificates;
  for (const std::string& der : chain_) {
    certificates += fmt::format(R"({}{{"rawBytes":"{}"}})", certificates.empty() ? "" : ",",
                                base64_encode(der));
  }
  const std::string text = fmt::format(
      R"({{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","tlogs":[{}],"certificateAuthorities":[{{"subject":{{"organization":"acme","commonName":"acme"}},"uri":"https://ca.acme.com","certChain":{{"certificates":[{}]}},"validFor":{{"start":"{}"}}}}],"ctlogs":[{}],"timestampAuthorities":[]}})",
      log(log_), certificates, rfc3339_text(kSigningTime - 1000), log(ct_log_));
  return value::read_json(text).value();
}

Anchors KeylessWorld::anchors() const {
  Anchors out;
  out.root = TrustedRoot::from_json(value::write_json(trusted_root())).value();
  out.identities.push_back({"https://ci.acme.com/platform/.github/workflows/release.yml",
                            "https://token.ci.acme.com", false});
  return out;
}

std::string KeylessWorld::certificate(const EvpKey& key, const KeylessCase& how) const {
  const unsigned char* at = openssl_bytes(chain_.front());
  const X509Certificate issuer(d2i_X509(nullptr, &at, static_cast<long>(chain_.front().size())));
  const X509Certificate out = blank_certificate(key, nullptr, how.not_before, how.not_after);
  X509_set_issuer_name(out.get(), X509_get_subject_name(issuer.get()));
  add_extension(out.get(), issuer.get(), NID_key_usage,
                how.is_ca ? "critical,digitalSignature,keyCertSign" : "critical,digitalSignature");
  if (how.is_ca) add_extension(out.get(), issuer.get(), NID_basic_constraints, "critical,CA:TRUE");
  if (!how.purpose.empty()) {
    add_extension(out.get(), issuer.get(), NID_ext_key_usage, how.purpose);
  }
  if (how.san.starts_with("DER:")) {
    add_raw_extension(out.get(), "2.5.29.17", *decode_hex(how.san.substr(4)));
  } else if (!how.san.empty()) {
    add_extension(out.get(), issuer.get(), NID_subject_alt_name, "critical," + how.san);
  }
  if (how.issuer_of_old || how.both_issuers_differ) {
    add_raw_extension(out.get(), "1.3.6.1.4.1.57264.1.1",
                      how.both_issuers_differ ? "https://other.acme.com" : how.issuer);
  }
  if (!how.issuer_of_old && !how.issuer.empty()) {
    add_raw_extension(out.get(), "1.3.6.1.4.1.57264.1.8", der_utf8(how.issuer));
  }
  const EvpKey& signing = how.other_issuer_key ? stranger_ : issuer_key_;
  X509_sign(out.get(), signing.get(), EVP_sha256());  // also writes the algorithm into it
  if (how.timestamp) {
    CertificateTimestamp timestamp;
    timestamp.log_id = sha256_bytes(ecdsa_spki(ct_log_));
    timestamp.time_ms = static_cast<std::uint64_t>(how.timestamp_time) * 1000;
    const std::string tbs =
        openssl_der([&](unsigned char** der) { return i2d_re_X509_tbs(out.get(), der); });
    timestamp.signature =
        signature_of(how.other_ct_key ? stranger_ : ct_log_,
                     timestamped_text(timestamp, sha256_bytes(ecdsa_spki(issuer_key_)), tbs));
    add_raw_extension(out.get(), "1.3.6.1.4.1.11129.2.4.2", sct_list(timestamp));
    X509_sign(out.get(), signing.get(), EVP_sha256());
  }
  return certificate_der(out.get());
}

KeylessWorld::Logged KeylessWorld::log(const std::string& body, const KeylessCase& how) const {
  const EvpKey& key = how.other_log_key ? stranger_ : log_;
  const std::string id = sha256_bytes(ecdsa_spki(log_));
  Logged out;
  out.body = body;
  out.promise = signature_of(
      key, fmt::format(R"({{"body":"{}","integratedTime":{},"logID":"{}","logIndex":{}}})",
                       base64_encode(body), how.integrated_time, hex_text(id), how.index + 1000));
  std::vector<std::string> leaves;
  for (std::size_t i = 0; i < how.leaves; ++i) {
    leaves.push_back(merkle_leaf_hash(i == how.index ? body : std::to_string(i)));
  }
  std::string root;
  Value hashes = Value::list();
  for (const std::string& hash : merkle_path(leaves, how.index, root)) {
    hashes.push(base64_encode(hash));
  }
  const std::string note =
      fmt::format("log.acme.com - 42\n{}\n{}\n", how.leaves, base64_encode(root));
  const std::string line = fmt::format("\u2014 {} {}\n", how.checkpoint_name,
                                       base64_encode(id.substr(0, 4) + signature_of(key, note)));
  Value checkpoint = Value::map();
  checkpoint.set("envelope", note + "\n" + line);
  out.proof = Value::map();
  out.proof.set("logIndex", std::to_string(how.index));
  out.proof.set("rootHash", base64_encode(root));
  out.proof.set("treeSize", std::to_string(how.leaves));
  out.proof.set("hashes", hashes);
  out.proof.set("checkpoint", checkpoint);
  return out;
}

Value KeylessWorld::bundle(const KeylessCase& how) const {
  const EvpKey key = fresh_key();
  const std::string leaf = certificate(key, how);
  const std::string payload = write_statement(sample_statement());
  const std::string signature = signature_of(key, dsse_pae(kStatementPayloadType, payload));
  const Logged logged =
      log(log_body(how, how.entry_payload.empty() ? payload : how.entry_payload, signature,
                   how.other_entry_certificate ? certificate(key, how) : leaf),
          how);
  const std::string version = how.kind == "intoto" ? "0.0.2" : "0.0.1";
  const std::string text = fmt::format(
      R"({{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{{"certificate":{{"rawBytes":"{}"}},"tlogEntries":[{{"logIndex":"{}","logId":{{"keyId":"{}"}},"kindVersion":{{"kind":"{}","version":"{}"}},"integratedTime":"{}","inclusionPromise":{{"signedEntryTimestamp":"{}"}},"inclusionProof":{},"canonicalizedBody":"{}"}}]}},"dsseEnvelope":{{"payload":"{}","payloadType":"application/vnd.in-toto+json","signatures":[{{"sig":"{}"}}]}}}})",
      base64_encode(leaf), how.index + 1000, sha256_base64(ecdsa_spki(log_)), how.kind, version,
      how.integrated_time, base64_encode(logged.promise), value::write_json(logged.proof),
      base64_encode(logged.body), base64_encode(payload), base64_encode(signature));
  return value::read_json(text).value();
}

std::map<std::string, std::string, std::less<>> KeylessWorld::classic(
    std::string_view payload, const KeylessCase& how) const {
  const EvpKey key = fresh_key();
  const std::string leaf = certificate(key, how);
  const std::string signature = signature_of(key, payload);
  const Logged logged =
      log(log_body(how, how.entry_payload.empty() ? std::string(payload) : how.entry_payload,
                   signature, leaf),
          how);
  std::map<std::string, std::string, std::less<>> out;
  out[std::string(kSignatureAnnotation)] = base64_encode(signature);
  out[std::string(kCertificateAnnotation)] = write_pem("CERTIFICATE", leaf);
  out[std::string(kChainAnnotation)] = "not used";
  out[std::string(kRekorBundleAnnotation)] = fmt::format(
      R"({{"SignedEntryTimestamp":"{}","Payload":{{"body":"{}","integratedTime":{},"logIndex":{},"logID":"{}"}}}})",
      base64_encode(logged.promise), base64_encode(logged.body), how.integrated_time,
      how.index + 1000, hex_text(sha256_bytes(ecdsa_spki(log_))));
  return out;
}

}  // namespace floe::testing
