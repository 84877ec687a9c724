// SPDX-License-Identifier: Apache-2.0
// What a registry asks for with status 401, and whether its token server may be told a password.
#pragma once

#include "base/result.h"
#include "core/oci/settings.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::oci {

/// One challenge of a WWW-Authenticate header (RFC 9110 §11.6.1).
struct Challenge {
  std::string scheme;                             // "basic" or "bearer", lower case
  std::map<std::string, std::string> parameters;  // names in lower case
};

/// The challenges of a header; what cannot be read is left out.
std::vector<Challenge> read_challenges(std::string_view header);

/// Checks the realm of a bearer challenge of the registry at `registry_url`, before anything is
/// sent to it: it must be https (http only where the registry itself is), without user name, and no
/// private address unless it is the registry's own. kSecurity otherwise.
Status check_realm(const std::string& realm, const std::string& registry_url);

/// Whether credentials for the registry may be given to this realm: it is the registry itself, a
/// host below it, a host beside it in the same domain (auth.example.com for registry.example.com),
/// or one that the user has named.
bool is_trusted_realm(const std::string& realm, const std::string& registry_url,
                      const std::vector<std::string>& trusted);

}  // namespace floe::oci
