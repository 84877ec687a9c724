// SPDX-License-Identifier: Apache-2.0
#include "core/sign/key_file.h"

#include "base/hash.h"
#include "core/sign/encoding.h"
#include "core/sign/openssl.h"
#include "core/sign/wire.h"
#include "value/json.h"

#include <sodium.h>

namespace floe::sign {

namespace {

using value::Value;

constexpr std::size_t kMaxKeyFile = 64 << 10;
constexpr std::int64_t kMaxScryptN = 1 << 20;
constexpr std::int64_t kMaxScryptR = 16;
constexpr std::int64_t kMaxScryptP = 4;
constexpr std::int64_t kMaxScryptMemory = 256ll << 20;
constexpr std::size_t kSaltSize = 32;
constexpr std::size_t kMaxSalt = 1024;

unsigned char* key_file_bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

std::string random_text(std::size_t size) {
  std::string out(size, '\0');
  randombytes_buf(out.data(), out.size());
  return out;
}

Status read_scrypt(const WireObject& params, SealedKey& out) {
  const std::int64_t n = FLOE_TRY(params.whole("N"));
  const std::int64_t r = FLOE_TRY(params.whole("r"));
  const std::int64_t p = FLOE_TRY(params.whole("p"));
  const bool possible = n >= 2 && (n & (n - 1)) == 0 && r >= 1 && p >= 1;
  // 128 * N * r bytes, RFC 7914 §2.
  const bool bounded =
      n <= kMaxScryptN && r <= kMaxScryptR && p <= kMaxScryptP && n * r <= kMaxScryptMemory / 128;
  if (!possible || !bounded) return params.wrong("these costs of scrypt are not accepted");
  out.n = static_cast<std::uint64_t>(n);
  out.r = static_cast<std::uint32_t>(r);
  out.p = static_cast<std::uint32_t>(p);
  return {};
}

/// The secretbox key of a password. The caller wipes it.
Result<std::string> derive_key(const SealedKey& sealed, std::string_view password) {
  std::string key(crypto_secretbox_KEYBYTES, '\0');
  if (sodium_init() < 0 ||
      crypto_pwhash_scryptsalsa208sha256_ll(
          openssl_bytes(password), password.size(), openssl_bytes(sealed.salt), sealed.salt.size(),
          sealed.n, sealed.r, sealed.p, key_file_bytes(key), key.size()) != 0) {
    return fail(ErrorKind::kEnvironment, "not enough memory to derive a key from the password");
  }
  return key;
}

}  // namespace

Result<SealedKey> read_sealed_key(std::string_view json) {
  const Value parsed = FLOE_TRY(read_wire(json, "the encrypted key", kMaxKeyFile));
  const WireObject file = FLOE_TRY(WireObject::of(parsed, "the encrypted key"));
  FLOE_CHECK(file.only({"kdf", "cipher", "ciphertext"}));
  const WireObject kdf = FLOE_TRY(file.object("kdf"));
  FLOE_CHECK(kdf.only({"name", "params", "salt"}));
  if (FLOE_TRY(kdf.text("name")) != "scrypt") return kdf.wrong("'name' is not scrypt");
  const WireObject params = FLOE_TRY(kdf.object("params"));
  FLOE_CHECK(params.only({"N", "r", "p"}));
  SealedKey out;
  FLOE_CHECK(read_scrypt(params, out));
  out.salt = FLOE_TRY(kdf.bytes("salt"));
  if (out.salt.size() > kMaxSalt) return kdf.wrong("'salt' is too long");
  const WireObject cipher = FLOE_TRY(file.object("cipher"));
  FLOE_CHECK(cipher.only({"name", "nonce"}));
  if (FLOE_TRY(cipher.text("name")) != "nacl/secretbox") {
    return cipher.wrong("'name' is not nacl/secretbox");
  }
  out.nonce = FLOE_TRY(cipher.bytes("nonce"));
  if (out.nonce.size() != crypto_secretbox_NONCEBYTES)
    return cipher.wrong("'nonce' is not 24 bytes");
  out.ciphertext = FLOE_TRY(file.bytes("ciphertext"));
  if (out.ciphertext.size() <= crypto_secretbox_MACBYTES) {
    return file.wrong("'ciphertext' is too short");
  }
  return out;
}

std::string write_sealed_key(const SealedKey& sealed) {
  Value params = Value::map();
  params.set("N", static_cast<std::int64_t>(sealed.n));
  params.set("r", static_cast<std::int64_t>(sealed.r));
  params.set("p", static_cast<std::int64_t>(sealed.p));
  Value kdf = Value::map();
  kdf.set("name", "scrypt");
  kdf.set("params", std::move(params));
  kdf.set("salt", base64_encode(sealed.salt));
  Value cipher = Value::map();
  cipher.set("name", "nacl/secretbox");
  cipher.set("nonce", base64_encode(sealed.nonce));
  Value file = Value::map();
  file.set("kdf", std::move(kdf));
  file.set("cipher", std::move(cipher));
  file.set("ciphertext", base64_encode(sealed.ciphertext));
  return value::write_json(file);
}

Result<SealedKey> seal_key(std::string_view secret, std::string_view password) {
  if (sodium_init() < 0) return fail(ErrorKind::kEnvironment, "libsodium cannot be used");
  SealedKey out;
  out.salt = random_text(kSaltSize);
  out.nonce = random_text(crypto_secretbox_NONCEBYTES);
  std::string key = FLOE_TRY(derive_key(out, password));
  const WipeGuard guard(key);
  out.ciphertext.resize(secret.size() + crypto_secretbox_MACBYTES);
  crypto_secretbox_easy(key_file_bytes(out.ciphertext), openssl_bytes(secret), secret.size(),
                        openssl_bytes(out.nonce), openssl_bytes(key));
  return out;
}

Result<std::string> open_sealed_key(const SealedKey& sealed, std::string_view password) {
  std::string key = FLOE_TRY(derive_key(sealed, password));
  const WipeGuard guard(key);
  std::string secret(sealed.ciphertext.size() - crypto_secretbox_MACBYTES, '\0');
  if (crypto_secretbox_open_easy(key_file_bytes(secret), openssl_bytes(sealed.ciphertext),
                                 sealed.ciphertext.size(), openssl_bytes(sealed.nonce),
                                 openssl_bytes(key)) != 0) {
    wipe(secret);
    return fail(ErrorKind::kUsage, "the password is wrong, or the file is damaged",
                "cosign's keys take their password from COSIGN_PASSWORD");
  }
  return secret;
}

}  // namespace floe::sign
