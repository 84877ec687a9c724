// SPDX-License-Identifier: Apache-2.0
// What the tests of signatures share: recorded files of cosign, keys, and a private Sigstore (an
// authority, a transparency log, a certificate log) that signs offline.
#pragma once

#include "core/sign/envelope.h"
#include "core/sign/keys.h"
#include "core/sign/openssl.h"
#include "core/sign/statement.h"
#include "core/sign/verify.h"
#include "value/value.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace floe::testing {

/// The artifact that the recorded files of cosign are about, and another one.
inline constexpr std::string_view kSignedDigest =
    "sha256:e007d32e4f7d8d63bddc5cca676f6f812d5ceef6ab2fc510303be37326ec00a4";
inline constexpr std::string_view kOtherDigest =
    "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// tests/unit/core/vectors/sign-<name>.
std::string sign_vector(std::string_view name);

/// The key pair of the recorded files.
sign::PublicKey cosign_public_key();
std::unique_ptr<sign::Signer> cosign_signer();
sign::Anchors anchors_of(const sign::PublicKey& key);

/// The annotations of the recorded classic signature.
std::map<std::string, std::string, std::less<>> classic_annotations();

/// A statement about kSignedDigest.
sign::Statement sample_statement(std::string_view predicate_type = sign::kSignaturePredicate);

/// The PEM of a fresh private key: "P-256", "P-384", "ED25519", "RSA"; PKCS#8.
std::string fresh_private_pem(const char* algorithm);
sign::EvpKey fresh_key(const char* algorithm = "P-256");
sign::PublicKey public_half_of(const sign::EvpKey& key);
std::string signature_of(const sign::EvpKey& key, std::string_view message,
                         const EVP_MD* digest = EVP_sha256());

/// A JSON document with one member, at a dotted path where numbers are places in lists, replaced.
value::Value with_member(const value::Value& document, std::string_view dotted,
                         const value::Value& replacement);
/// The same without that member.
value::Value without_member(const value::Value& document, std::string_view dotted);
const value::Value& member_at(const value::Value& document, std::string_view dotted);

inline constexpr std::int64_t kSigningTime = 1'800'000'000;

/// How a keyless signature is made; the defaults make a good one.
struct KeylessCase {
  std::string san = "URI:https://ci.acme.com/platform/.github/workflows/release.yml";
  std::string issuer = "https://token.ci.acme.com";
  bool issuer_of_old = false;        // extension .1.1 in place of .1.8
  bool both_issuers_differ = false;  // .1.1 says something else than .1.8
  std::string purpose = "codeSigning";
  bool is_ca = false;
  std::int64_t not_before = kSigningTime - 60;
  std::int64_t not_after = kSigningTime + 540;
  std::int64_t integrated_time = kSigningTime;
  bool timestamp = true;  // an SCT in the certificate
  std::int64_t timestamp_time = kSigningTime - 30;
  bool other_ct_key = false;
  bool other_issuer_key = false;         // signed by an authority that nobody knows
  std::string kind = "dsse";             // or "intoto", "hashedrekord"
  std::string entry_payload;             // the log's entry is about this payload; "": the right one
  bool other_entry_certificate = false;  // the log's entry has another certificate of the same key
  std::size_t leaves = 7;                // of the log's tree
  std::size_t index = 3;
  std::string checkpoint_name = "log.acme.com";
  bool other_log_key = false;  // promise and checkpoint by a key that nobody knows
};

/// A private Sigstore.
class KeylessWorld {
 public:
  explicit KeylessWorld(bool with_intermediate = false);

  value::Value trusted_root() const;
  sign::Anchors anchors() const;
  /// A bundle about sample_statement(), signed just now with a fresh key.
  value::Value bundle(const KeylessCase& how = {}) const;
  /// A classic signature: its layer's annotations.
  std::map<std::string, std::string, std::less<>> classic(std::string_view payload,
                                                          const KeylessCase& how = {}) const;
  /// A leaf's certificate, DER.
  std::string certificate(const sign::EvpKey& key, const KeylessCase& how) const;
  const std::string& issuing_certificate() const { return chain_.front(); }
  const sign::EvpKey& certificate_log_key() const { return ct_log_; }

 private:
  struct Logged {
    std::string body;
    std::string promise;
    value::Value proof;
  };
  Logged log(const std::string& body, const KeylessCase& how) const;

  sign::EvpKey root_key_, issuer_key_, log_, ct_log_, stranger_;
  std::vector<std::string> chain_;  // the issuing certificate first
};

}  // namespace floe::testing
