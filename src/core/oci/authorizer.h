// SPDX-License-Identifier: Apache-2.0
// The Authorization header for one repository: basic, or a bearer token fetched when it is asked
// for.
#pragma once

#include "base/http.h"
#include "core/oci/challenge.h"
#include "core/oci/credentials.h"
#include "core/oci/settings.h"

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::oci {

/// Any number of threads may use one at once.
class Authorizer {
 public:
  /// `actions`: "pull" or "pull,push"; what tokens are asked for from the start.
  Authorizer(std::string host, std::string repository, std::string registry_url,
             std::string actions, const ClientSettings& settings, HttpClient& client);

  /// The present header value; "" while nothing was asked for.
  std::string header() const;

  /// Answers a 401: fetches a token or takes the login. `used` is the header value that was
  /// refused; when another thread has renewed it meanwhile, nothing is fetched. Fails (kSecurity)
  /// when there is nothing better than what was refused.
  Status renew(const HttpResponse& refused, const std::string& used);

  /// `text` without the secrets that were sent: for messages that quote a server.
  std::string redacted(std::string text) const;

 private:
  Status use_basic();
  Status fetch_token(const Challenge& challenge);
  Status load_credential();
  Result<HttpRequest> token_request(const Challenge& challenge);
  tl::unexpected<Error> refused_login() const;

  const std::string host_, repository_, registry_url_, actions_;
  const ClientSettings& settings_;
  HttpClient& client_;
  mutable std::mutex mutex_;
  bool looked_up_ = false;
  std::optional<Credential> credential_;
  std::string header_;
  std::vector<std::string> secrets_;
};

}  // namespace floe::oci
