// SPDX-License-Identifier: Apache-2.0
#include "core/sign/encoding.h"

#include "base/hash.h"
#include "base/text.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstdint>

namespace floe::sign {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kPemBegin = "-----BEGIN ";
constexpr std::string_view kPemEnd = "-----END ";
constexpr std::string_view kPemDashes = "-----";
constexpr std::size_t kPemLine = 64;

/// The next block, taken off `text`.
std::optional<PemBlock> take_pem_block(std::string_view& text) {
  if (!text.starts_with(kPemBegin)) return std::nullopt;
  text.remove_prefix(kPemBegin.size());
  const std::size_t label_end = text.find(kPemDashes);
  if (label_end == std::string_view::npos || label_end > kPemLine) return std::nullopt;
  PemBlock block;
  block.label = text.substr(0, label_end);
  text.remove_prefix(label_end + kPemDashes.size());
  const std::string last = std::string(kPemEnd) + block.label + std::string(kPemDashes);
  const std::size_t body_end = text.find(last);
  if (body_end == std::string_view::npos) return std::nullopt;
  std::string body;
  const WipeGuard guard(body);
  body.reserve(body_end);
  for (const char c : text.substr(0, body_end)) {
    if (c != '\n' && c != '\r' && c != ' ' && c != '\t') body += c;
  }
  auto bytes = base64_decode(body);
  if (!bytes) return std::nullopt;
  block.bytes = std::move(*bytes);
  text.remove_prefix(body_end + last.size());
  return block;
}

}  // namespace

std::optional<std::vector<PemBlock>> read_pem(std::string_view text) {
  std::vector<PemBlock> out;
  for (text = trim(text); !text.empty(); text = trim_left(text)) {
    auto block = take_pem_block(text);
    if (!block) {
      for (PemBlock& before : out) wipe(before.bytes);
      return std::nullopt;
    }
    out.push_back(std::move(*block));
  }
  return out;
}

std::string write_pem(std::string_view label, std::string_view bytes) {
  std::string body = base64_encode(bytes);
  const WipeGuard guard(body);
  std::string out;
  out.reserve(body.size() * 2 + 128);
  out.append(kPemBegin).append(label).append(kPemDashes) += '\n';
  for (std::size_t at = 0; at < body.size(); at += kPemLine) {
    out.append(std::string_view(body).substr(at, kPemLine)) += '\n';
  }
  out.append(kPemEnd).append(label).append(kPemDashes) += '\n';
  return out;
}

std::optional<std::string> decode_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const std::size_t high = kHexDigits.find(text[i]);
    const std::size_t low = kHexDigits.find(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
  }
  return out;
}

std::string hex_text(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out += kHexDigits[static_cast<unsigned char>(c) >> 4];
    out += kHexDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

void wipe(std::string& secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

std::string shown(std::string_view text) {
  constexpr std::size_t kLongest = 120;
  std::string out(text.substr(0, kLongest));
  for (std::size_t bad = find_invalid_utf8(out); bad != std::string::npos;
       bad = find_invalid_utf8(out)) {
    out[bad] = '?';
  }
  std::replace_if(
      out.begin(), out.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  if (text.size() > kLongest) out += "…";
  return out;
}

}  // namespace floe::sign
