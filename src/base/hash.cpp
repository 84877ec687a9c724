// SPDX-License-Identifier: Apache-2.0
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/hash.h"

#include "base/pieces.h"

#include <openssl/evp.h>
#include <openssl/md5.h>
#include <openssl/sha.h>
#include <xxhash.h>

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
std::string sha256_raw(std::string_view bytes) {
  std::string out(SHA256_DIGEST_LENGTH, '\0');
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, bytes.data(), bytes.size());
  SHA256_Final(reinterpret_cast<unsigned char*>(out.data()), &context);
  return out;
}

std::string sha1_raw(std::string_view bytes) {
  std::string out(SHA_DIGEST_LENGTH, '\0');
  SHA_CTX context;
  SHA1_Init(&context);
  SHA1_Update(&context, bytes.data(), bytes.size());
  SHA1_Final(reinterpret_cast<unsigned char*>(out.data()), &context);
  return out;
}

std::string md5_raw(std::string_view bytes) {
  std::string out(MD5_DIGEST_LENGTH, '\0');
  MD5_CTX context;
  MD5_Init(&context);
  MD5_Update(&context, bytes.data(), bytes.size());
  MD5_Final(reinterpret_cast<unsigned char*>(out.data()), &context);
  return out;
}

std::string hex_digits(const XXH128_hash_t& hash) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  return hex_digits(canonical.digest, sizeof canonical.digest);
}

std::string hex_of(const std::string& raw) {
  return hex_digits(reinterpret_cast<const unsigned char*>(raw.data()), raw.size());
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

std::string sha256_hex(std::string_view bytes) { return hex_of(sha256_raw(bytes)); }
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

std::string sha256_base64(std::string_view bytes) { return base64_encode(sha256_raw(bytes)); }

std::string oci_digest(std::string_view bytes) { return "sha256:" + sha256_hex(bytes); }

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  if (text.empty()) return out;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  // OpenSSL skips white space and dashes at the ends; nothing but the alphabet is meant here.
  for (const char c : text.substr(0, text.size() - padding)) {
    const bool known = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       c == '+' || c == '/';
    if (!known) return std::nullopt;
  }
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  out.resize(out.size() - padding);
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
