// SPDX-License-Identifier: Apache-2.0
// The URLs of registries: joined, taken apart, and judged.
#pragma once

#include <string>
#include <string_view>

namespace floe::oci {

/// What counts of an http(s) URL when it is asked whom it leads to.
struct UrlParts {
  bool valid = false;  // http or https, a host, no user name, no white space or control characters
  bool https = false;
  std::string host;    // without port, lower case; "[::1]" for IPv6
  std::string port;    // never empty: "443" and "80" where none is written
  std::string target;  // path and query, beginning with '/'
};
UrlParts split_url(std::string_view url);

/// Whether both lead to the same scheme, host and port.
bool same_origin(std::string_view a, std::string_view b);

/// What a Location header means as an answer to `base` (RFC 3986 §5.2, without dot segments).
std::string join_url(std::string_view base, std::string_view location);

/// With one more query parameter; `value` is percent-encoded.
std::string with_parameter(std::string url, std::string_view name, std::string_view value);

/// Everything but unreserved characters as %XX (RFC 3986 §2.1).
std::string percent_encode(std::string_view text);

/// Whether a host is an address of a private network, of this machine, or link-local: "10.1.2.3",
/// "127.0.0.1", "localhost", "[fe80::1]", "169.254.169.254".
bool is_private_address(std::string_view host);

}  // namespace floe::oci
