// SPDX-License-Identifier: Apache-2.0
// HTTP requests through libcurl: one by one, or many at once over shared connections.
#pragma once

#include "base/files.h"
#include "base/result.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace floe {

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;

  /// The last header of that (lower-case) name, or "".
  std::string header(std::string_view name) const;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;  // http or https
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  const FileRange* file = nullptr;  // sent instead of `body`
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds timeout{30'000};  // of one attempt; 0: none
  std::chrono::seconds stall_timeout{0};      // without progress; 0: none
  int retries = 2;  // after a failed connection, 429 and 5xx, with growing pauses
  std::chrono::milliseconds first_pause{250};
  std::chrono::milliseconds longest_pause{30'000};  // whatever the server asks for
  int max_redirects = 0;  // followed on the same host only, never with a body
  std::size_t max_response = 16u << 20;
  /// The answer is complete with its headers: nothing of a body is read, whatever becomes of it.
  bool head_only = false;
  /// Takes the body of a 200 or 206 piece by piece instead of HttpResponse::body, of any size;
  /// false stops. Called in any thread, but never after the answer was returned.
  std::function<bool(const HttpResponse& head, std::string_view piece)> sink = nullptr;
  /// A new connection. libcurl sends a request again by itself when an old connection turns out to
  /// be closed, and cannot know whether that is safe.
  bool fresh_connection = false;
  const std::atomic<bool>* cancel = nullptr;
};

struct HttpClientOptions {
  std::string ca_file;       // PEM; "" = the system's certificates
  long max_connections = 8;  // to one host
};

/// Connections that stay open between requests and that any number of threads share; HTTP/2 where
/// it is offered.
class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options = {});
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient();

  /// Sends a request once and waits for the answer: no retry, no redirect is followed. Any answer
  /// is a success here, whatever its status; kEnvironment if none came. Errors name the host and
  /// never the rest of the URL, which may hold a token.
  Result<HttpResponse> send(const HttpRequest& request);

 private:
  class Transfers;
  std::unique_ptr<Transfers> transfers_;
};

/// Sends a request over a connection of its own, with its retries and redirects.
Result<HttpResponse> http_request(const HttpRequest& request);

/// Whether a status is of trouble that may pass: 429 and 5xx.
bool is_transient(int status);

/// Scheme and host of a URL, for messages: "https://hooks.example.com".
std::string url_origin(std::string_view url);

/// The pause before attempt number `attempt` + 1 (0: before the first retry): doubled each time,
/// with full jitter, at most `longest`. What a Retry-After header (seconds, or a date of RFC 9110)
/// asks for wins.
std::chrono::milliseconds retry_pause(int attempt, std::chrono::milliseconds first,
                                      std::chrono::milliseconds longest,
                                      const std::string& retry_after);

/// Sleeps in small steps so that Ctrl-C is answered.
void pause_for(std::chrono::milliseconds time, const std::atomic<bool>* cancel);

}  // namespace floe
