// SPDX-License-Identifier: Apache-2.0
#include "core/oci/url.h"

#include "base/text.h"
#include "core/oci/settings.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

namespace floe::oci {

namespace {

bool is_url_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return c > 0x20 && c != 0x7f && c != '\\'; });
}

bool is_url_port(std::string_view port) {
  return !port.empty() && port.size() <= 5 &&
         std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// The four numbers of a dotted IPv4 address.
std::optional<std::vector<int>> ipv4_numbers(std::string_view host) {
  std::vector<int> numbers;
  for (const std::string_view part : split(host, '.')) {
    int number = -1;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
    if (error != std::errc{} || end != part.data() + part.size() || number < 0 || number > 255) {
      return std::nullopt;
    }
    numbers.push_back(number);
  }
  if (numbers.size() != 4) return std::nullopt;
  return numbers;
}

}  // namespace

UrlParts split_url(std::string_view url) {
  UrlParts parts;
  const std::string scheme = to_lower(url.substr(0, url.find("://")));
  if (scheme != "http" && scheme != "https") return parts;
  parts.https = scheme == "https";
  std::string_view rest = url.substr(scheme.size() + 3);
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  std::string_view authority = rest.substr(0, end);
  std::string_view target = rest.substr(end);
  target = target.substr(0, target.find('#'));
  parts.target = std::string(target.starts_with('/') ? "" : "/") + std::string(target);
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  parts.port = parts.https ? "443" : "80";
  if (colon != std::string_view::npos) {
    if (!is_url_port(authority.substr(colon + 1))) return parts;
    parts.port = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
  }
  parts.host = to_lower(authority);
  parts.valid = !parts.host.empty() && !contains(parts.host, "@") && is_url_text(url);
  return parts;
}

bool same_origin(std::string_view a, std::string_view b) {
  const UrlParts left = split_url(a);
  const UrlParts right = split_url(b);
  return left.valid && right.valid && left.https == right.https && left.host == right.host &&
         left.port == right.port;
}

std::string join_url(std::string_view base, std::string_view location) {
  if (contains(location.substr(0, location.find_first_of("/?#")), ":")) {
    return std::string(location);  // it has a scheme of its own
  }
  const std::size_t scheme_end = base.find("://");
  if (scheme_end == std::string_view::npos) return std::string(location);
  if (location.starts_with("//")) {
    return std::string(base.substr(0, scheme_end + 1)) + std::string(location);
  }
  const std::size_t path = std::min(base.find_first_of("/?#", scheme_end + 3), base.size());
  const std::string origin(base.substr(0, path));
  if (location.starts_with("/")) return origin + std::string(location);
  std::string_view old = base.substr(path);
  old = old.substr(0, old.find_first_of("?#"));
  if (location.starts_with("?")) {
    return origin + std::string(old.empty() ? "/" : old) + std::string(location);
  }
  const std::size_t slash = old.rfind('/');
  const std::string_view folder =
      slash == std::string_view::npos ? std::string_view("/") : old.substr(0, slash + 1);
  return origin + std::string(folder) + std::string(location);
}

std::string with_parameter(std::string url, std::string_view name, std::string_view value) {
  url += url.find('?') == std::string::npos ? '?' : '&';
  return url + std::string(name) + "=" + percent_encode(value);
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) out += c;
    else out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

bool is_private_address(std::string_view host) {
  if (is_loopback(host)) return true;
  if (host.starts_with("[")) {
    const std::string_view address = host.substr(1, host.find(']') - 1);
    return address == "::" || address.starts_with("fe8") || address.starts_with("fe9") ||
           address.starts_with("fea") || address.starts_with("feb") || address.starts_with("fc") ||
           address.starts_with("fd") || address.starts_with("::");
  }
  const auto numbers = ipv4_numbers(host);
  if (!numbers) {
    // A number that some resolvers take for an address ("2130706433", "0x7f.1").
    const std::string_view last = host.substr(host.rfind('.') + 1);
    return !last.empty() && last[0] >= '0' && last[0] <= '9';
  }
  const int a = (*numbers)[0];
  const int b = (*numbers)[1];
  return a == 0 || a == 10 || a == 127 || (a == 169 && b == 254) || (a == 172 && b / 16 == 1) ||
         (a == 192 && b == 168) || (a == 100 && b / 64 == 1);
}

}  // namespace floe::oci
