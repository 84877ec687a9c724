// SPDX-License-Identifier: Apache-2.0
// Digests: SHA-256 for artifacts, MD5 and SHA-1 where dbt uses them, XXH3 for caches.
#pragma once

#include <optional>
#include <string>
#include <string_view>

struct XXH3_state_s;
struct SHA256state_st;

namespace floe {

/// The digest that xxh128_hex() computes, of bytes that come bit by bit.
class Xxh128 {
 public:
  Xxh128();
  Xxh128(const Xxh128&) = delete;
  Xxh128& operator=(const Xxh128&) = delete;
  ~Xxh128();
  void add(std::string_view bytes);
  std::string hex() const;

 private:
  XXH3_state_s* state_;
};

/// The digest that sha256_hex() computes, of bytes that come bit by bit.
class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256();
  void add(std::string_view bytes);
  /// Of everything added so far; more can be added afterwards.
  std::string hex() const;
  /// Starts again from nothing.
  void reset();

 private:
  SHA256state_st* context_;
};

std::string sha256_hex(std::string_view bytes);    // 64 lower-case hex digits
std::string md5_hex(std::string_view bytes);       // 32 lower-case hex digits
std::string sha1_hex(std::string_view bytes);      // 40 lower-case hex digits
std::string xxh128_hex(std::string_view bytes);    // 32 lower-case hex digits; not cryptographic
std::string sha256_bytes(std::string_view bytes);  // the 32 bytes themselves
std::string sha256_base64(std::string_view bytes);
/// "sha256:<hex>", as OCI descriptors write it.
std::string oci_digest(std::string_view bytes);

std::string base64_encode(std::string_view bytes);
/// The bytes of a base64 text (RFC 4648 §4), or nothing unless it is what an encoder writes: with
/// padding, without white space, unused bits zero. So no two texts mean the same bytes.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace floe
