// SPDX-License-Identifier: Apache-2.0
#include "base/http.h"

#include "base/curl_library.h"
#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <ctime>
#include <optional>
#include <random>
#include <thread>

namespace floe {

namespace {

/// Where a redirect leads, if it may be followed: the same scheme and host only.
std::string redirect_target(const HttpResponse& response, const std::string& url) {
  const std::string location = response.header("location");
  if (location.starts_with("/") && !location.starts_with("//")) return url_origin(url) + location;
  return url_origin(location) == url_origin(url) ? location : "";
}

Result<HttpResponse> send_following(HttpClient& client, const HttpRequest& request) {
  HttpRequest next = request;
  for (int hop = 0;; ++hop) {
    HttpResponse response = FLOE_TRY(client.send(next));
    const bool redirect = response.status >= 300 && response.status < 400 && request.body.empty();
    if (!redirect || hop >= request.max_redirects) return response;
    next.url = redirect_target(response, next.url);
    if (next.url.empty()) return response;
  }
}

/// What a Retry-After header asks for: a number of seconds or a date (RFC 9110 §10.2.3).
std::optional<std::chrono::milliseconds> asked_pause(const std::string& retry_after) {
  if (retry_after.empty()) return std::nullopt;
  const bool digits =
      retry_after.size() <= 6 && std::all_of(retry_after.begin(), retry_after.end(),
                                             [](char c) { return c >= '0' && c <= '9'; });
  if (digits) return std::chrono::milliseconds(std::stol(retry_after) * 1000);
  std::tm parts{};
  if (::strptime(retry_after.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr) {
    return std::nullopt;
  }
  const std::time_t seconds = ::timegm(&parts) - std::time(nullptr);
  return std::chrono::milliseconds(std::max<std::time_t>(0, seconds) * 1000);
}

}  // namespace

std::string HttpResponse::header(std::string_view name) const {
  for (auto it = headers.rbegin(); it != headers.rend(); ++it) {
    if (it->first == name) return it->second;
  }
  return "";
}

void pause_for(std::chrono::milliseconds time, const std::atomic<bool>* cancel) {
  constexpr std::chrono::milliseconds kStep{50};
  for (; time.count() > 0; time -= kStep) {
    if (cancel != nullptr && cancel->load()) return;
    std::this_thread::sleep_for(std::min(time, kStep));
  }
}

std::chrono::milliseconds retry_pause(int attempt, std::chrono::milliseconds first,
                                      std::chrono::milliseconds longest,
                                      const std::string& retry_after) {
  if (const auto asked = asked_pause(retry_after)) return std::min(longest, *asked);
  const long most = std::min<long>(longest.count(), first.count() << std::min(attempt, 10));
  static thread_local std::minstd_rand random{std::random_device{}()};
  return std::chrono::milliseconds(std::uniform_int_distribution<long>(most / 2, most)(random));
}

Result<HttpResponse> http_request(const HttpRequest& request) {
  HttpClient client;
  for (int attempt = 0;; ++attempt) {
    Result<HttpResponse> response = send_following(client, request);
    const bool cancelled = request.cancel != nullptr && request.cancel->load();
    const bool again = response ? is_transient(response->status)
                                : response.error().kind == ErrorKind::kEnvironment;
    if (!again || cancelled || attempt >= request.retries) return response;
    const std::string retry_after = response ? response->header("retry-after") : "";
    pause_for(retry_pause(attempt, request.first_pause, request.longest_pause, retry_after),
              request.cancel);
  }
}

bool is_transient(int status) { return status == 429 || status >= 500; }

std::string url_origin(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return "";
  const std::size_t end = std::min(url.find_first_of("/?#", scheme + 3), url.size());
  std::string_view host = url.substr(scheme + 3, end - scheme - 3);
  const std::size_t user = host.rfind('@');
  if (user != std::string_view::npos) host.remove_prefix(user + 1);
  return std::string(url.substr(0, scheme + 3)) + to_lower(host);
}

}  // namespace floe
