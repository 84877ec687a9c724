// SPDX-License-Identifier: Apache-2.0
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/hash.h"

#include "base/pieces.h"

#include <openssl/evp.h>
#include <openssl/md5.h>
#include <openssl/sha.h>
#include <xxhash.h>

#include <array>
#include <cstdint>

namespace floe {

namespace {

std::string hex_digits(const unsigned char* bytes, std::size_t size) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(size * 2);
  for (std::size_t i = 0; i < size; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

// These functions of OpenSSL are deprecated in favour of EVP, whose first use costs a millisecond:
// it reads configuration files and registers every algorithm there is. Most commands hash
// something.
template <class Context, auto kInit, auto kUpdate, auto kFinal, std::size_t kSize>
std::string raw_digest(std::string_view bytes) {
  std::string out(kSize, '\0');
  Context context;
  kInit(&context);
  kUpdate(&context, bytes.data(), bytes.size());
  kFinal(reinterpret_cast<unsigned char*>(out.data()), &context);
  return out;
}

constexpr auto sha1_raw =
    raw_digest<SHA_CTX, SHA1_Init, SHA1_Update, SHA1_Final, SHA_DIGEST_LENGTH>;
constexpr auto md5_raw = raw_digest<MD5_CTX, MD5_Init, MD5_Update, MD5_Final, MD5_DIGEST_LENGTH>;

std::string hex_digits(const XXH128_hash_t& hash) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  return hex_digits(canonical.digest, sizeof canonical.digest);
}

std::string hex_of(const std::string& raw) {
  return hex_digits(reinterpret_cast<const unsigned char*>(raw.data()), raw.size());
}

constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> base64_values() {
  std::array<std::int8_t, 256> out{};
  out.fill(-1);
  for (std::size_t i = 0; i < kBase64Digits.size(); ++i) {
    out[static_cast<unsigned char>(kBase64Digits[i])] = static_cast<std::int8_t>(i);
  }
  return out;
}

}  // namespace

Sha256::Sha256() : context_(new SHA256_CTX) { reset(); }

Sha256::~Sha256() { delete context_; }

void Sha256::reset() { SHA256_Init(context_); }

void Sha256::add(std::string_view bytes) { SHA256_Update(context_, bytes.data(), bytes.size()); }

std::string Sha256::hex() const {
  SHA256_CTX copy = *context_;
  unsigned char out[SHA256_DIGEST_LENGTH];
  SHA256_Final(out, &copy);
  return hex_digits(out, sizeof out);
}

std::string sha256_bytes(std::string_view bytes) {
  return raw_digest<SHA256_CTX, SHA256_Init, SHA256_Update, SHA256_Final, SHA256_DIGEST_LENGTH>(
      bytes);
}

std::string sha256_hex(std::string_view bytes) { return hex_of(sha256_bytes(bytes)); }
std::string sha1_hex(std::string_view bytes) { return hex_of(sha1_raw(bytes)); }
std::string md5_hex(std::string_view bytes) { return hex_of(md5_raw(bytes)); }

std::string xxh128_hex(std::string_view bytes) {
  return hex_digits(XXH3_128bits(bytes.data(), bytes.size()));
}

Xxh128::Xxh128() : state_(XXH3_createState()) { XXH3_128bits_reset(state_); }
Xxh128::~Xxh128() { XXH3_freeState(state_); }

void Xxh128::add(std::string_view bytes) {
  XXH3_128bits_update(state_, bytes.data(), bytes.size());
}

std::string Xxh128::hex() const { return hex_digits(XXH3_128bits_digest(state_)); }

std::string xxh128_hex(Pieces pieces) {
  Xxh128 digest;
  for (const std::string_view piece : pieces) digest.add(piece);
  return digest.hex();
}

std::string sha256_base64(std::string_view bytes) { return base64_encode(sha256_bytes(bytes)); }

std::string oci_digest(std::string_view bytes) { return "sha256:" + sha256_hex(bytes); }

std::optional<std::string> base64_decode(std::string_view text) {
  static constexpr std::array<std::int8_t, 256> kValues = base64_values();
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t digits = text.size();
  while (digits > 0 && text.size() - digits < 2 && text[digits - 1] == '=') --digits;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text.substr(0, digits)) {
    const int digit = kValues[static_cast<unsigned char>(c)];
    if (digit < 0) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>((bits >> count) & 0xff);
    }
  }
  if ((bits & ((1u << count) - 1)) != 0) return std::nullopt;
  return out;
}

std::string base64_encode(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                  reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  return text;
}

}  // namespace floe
