// SPDX-License-Identifier: Apache-2.0
#include "core/oci/session.h"

#include "base/text.h"
#include "core/oci/url.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::oci {

namespace {

constexpr std::chrono::milliseconds kFirstPause{250};
constexpr std::chrono::milliseconds kLongestPause{30'000};
constexpr int kMaxRedirects = 8;

/// Where the API of a host is: Docker Hub answers under another name than it is written with.
std::string api_host(const std::string& host) {
  return host == "docker.io" || host == "index.docker.io" ? "registry-1.docker.io" : host;
}

std::string base_url_of(const std::string& host, const std::string& repository,
                        const ClientSettings& settings) {
  const bool plain = settings.plain_http || (is_loopback(host) && !settings.loopback_tls);
  return fmt::format("{}://{}/v2/{}/", plain ? "http" : "https", api_host(host), repository);
}

/// What a registry says about an error, fit for a terminal (distribution-spec 1.1 §"Error Codes").
std::string quoted_error(const std::string& body) {
  const auto document = value::read_json(body.substr(0, 64 << 10));
  const value::Value* errors = document ? document->find("errors") : nullptr;
  if (errors == nullptr || !errors->is_list() || errors->size() == 0) return "";
  std::string out;
  for (const char* key : {"code", "message"}) {
    const value::Value* text = errors->as_list()[0].find(key);
    if (text == nullptr || !text->is_string()) continue;
    out += (out.empty() ? "" : ": ") + text->as_string().substr(0, 160);
  }
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return find_invalid_utf8(out) == std::string_view::npos ? out : "";
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

Session::Session(std::string host, std::string repository, std::string actions,
                 ClientSettings settings)
    : settings_(std::move(settings)),
      host_(std::move(host)),
      base_url_(base_url_of(host_, repository, settings_)),
      client_({settings_.ca_file.string(), static_cast<long>(settings_.parallel)}),
      authorizer_(host_, std::move(repository), base_url_, std::move(actions), settings_, client_) {
}

bool Session::cancelled() const { return settings_.cancel != nullptr && settings_.cancel->load(); }

void Session::pause(int attempt, const std::string& retry_after) {
  const auto time = retry_pause(attempt, kFirstPause, kLongestPause, retry_after);
  const double scaled = static_cast<double>(time.count()) * settings_.pause_scale;
  pause_for(std::chrono::milliseconds(static_cast<long>(scaled)), settings_.cancel);
}

Result<HttpResponse> Session::send(const RegistryRequest& request) {
  if (settings_.offline) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("{} would have to be asked, and network calls are forbidden", host_),
                "leave out --offline (FLOE_OFFLINE), or lock and pull the version first");
  }
  for (int attempt = 0;; ++attempt) {
    bool is_final = false;
    Result<HttpResponse> response = send_along(request, is_final);
    const bool again = response ? is_transient(response->status)
                                : response.error().kind == ErrorKind::kEnvironment;
    const int attempts = request.retry ? kAttempts : 1;
    if (!again || is_final || cancelled() || attempt + 1 >= attempts) return response;
    pause(attempt, response ? response->header("retry-after") : "");
  }
}

Result<HttpResponse> Session::send_along(const RegistryRequest& request, bool& is_final) {
  std::string url = contains(request.url, "://") ? request.url : base_url_ + request.url;
  for (int hop = 0;; ++hop) {
    HttpResponse response = FLOE_TRY(send_authorized(request, url, is_final));
    if (!is_redirect(response.status) || response.header("location").empty()) return response;
    if (hop >= kMaxRedirects) {
      return fail(ErrorKind::kSecurity,
                  fmt::format("{} redirects in a circle, or too often", url_origin(base_url_)),
                  "ask the registry's operators");
    }
    url = FLOE_TRY(redirect_of(response, url));
  }
}

Result<std::string> Session::redirect_of(const HttpResponse& response,
                                         const std::string& url) const {
  std::string to = join_url(url, response.header("location"));
  const UrlParts parts = split_url(to);
  if (parts.valid && (parts.https || url.starts_with("http://"))) return to;
  return fail(ErrorKind::kSecurity,
              fmt::format("{} redirects to an address that is not encrypted or no web address",
                          url_origin(url)),
              "ask the registry's operators");
}

/// `is_final`: the trouble is with the login, which has had its own retries.
Result<HttpResponse> Session::send_authorized(const RegistryRequest& request,
                                              const std::string& url, bool& is_final) {
  HttpRequest http;
  http.method = request.method;
  http.url = url;
  http.body = request.body;
  http.file = request.file;
  http.max_response = request.max_response;
  http.timeout = request.timeout;
  http.connect_timeout = std::chrono::seconds(10);
  http.stall_timeout = settings_.stall_timeout;
  http.sink = request.sink;
  http.cancel = settings_.cancel;
  http.fresh_connection = request.fresh_connection;
  const bool own = same_origin(url, base_url_);
  constexpr int kRenewals = 3;  // no login yet, one with too few rights, one that expires just now
  for (int renewal = 0;; ++renewal) {
    http.headers = request.headers;
    const std::string authorization = own ? authorizer_.header() : "";
    if (!authorization.empty()) http.headers.emplace_back("Authorization", authorization);
    const auto start = std::chrono::steady_clock::now();
    HttpResponse response = FLOE_TRY(client_.send(http));
    const auto taken = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - start);
    if (taken.count() < quickest_ms_.load()) quickest_ms_.store(taken.count());
    if (response.status != 401 || !own || renewal >= kRenewals) return response;
    is_final = true;
    FLOE_CHECK(authorizer_.renew(response, authorization));
    is_final = false;
  }
}

tl::unexpected<Error> Session::unexpected_status(std::string_view what,
                                                 const HttpResponse& response) {
  const std::string said = authorizer_.redacted(quoted_error(response.body));
  std::string message = fmt::format("{}: {} answers {}", what, host_, response.status);
  if (!said.empty()) message += fmt::format(" ({})", said);
  std::string hint = "ask the registry's operators";
  if (response.status == 401 || response.status == 403) {
    hint =
        fmt::format("check the credentials and their rights; `docker login {}` renews them", host_);
  } else if (response.status == 429) {
    hint = "the registry limits how often it is asked: wait, or log in";
  } else if (response.status >= 500) {
    hint = "the registry has trouble: try again later";
  } else if (response.status == 404) {
    hint = "check the name of the repository, and that the login may read it";
  }
  return fail(ErrorKind::kEnvironment, std::move(message), std::move(hint));
}

}  // namespace floe::oci
