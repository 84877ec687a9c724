// SPDX-License-Identifier: Apache-2.0
// HTTP requests through libcurl, which is loaded when the first request is made: loading it costs
// more time than most commands take.
#pragma once

#include "base/result.h"

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace floe {

struct HttpRequest {
  std::string method = "GET";
  std::string url;  // http or https
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds timeout{30'000};  // of one attempt
  int retries = 2;  // after a failed connection, 429 and 5xx, with growing pauses
  std::chrono::milliseconds first_pause{250};
  int max_redirects = 0;  // followed on the same host only, never with a body
  std::size_t max_response = 16u << 20;
  const std::atomic<bool>* cancel = nullptr;
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;

  /// The last header of that (lower-case) name, or "".
  std::string header(std::string_view name) const;
};

/// Sends a request. Any answer is a success here, whatever its status; kEnvironment if none came.
/// Errors name the host and never the rest of the URL, which may hold a token.
Result<HttpResponse> http_request(const HttpRequest& request);

/// Scheme and host of a URL, for messages: "https://hooks.example.com".
std::string url_origin(std::string_view url);

}  // namespace floe
