// SPDX-License-Identifier: Apache-2.0
#include "base/http.h"

#include "base/text.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <random>
#include <thread>

// curl.h defines these as type-checking macros; here they are members of a table.
#undef curl_easy_setopt
#undef curl_easy_getinfo

namespace floe {

namespace {

/// The functions of libcurl that floe calls.
struct CurlLibrary {
  decltype(&::curl_global_init) global_init;
  decltype(&::curl_easy_init) easy_init;
  decltype(&::curl_easy_cleanup) easy_cleanup;
  decltype(&::curl_easy_setopt) easy_setopt;
  decltype(&::curl_easy_getinfo) easy_getinfo;
  decltype(&::curl_easy_perform) easy_perform;
  decltype(&::curl_easy_strerror) easy_strerror;
  decltype(&::curl_slist_append) slist_append;
  decltype(&::curl_slist_free_all) slist_free_all;
};

template <class Function>
bool load_function(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

Result<CurlLibrary> load_curl() {
  void* library = nullptr;
  for (const char* name : {"libcurl.so.4", "libcurl-gnutls.so.4"}) {
    if (library == nullptr) library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
  }
  CurlLibrary curl{};
  const bool complete = library != nullptr &&
                        load_function(library, "curl_global_init", curl.global_init) &&
                        load_function(library, "curl_easy_init", curl.easy_init) &&
                        load_function(library, "curl_easy_cleanup", curl.easy_cleanup) &&
                        load_function(library, "curl_easy_setopt", curl.easy_setopt) &&
                        load_function(library, "curl_easy_getinfo", curl.easy_getinfo) &&
                        load_function(library, "curl_easy_perform", curl.easy_perform) &&
                        load_function(library, "curl_easy_strerror", curl.easy_strerror) &&
                        load_function(library, "curl_slist_append", curl.slist_append) &&
                        load_function(library, "curl_slist_free_all", curl.slist_free_all);
  if (!complete) {
    return fail(ErrorKind::kEnvironment, "cannot load libcurl.so.4",
                "install libcurl (Debian: apt-get install libcurl4)");
  }
  if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return fail(ErrorKind::kEnvironment, "libcurl cannot be initialised");
  }
  return curl;
}

const Result<CurlLibrary>& curl_library() {
  static const Result<CurlLibrary> library = load_curl();
  return library;
}

/// What the callbacks of one attempt share.
struct Transfer {
  const HttpRequest& request;
  HttpResponse response;
  bool too_large = false;
};

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.response.body.size() + size * count > transfer.request.max_response) {
    transfer.too_large = true;
    return 0;
  }
  transfer.response.body.append(bytes, size * count);
  return size * count;
}

std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line(bytes, size * count);
  if (line.starts_with("HTTP/")) transfer.response.headers.clear();  // of a 100 or a redirect
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    transfer.response.headers.emplace_back(to_lower(trim(line.substr(0, colon))),
                                           std::string(trim(line.substr(colon + 1))));
  }
  return size * count;
}

int check_cancel(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const std::atomic<bool>* cancel = static_cast<Transfer*>(user)->request.cancel;
  return cancel != nullptr && cancel->load() ? 1 : 0;
}

/// One attempt: sends `request` to `url`.
Result<HttpResponse> send_once(const CurlLibrary& curl, const HttpRequest& request,
                               const std::string& url) {
  const std::unique_ptr<CURL, decltype(curl.easy_cleanup)> handle(curl.easy_init(),
                                                                  curl.easy_cleanup);
  if (!handle) return fail(ErrorKind::kEnvironment, "libcurl cannot make a request");
  Transfer transfer{request, {}, false};
  std::unique_ptr<curl_slist, decltype(curl.slist_free_all)> headers(nullptr, curl.slist_free_all);
  const auto add_header = [&](const std::string& line) {
    headers.reset(curl.slist_append(headers.release(), line.c_str()));
  };
  for (const auto& [name, value] : request.headers) add_header(name + ": " + value);
  add_header("Expect:");  // no round trip before a body
  const auto set = [&](CURLoption option, auto value) {
    curl.easy_setopt(handle.get(), option, value);
  };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    set(CURLOPT_POSTFIELDS, request.body.c_str());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  if (request.method == "HEAD") set(CURLOPT_NOBODY, 1L);
  set(CURLOPT_HTTPHEADER, headers.get());
  set(CURLOPT_USERAGENT, "floe");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  set(CURLOPT_WRITEFUNCTION, &take_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
  set(CURLOPT_HEADERFUNCTION, &take_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
  set(CURLOPT_XFERINFOFUNCTION, &check_cancel);
  set(CURLOPT_XFERINFODATA, static_cast<void*>(&transfer));
  set(CURLOPT_NOPROGRESS, 0L);
  const CURLcode code = curl.easy_perform(handle.get());
  if (code == CURLE_ABORTED_BY_CALLBACK) {
    return fail(ErrorKind::kInterrupted, "the request was stopped");
  }
  if (transfer.too_large) {
    return fail(ErrorKind::kEnvironment, fmt::format("{} answers more than {} bytes",
                                                     url_origin(url), request.max_response));
  }
  if (code != CURLE_OK) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("{}: {}", url_origin(url), curl.easy_strerror(code)));
  }
  long status = 0;
  curl.easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  transfer.response.status = static_cast<int>(status);
  return std::move(transfer.response);
}

/// Where a redirect leads, if it may be followed: the same scheme and host only.
std::string redirect_target(const HttpResponse& response, const std::string& url) {
  const std::string location = response.header("location");
  if (location.starts_with("/") && !location.starts_with("//")) return url_origin(url) + location;
  return url_origin(location) == url_origin(url) ? location : "";
}

Result<HttpResponse> send_following(const CurlLibrary& curl, const HttpRequest& request) {
  std::string url = request.url;
  for (int hop = 0;; ++hop) {
    HttpResponse response = FLOE_TRY(send_once(curl, request, url));
    const bool redirect = response.status >= 300 && response.status < 400 && request.body.empty();
    if (!redirect || hop >= request.max_redirects) return response;
    url = redirect_target(response, url);
    if (url.empty()) return response;
  }
}

/// Sleeps in small steps so that Ctrl-C is answered.
void pause_for(std::chrono::milliseconds time, const std::atomic<bool>* cancel) {
  constexpr std::chrono::milliseconds kStep{50};
  for (; time.count() > 0; time -= kStep) {
    if (cancel != nullptr && cancel->load()) return;
    std::this_thread::sleep_for(std::min(time, kStep));
  }
}

/// The pause before the next attempt: doubled each time, with full jitter; Retry-After wins.
std::chrono::milliseconds retry_pause(const HttpRequest& request, int attempt,
                                      const std::string& retry_after) {
  constexpr long kLongest = 30'000;
  const bool digits = !retry_after.empty() && retry_after.size() <= 4 &&
                      std::all_of(retry_after.begin(), retry_after.end(),
                                  [](char c) { return c >= '0' && c <= '9'; });
  if (digits) {
    return std::chrono::milliseconds(std::min(kLongest, std::stol(retry_after) * 1000));
  }
  const long most = std::min<long>(kLongest, request.first_pause.count() << std::min(attempt, 10));
  static thread_local std::minstd_rand random{std::random_device{}()};
  return std::chrono::milliseconds(std::uniform_int_distribution<long>(most / 2, most)(random));
}

}  // namespace

std::string HttpResponse::header(std::string_view name) const {
  for (auto it = headers.rbegin(); it != headers.rend(); ++it) {
    if (it->first == name) return it->second;
  }
  return "";
}

Result<HttpResponse> http_request(const HttpRequest& request) {
  if (!request.url.starts_with("http://") && !request.url.starts_with("https://")) {
    return fail(ErrorKind::kUsage, "a URL must begin with http:// or https://");
  }
  const Result<CurlLibrary>& curl = curl_library();
  if (!curl) return tl::unexpected<Error>(curl.error());
  for (int attempt = 0;; ++attempt) {
    Result<HttpResponse> response = send_following(*curl, request);
    const bool cancelled = request.cancel != nullptr && request.cancel->load();
    const bool again = response ? response->status == 429 || response->status >= 500
                                : response.error().kind == ErrorKind::kEnvironment;
    if (!again || cancelled || attempt >= request.retries) return response;
    pause_for(retry_pause(request, attempt, response ? response->header("retry-after") : ""),
              request.cancel);
  }
}

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
