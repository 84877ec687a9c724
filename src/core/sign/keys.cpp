// SPDX-License-Identifier: Apache-2.0
#include "core/sign/keys.h"

#include "base/hash.h"
#include "core/sign/encoding.h"
#include "core/sign/key_algorithm.h"
#include "core/sign/openssl.h"

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
