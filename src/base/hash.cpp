// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#include "base/pieces.h"

#include <openssl/evp.h>
#include <xxhash.h>

#include <stdexcept>

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

/// A digest's implementation, looked up once: OpenSSL otherwise searches its providers at each
/// call.
const EVP_MD* fetched(const char* name) {
  const EVP_MD* const found = EVP_MD_fetch(nullptr, name, nullptr);
  if (found == nullptr) throw std::runtime_error(std::string("OpenSSL has no ") + name);
  return found;
}

const EVP_MD* sha256() {
  static const EVP_MD* const kFetched = fetched("SHA256");
  return kFetched;
}

const EVP_MD* sha1() {
  static const EVP_MD* const kFetched = fetched("SHA1");
  return kFetched;
}

const EVP_MD* md5() {
  static const EVP_MD* const kFetched = fetched("MD5");
  return kFetched;
}

std::string evp_digest(const EVP_MD* kind, std::string_view bytes) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), out, &size, kind, nullptr) != 1) {
    throw std::runtime_error("OpenSSL refuses to compute a digest");
  }
  return std::string(reinterpret_cast<const char*>(out), size);
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

Sha256::Sha256() : context_(EVP_MD_CTX_new()) { reset(); }

Sha256::~Sha256() { EVP_MD_CTX_free(context_); }

void Sha256::reset() {
  if (context_ == nullptr || EVP_DigestInit_ex2(context_, sha256(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL refuses to compute a digest");
  }
}

void Sha256::add(std::string_view bytes) {
  if (EVP_DigestUpdate(context_, bytes.data(), bytes.size()) != 1) {
    throw std::runtime_error("OpenSSL refuses to compute a digest");
  }
}

std::string Sha256::hex() const {
  EVP_MD_CTX* const copy = EVP_MD_CTX_new();
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  const bool done = copy != nullptr && EVP_MD_CTX_copy_ex(copy, context_) == 1 &&
                    EVP_DigestFinal_ex(copy, out, &size) == 1;
  EVP_MD_CTX_free(copy);
  if (!done) throw std::runtime_error("OpenSSL refuses to compute a digest");
  return hex_digits(out, size);
}

std::string sha256_hex(std::string_view bytes) { return hex_of(evp_digest(sha256(), bytes)); }
std::string sha1_hex(std::string_view bytes) { return hex_of(evp_digest(sha1(), bytes)); }
std::string md5_hex(std::string_view bytes) { return hex_of(evp_digest(md5(), bytes)); }

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

std::string sha256_base64(std::string_view bytes) {
  return base64_encode(evp_digest(sha256(), bytes));
}

std::string oci_digest(std::string_view bytes) { return "sha256:" + sha256_hex(bytes); }

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  if (text.empty()) return out;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  // OpenSSL skips white space and dashes at the ends; nothing but the alphabet is meant here.
  for (const char c : text.substr(0, text.size() - padding)) {
    const bool known = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       (c >= '0' && c <= '9') || c == '+' || c == '/';
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
