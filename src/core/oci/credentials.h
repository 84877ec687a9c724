// SPDX-License-Identifier: Apache-2.0
// The user's login at a registry: environment, docker's configuration file, credential helpers.
#pragma once

#include "base/result.h"

#include <map>
#include <optional>
#include <string>

namespace floe::oci {

struct Credential {
  std::string username;
  std::string password;
  std::string identity_token;  // a refresh token instead of both (docker's `identitytoken`)
};

/// What is known for a repository at `host` ("registry.acme.com:5000"); the first that has
/// something: FLOE_REGISTRY_USERNAME with FLOE_REGISTRY_PASSWORD (only for the host that
/// FLOE_REGISTRY names), $DOCKER_AUTH_CONFIG, $REGISTRY_AUTH_FILE, $DOCKER_CONFIG/config.json or
/// ~/.docker/config.json, $XDG_RUNTIME_DIR/containers/auth.json. In a file, credHelpers, auths and
/// credsStore count in docker's order. kUsage for a file that cannot be understood, kEnvironment
/// for a helper that fails; messages never hold what was read.
Result<std::optional<Credential>> find_credential(
    const std::string& host, const std::string& repository,
    const std::map<std::string, std::string>& environment);

}  // namespace floe::oci
