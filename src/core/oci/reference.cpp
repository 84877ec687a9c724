// SPDX-License-Identifier: Apache-2.0
#include "core/oci/reference.h"

#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

namespace floe::oci {

namespace {

constexpr std::size_t kMaxReference = 4096;
constexpr std::size_t kMaxRepository = 255;
constexpr std::string_view kForms =
    "write oci://host/repository:v1.2.3, oci-layout:FOLDER:v1.2.3 or file:ARCHIVE.tar";

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z') || is_digit(c); }
bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

/// The text for a message: cut, and without bytes that would disturb a terminal.
std::string shown_reference(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 120)) {
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  }
  return text.size() > 120 ? out + "…" : out;
}

tl::unexpected<Error> bad_reference(std::string_view text, std::string_view why,
                                    std::string_view hint = kForms) {
  return fail(ErrorKind::kUsage,
              fmt::format("'{}' is not a platform reference: {}", shown_reference(text), why),
              std::string(hint));
}

/// A repository path component: [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*.
bool is_repository_component(std::string_view part) {
  bool after_separator = true;  // a separator may stand only between letters or digits
  for (std::size_t i = 0; i < part.size(); ++i) {
    const char c = part[i];
    if (is_lower(c) || is_digit(c)) {
      after_separator = false;
      continue;
    }
    if (after_separator) return false;
    if (c == '-') {
      while (i + 1 < part.size() && part[i + 1] == '-') ++i;
    } else if (c == '_') {
      if (i + 1 < part.size() && part[i + 1] == '_') ++i;
    } else if (c != '.') {
      return false;
    }
    after_separator = true;
  }
  return !after_separator;
}

bool is_host_name(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    return std::all_of(host.begin(), host.end(), [](char c) {
      return is_digit(c) || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
    });
  }
  for (const std::string_view label : split(host, '.')) {
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') {
      return false;
    }
    if (!std::all_of(label.begin(), label.end(),
                     [](char c) { return is_lower(c) || is_digit(c) || c == '-'; })) {
      return false;
    }
  }
  return host.size() <= 253;
}

/// "host", "host:port" or "[v6]:port", already in lower case.
bool is_authority(std::string_view text) {
  const std::size_t bracket = text.rfind(']');
  const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    const std::string_view port = text.substr(colon + 1);
    if (!all_digits(port) || port.size() > 5) return false;
    const int number = std::stoi(std::string(port));
    if (number < 1 || number > 65535) return false;
    text = text.substr(0, colon);
  }
  return is_host_name(text);
}

/// Whether what stands where a tag should is meant as a range: ^1.2, ~>1.0, >=1, 1.x, 1.2.*.
bool is_version_range(std::string_view tag) {
  if (tag.find_first_of("^~<>=*,| ") != std::string_view::npos) return true;
  if (!tag.empty() && tag.front() == 'v') tag.remove_prefix(1);
  const std::vector<std::string_view> parts = split(tag, '.');
  return parts.size() > 1 && (parts.back() == "x" || parts.back() == "X") &&
         all_digits(parts.front());
}

constexpr std::string_view kRangeReason =
    "a version range is not allowed, because what is enforced must be exact";
constexpr std::string_view kRangeHint = "name one version (v1.2.3) or a digest (@sha256:…)";

/// Whether the text is meant as a digest, right or wrong: "sha256:…", "blake3:0123…".
bool looks_like_digest(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  return text.starts_with("sha") || text.size() - colon > 32;
}

/// Cuts "@digest" off the end of `rest` into `out`.
Status take_digest(std::string_view text, std::string_view& rest, Reference& out) {
  const std::size_t at = rest.rfind('@');
  if (at == std::string_view::npos) return {};
  const std::string_view digest = rest.substr(at + 1);
  // Elsewhere an '@' may be part of a folder name.
  if (out.transport != Transport::kRegistry && !looks_like_digest(digest)) return {};
  if (!is_digest(digest)) {
    return bad_reference(text, "behind '@' a digest must follow, sha256: and 64 hex digits");
  }
  out.digest = digest;
  rest = rest.substr(0, at);
  return {};
}

/// Cuts ":tag" off the end of `rest` into `out`; a colon before a '/' belongs to the path.
Status take_tag(std::string_view text, std::string_view& rest, Reference& out) {
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos) return {};
  const std::string_view tag = rest.substr(colon + 1);
  if (contains(tag, "/")) return {};
  if (is_version_range(tag)) return bad_reference(text, kRangeReason, kRangeHint);
  if (!is_tag(tag)) return bad_reference(text, "behind ':' a tag must follow, such as v1.2.3");
  out.tag = tag;
  rest = rest.substr(0, colon);
  return {};
}

Result<Reference> parse_registry(std::string_view text, std::string_view rest) {
  Reference out;
  out.transport = Transport::kRegistry;
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) {
    return bad_reference(text, "behind the host a '/' and a repository must follow");
  }
  if (contains(rest.substr(0, slash), "@")) {
    // Never repeat what was written: it holds a password.
    return fail(
        ErrorKind::kUsage, "a platform reference must not hold a user name or password",
        "log in with `docker login` or a credential helper, and write oci://host/repository");
  }
  out.host = to_lower(rest.substr(0, slash));
  if (!is_authority(out.host)) return bad_reference(text, "the host is not valid");
  rest.remove_prefix(slash + 1);
  FLOE_CHECK(take_digest(text, rest, out));
  FLOE_CHECK(take_tag(text, rest, out));
  if (rest.size() > kMaxRepository) return bad_reference(text, "the repository name is too long");
  for (const std::string_view part : split(rest, '/')) {
    if (!is_repository_component(part)) {
      return bad_reference(text,
                           "a repository is lower-case letters and digits, with single '.', '_', "
                           "'-' and '/' between them");
    }
  }
  out.repository = rest;
  return out;
}

Result<Reference> parse_path(std::string_view text, std::string_view rest, Transport transport) {
  Reference out;
  out.transport = transport;
  FLOE_CHECK(take_digest(text, rest, out));
  FLOE_CHECK(take_tag(text, rest, out));
  if (rest.empty()) return bad_reference(text, "the folder is missing");
  if (rest.back() == ':') return bad_reference(text, "the folder name ends with ':'");
  out.repository = rest;
  return out;
}

std::string_view transport_prefix(Transport transport) {
  switch (transport) {
    case Transport::kRegistry: return "oci://";
    case Transport::kLayout: return "oci-layout:";
    case Transport::kFile: return "file:";
  }
  return "";
}

}  // namespace

bool is_tag(std::string_view text) {
  if (text.empty() || text.size() > 128 || !(is_alnum(text.front()) || text.front() == '_')) {
    return false;
  }
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; });
}

bool is_digest(std::string_view text) {
  constexpr std::string_view kAlgorithm = "sha256:";
  if (!text.starts_with(kAlgorithm) || text.size() != kAlgorithm.size() + 64) return false;
  text.remove_prefix(kAlgorithm.size());
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

Result<Reference> parse_reference(std::string_view text) {
  if (text.size() > kMaxReference) return bad_reference(text, "it is too long");
  if (find_invalid_utf8(text) != std::string_view::npos) {
    return bad_reference("", "it is not valid UTF-8");
  }
  if (std::any_of(text.begin(), text.end(),
                  [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
    return bad_reference(text, "it holds control characters");
  }
  for (const Transport transport : {Transport::kRegistry, Transport::kLayout, Transport::kFile}) {
    const std::string_view prefix = transport_prefix(transport);
    if (!text.starts_with(prefix)) continue;
    const std::string_view rest = text.substr(prefix.size());
    if (transport == Transport::kRegistry) return parse_registry(text, rest);
    return parse_path(text, rest, transport);
  }
  if (text.empty()) return bad_reference(text, "it is empty");
  return bad_reference(text, "it does not begin with oci://, oci-layout: or file:");
}

std::string repository_name(const Reference& reference) {
  std::string text(transport_prefix(reference.transport));
  if (reference.transport == Transport::kRegistry) text += reference.host + "/";
  return text + reference.repository;
}

std::string to_string(const Reference& reference) {
  std::string text = repository_name(reference);
  if (!reference.tag.empty()) text += ":" + reference.tag;
  if (!reference.digest.empty()) text += "@" + reference.digest;
  return text;
}

Status check_exact(const Reference& reference) {
  if (!reference.digest.empty()) return {};
  const std::string text = to_string(reference);
  if (reference.tag.empty() && reference.transport != Transport::kFile) {
    return bad_reference(text, "it names no version", kRangeHint);
  }
  std::string_view tag = reference.tag;
  if (tag.starts_with('v')) tag.remove_prefix(1);
  const std::vector<std::string_view> parts = split(tag, '.');
  if (parts.size() < 3 && std::all_of(parts.begin(), parts.end(), all_digits)) {
    return bad_reference(text, "the version is not complete, and what is enforced must be exact",
                         kRangeHint);
  }
  return {};
}

Reference resolve_path(Reference reference, const fs::path& base) {
  if (reference.transport != Transport::kRegistry && !base.empty()) {
    const fs::path path(reference.repository);
    if (path.is_relative()) reference.repository = (base / path).lexically_normal().string();
  }
  return reference;
}

}  // namespace floe::oci
