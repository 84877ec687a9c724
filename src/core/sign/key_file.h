// SPDX-License-Identifier: Apache-2.0
// cosign's encrypted private key file: JSON with scrypt parameters and a NaCl secretbox.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace floe::sign {

/// What such a file holds, still encrypted.
struct SealedKey {
  std::uint64_t n = 65536;  // scrypt's parameters, bounded by read_sealed_key
  std::uint32_t r = 8;
  std::uint32_t p = 1;
  std::string salt;
  std::string nonce;       // 24 bytes
  std::string ciphertext;  // 16 bytes of MAC, then the encrypted PKCS#8 key
};

/// Reads the JSON in the PEM block. Other ciphers, and parameters that cost more than 256 MiB or a
/// few seconds, are refused.
Result<SealedKey> read_sealed_key(std::string_view json);
std::string write_sealed_key(const SealedKey& sealed);

/// Encrypts with a fresh salt and nonce. kEnvironment without the memory for scrypt (64 MiB).
Result<SealedKey> seal_key(std::string_view secret, std::string_view password);

/// The decrypted bytes; kUsage if the password is wrong or the file is damaged, which cannot be
/// told apart. The caller wipes them.
Result<std::string> open_sealed_key(const SealedKey& sealed, std::string_view password);

}  // namespace floe::sign
