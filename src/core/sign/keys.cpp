// SPDX-License-Identifier: Apache-2.0
#include "core/sign/keys.h"

#include "base/hash.h"
#include "core/sign/encoding.h"
#include "core/sign/key_algorithm.h"
#include "core/sign/openssl.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <sodium.h>

namespace floe::sign {

namespace {

constexpr std::size_t kMaxPublicKey = 16 << 10;
constexpr int kLeastRsaBits = 2048;

tl::unexpected<Error> bad_public_key(std::string why) {
  return fail(ErrorKind::kUsage, "the public key cannot be used: " + std::move(why),
              "give an ECDSA P-256 key in PEM, as `cosign public-key` prints it");
}

bool key_digest_verifies(EVP_PKEY* key, const EVP_MD* digest, std::string_view message,
                         std::string_view signature) {
  const OpensslErrors quiet;
  const EvpDigestContext context(EVP_MD_CTX_new());
  return context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), openssl_bytes(signature), signature.size(),
                          openssl_bytes(message), message.size()) == 1;
}

/// OpenSSL 3.0 has no Ed25519ph, libsodium has.
bool key_prehashed_verifies(EVP_PKEY* key, std::string_view message, std::string_view signature) {
  unsigned char raw[crypto_sign_PUBLICKEYBYTES];
  std::size_t size = sizeof raw;
  if (signature.size() != crypto_sign_BYTES || EVP_PKEY_get_raw_public_key(key, raw, &size) != 1 ||
      size != sizeof raw || sodium_init() < 0) {
    return false;
  }
  crypto_sign_state state;
  crypto_sign_init(&state);
  crypto_sign_update(&state, openssl_bytes(message), message.size());
  return crypto_sign_final_verify(&state, openssl_bytes(signature), raw) == 0;
}

/// What a SubjectPublicKeyInfo of P-256 begins with (RFC 5480); the uncompressed point follows.
constexpr std::string_view kP256Prefix(
    "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
    "\x03"
    "\x42\x00",
    26);
constexpr std::size_t kP256Point = 65;

/// The key of an uncompressed point; null if the point is not on the curve (then it is in the only
/// group there is, so that nothing more is to be checked). The way every other key takes, through
/// OpenSSL's decoders, costs ten times as much.
EvpKey p256_key(std::string_view point) {
  const EvpKeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  char group[] = "prime256v1";
  std::string bytes(point);
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, bytes.data(), bytes.size()),
      OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  if (context == nullptr || point.front() != '\x04' || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
    return nullptr;
  }
  return EvpKey(key);
}

}  // namespace

KeyAlgorithm key_algorithm(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return KeyAlgorithm::kEd25519;
  if (EVP_PKEY_is_a(key, "RSA") == 1) {
    return EVP_PKEY_get_bits(key) >= kLeastRsaBits ? KeyAlgorithm::kRsa : KeyAlgorithm::kOther;
  }
  char group[64] = {};
  std::size_t size = 0;
  if (EVP_PKEY_is_a(key, "EC") != 1 ||
      EVP_PKEY_get_group_name(key, group, sizeof group, &size) != 1) {
    return KeyAlgorithm::kOther;
  }
  const std::string_view name(group, size);
  if (name == "prime256v1") return KeyAlgorithm::kP256;
  if (name == "secp384r1") return KeyAlgorithm::kP384;
  return KeyAlgorithm::kOther;
}

struct PublicKey::Material {
  EvpKey key;
  std::string der;
  KeyAlgorithm algorithm = KeyAlgorithm::kOther;
};

Result<PublicKey> PublicKey::from_pem(std::string_view pem) {
  if (pem.size() > kMaxPublicKey) return bad_public_key("it is too large");
  auto blocks = read_pem(pem);
  if (!blocks || blocks->size() != 1) return bad_public_key("it is not one PEM block");
  const PemBlock& block = blocks->front();
  if (block.label.ends_with("PRIVATE KEY")) {
    wipe(blocks->front().bytes);
    return bad_public_key("it is a private key");
  }
  if (block.label != "PUBLIC KEY") {
    return bad_public_key("the PEM block is no 'PUBLIC KEY' but '" + shown(block.label) + "'");
  }
  return from_der(block.bytes);
}

Result<PublicKey> PublicKey::from_der(std::string_view der) {
  const OpensslErrors quiet;
  if (der.size() > kMaxPublicKey) return bad_public_key("it is too large");
  auto material = std::make_shared<Material>();
  if (der.size() == kP256Prefix.size() + kP256Point && der.starts_with(kP256Prefix)) {
    material->key = p256_key(der.substr(kP256Prefix.size()));
    if (material->key == nullptr) return bad_public_key("it is no valid key");
    material->der = der;
    material->algorithm = KeyAlgorithm::kP256;
    return PublicKey(std::move(material));
  }
  const unsigned char* at = openssl_bytes(der);
  material->key.reset(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  if (material->key == nullptr) return bad_public_key("it is damaged");
  EVP_PKEY* const key = material->key.get();
  material->der = openssl_der([&](unsigned char** out) { return i2d_PUBKEY(key, out); });
  // Otherwise one key had several fingerprints.
  if (material->der != der) return bad_public_key("it is not in its canonical form");
  material->algorithm = key_algorithm(key);
  if (material->algorithm == KeyAlgorithm::kOther) {
    return bad_public_key("only ECDSA P-256 and P-384, Ed25519, and RSA of 2048 bits and more are");
  }
  const EvpKeyContext context(EVP_PKEY_CTX_new(key, nullptr));
  if (context == nullptr || EVP_PKEY_public_check(context.get()) != 1) {
    return bad_public_key("it is no valid key");
  }
  return PublicKey(std::move(material));
}

std::string PublicKey::pem() const { return write_pem("PUBLIC KEY", material_->der); }
const std::string& PublicKey::der() const { return material_->der; }
std::string PublicKey::fingerprint() const { return sha256_base64(material_->der); }
std::string PublicKey::id() const { return sha256_bytes(material_->der); }

std::string PublicKey::algorithm() const {
  switch (material_->algorithm) {
    case KeyAlgorithm::kP256: return "ecdsa-p256";
    case KeyAlgorithm::kP384: return "ecdsa-p384";
    case KeyAlgorithm::kEd25519: return "ed25519";
    case KeyAlgorithm::kRsa: return "rsa";
    case KeyAlgorithm::kOther: break;
  }
  return "unknown";
}

bool PublicKey::verify(std::string_view message, std::string_view signature) const {
  EVP_PKEY* const key = material_->key.get();
  switch (material_->algorithm) {
    case KeyAlgorithm::kP256:
    case KeyAlgorithm::kRsa: return key_digest_verifies(key, EVP_sha256(), message, signature);
    case KeyAlgorithm::kP384:
      return key_digest_verifies(key, EVP_sha256(), message, signature) ||
             key_digest_verifies(key, EVP_sha384(), message, signature);
    case KeyAlgorithm::kEd25519:
      return key_digest_verifies(key, nullptr, message, signature) ||
             key_prehashed_verifies(key, message, signature);
    case KeyAlgorithm::kOther: break;
  }
  return false;
}

}  // namespace floe::sign
