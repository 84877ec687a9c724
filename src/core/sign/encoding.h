// SPDX-License-Identifier: Apache-2.0
// The encodings that keys and signatures travel in: PEM, hex; and memory that is wiped.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::sign {

/// One block of a PEM file (RFC 7468).
struct PemBlock {
  std::string label;  // "PUBLIC KEY"
  std::string bytes;  // decoded
};

/// All PEM blocks of a text, or nothing if a block is malformed or anything but white space stands
/// between them. May hold private keys: see wipe().
std::optional<std::vector<PemBlock>> read_pem(std::string_view text);

/// A PEM block with lines of 64 characters.
std::string write_pem(std::string_view label, std::string_view bytes);

/// The bytes of lower-case hex digits, or nothing.
std::optional<std::string> decode_hex(std::string_view text);

/// Lower-case hex digits.
std::string hex_text(std::string_view bytes);

/// Overwrites the text, then empties it.
void wipe(std::string& secret);

/// Wipes a text when the scope ends.
class WipeGuard {
 public:
  explicit WipeGuard(std::string& secret) : secret_(secret) {}
  WipeGuard(const WipeGuard&) = delete;
  WipeGuard& operator=(const WipeGuard&) = delete;
  ~WipeGuard() { wipe(secret_); }

 private:
  std::string& secret_;
};

/// Text from outside for messages: at most 120 bytes, control characters and broken UTF-8 replaced
/// by '?'.
std::string shown(std::string_view text);

}  // namespace floe::sign
