// SPDX-License-Identifier: Apache-2.0
// Requests to one repository of a network registry: with login, retries and redirects.
#pragma once

#include "base/http.h"
#include "base/result.h"
#include "core/oci/authorizer.h"
#include "core/oci/settings.h"

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace floe::oci {

/// What is asked of the registry.
struct RegistryRequest {
  std::string method = "GET";
  std::string url;  // absolute, or below /v2/<repository>/
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  const FileRange* file = nullptr;      // sent instead of `body`
  std::size_t max_response = 4u << 20;  // of what does not go to `sink`
  /// Of the whole attempt; 0: only the stall timeout counts.
  std::chrono::milliseconds timeout{60'000};
  bool retry = true;  // failed connections, 429 and 5xx
  std::function<bool(const HttpResponse& head, std::string_view piece)> sink = nullptr;
  bool fresh_connection = false;  // see HttpRequest
};

class Session {
 public:
  /// `host` as in a reference; `actions` as tokens are asked for.
  Session(std::string host, std::string repository, std::string actions, ClientSettings settings);

  /// Sends a request: with the login once it was asked for, again after trouble that may pass, and
  /// along redirects, without the login to other hosts and never from https to http. Any status
  /// that is left after that is a success here.
  Result<HttpResponse> send(const RegistryRequest& request);

  /// The error for a status that was not expected: what the registry says about it, and advice.
  /// `what`: "manifest v1.2.3 of oci://…".
  tl::unexpected<Error> unexpected_status(std::string_view what, const HttpResponse& response);

  /// The pause before retry number `attempt` + 1.
  void pause(int attempt, const std::string& retry_after = "");
  bool cancelled() const;
  /// Whether an answer has come within milliseconds.
  bool is_near() const { return quickest_ms_.load() < kNear; }
  const ClientSettings& settings() const { return settings_; }
  const std::string& base_url() const { return base_url_; }

  static constexpr int kAttempts = 6;

 private:
  static constexpr long kNear = 25;

  Result<HttpResponse> send_authorized(const RegistryRequest& request, const std::string& url,
                                       bool& is_final);
  Result<HttpResponse> send_along(const RegistryRequest& request, bool& is_final);
  Result<std::string> redirect_of(const HttpResponse& response, const std::string& url) const;

  ClientSettings settings_;
  std::string host_;
  std::string base_url_;  // "https://registry.acme.com/v2/floe-platform/"
  HttpClient client_;
  Authorizer authorizer_;
  std::atomic<long> quickest_ms_ = 1'000'000;
};

}  // namespace floe::oci
