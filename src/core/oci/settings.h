// SPDX-License-Identifier: Apache-2.0
// How network registries are reached: what command line, environment and configuration say of it.
#pragma once

#include "base/files.h"
#include "base/result.h"

#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace floe::oci {

struct ClientSettings {
  bool offline = false;       // no network call at all
  bool plain_http = false;    // also for hosts other than this machine
  fs::path ca_file;           // PEM; "" = the system's certificates
  bool loopback_tls = false;  // registries on this machine have certificates, too
  /// Hosts that may be given credentials for a registry's token though they are not the registry's
  /// own: "auth.example.com".
  std::vector<std::string> trusted_realms;
  /// Where credentials are looked up, and who runs the helpers.
  std::map<std::string, std::string> environment;
  std::size_t parallel = 8;                // transfers at once
  std::chrono::seconds stall_timeout{30};  // without progress
  double pause_scale = 1;                  // of the pauses between retries
  const std::atomic<bool>* cancel = nullptr;
};

/// Settings from environment variables: FLOE_OFFLINE, FLOE_PLAIN_HTTP, FLOE_REGISTRY_CA_FILE
/// (which also means that registries on this machine have certificates; else SSL_CERT_FILE),
/// FLOE_REGISTRY_TIMEOUT (seconds), FLOE_REGISTRY_PARALLEL, FLOE_TRUSTED_REALMS (comma-separated
/// hosts), FLOE_RETRY_SCALE. kUsage if one is wrong.
Result<ClientSettings> client_settings(const std::map<std::string, std::string>& environment);

/// Whether a host ("localhost:5000", "127.0.0.1", "[::1]:5000") is this machine.
bool is_loopback(std::string_view host);

}  // namespace floe::oci
