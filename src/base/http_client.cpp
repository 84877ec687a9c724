// SPDX-License-Identifier: Apache-2.0
// One curl multi handle that the threads waiting for answers drive by turns: a thread that finds
// nobody driving drives until its own answer is there, then hands over. A lone request so costs no
// thread and no switch.
#include "base/curl_library.h"
#include "base/http.h"
#include "base/text.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <list>
#include <mutex>

namespace floe {

/// One request under way.
struct HttpExchange {
  const HttpRequest& request;
  HttpResponse response;
  int fd = -1;             // of request.file
  std::uint64_t sent = 0;  // bytes of it
  std::size_t header_bytes = 0;
  std::size_t body_bytes = 0;
  std::string refusal;  // why floe itself ended it
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  CURLcode code = CURLE_OK;
  bool done = false;
  std::condition_variable_any ready = {};  // done, or nobody drives
};

namespace {

using Exchange = HttpExchange;

constexpr std::size_t kMaxHeaders = 256 << 10;

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::size_t length = size * count;
  const int status = exchange.response.status;
  if (exchange.request.head_only) return 0;
  if (exchange.request.sink && (status == 200 || status == 206)) {
    if (exchange.request.sink(exchange.response, {bytes, length})) return length;
    exchange.refusal = "the answer was not wanted";
    return 0;
  }
  exchange.body_bytes += length;
  if (exchange.body_bytes > exchange.request.max_response) {
    exchange.refusal =
        fmt::format("the answer has more than {} bytes", exchange.request.max_response);
    return 0;
  }
  exchange.response.body.append(bytes, length);
  return length;
}

/// "HTTP/1.1 200 OK" → 200.
int status_of_line(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || space + 4 > line.size()) return 0;
  int status = 0;
  for (const char c : line.substr(space + 1, 3)) {
    if (c < '0' || c > '9') return 0;
    status = status * 10 + (c - '0');
  }
  return status;
}

std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line(bytes, size * count);
  exchange.header_bytes += line.size();
  if (exchange.header_bytes > kMaxHeaders) {
    exchange.refusal = "the answer has more headers than is allowed";
    return 0;
  }
  if (line.starts_with("HTTP/")) {
    exchange.response.headers.clear();  // of a 100
    exchange.response.status = status_of_line(line);
  }
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    exchange.response.headers.emplace_back(to_lower(trim(line.substr(0, colon))),
                                           std::string(trim(line.substr(colon + 1))));
  }
  return line.size();
}

std::size_t give_file(char* buffer, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const FileRange& file = *exchange.request.file;
  const std::uint64_t left = file.size - exchange.sent;
  const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, size * count));
  const ssize_t got =
      ::pread(exchange.fd, buffer, wanted, static_cast<off_t>(file.offset + exchange.sent));
  if (got < 0 || (got == 0 && wanted > 0)) {
    exchange.refusal = fmt::format("{} cannot be read", file.path.string());
    return CURL_READFUNC_ABORT;
  }
  exchange.sent += static_cast<std::uint64_t>(got);
  return static_cast<std::size_t>(got);
}

int seek_file(void* user, curl_off_t offset, int origin) {
  if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
  static_cast<Exchange*>(user)->sent = static_cast<std::uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

int check_cancel(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const std::atomic<bool>* cancel = static_cast<Exchange*>(user)->request.cancel;
  return cancel != nullptr && cancel->load() ? 1 : 0;
}

}  // namespace

class HttpClient::Transfers {
 public:
  explicit Transfers(HttpClientOptions options) : options_(std::move(options)) {}
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;
  ~Transfers() {
    for (CURL* easy : idle_) curl_->easy_cleanup(easy);
    if (multi_ != nullptr) curl_->multi_cleanup(multi_);
  }

  Result<HttpResponse> send(const HttpRequest& request) {
    Exchange exchange{request, {}, -1, 0, 0, 0, {}};
    if (request.file != nullptr) {
      exchange.fd = ::open(request.file->path.c_str(), O_RDONLY | O_CLOEXEC);
      if (exchange.fd < 0) {
        return fail(ErrorKind::kEnvironment,
                    fmt::format("{} cannot be read", request.file->path.string()));
      }
    }
    Status started = start(exchange);
    if (started) drive_until_done(exchange);
    if (exchange.fd >= 0) ::close(exchange.fd);
    if (!started) return tl::unexpected<Error>(std::move(started.error()));
    return outcome(exchange);
  }

 private:
  /// Loads the library at the first request and sets up a handle for this one.
  Status start(HttpExchange& exchange) {
    const std::lock_guard lock(mutex_);
    if (curl_ == nullptr) {
      const Result<CurlLibrary>& loaded = curl_library();
      if (!loaded) return tl::unexpected<Error>(loaded.error());
      curl_ = &*loaded;
    }
    if (multi_ == nullptr) {
      multi_ = curl_->multi_init();
      if (multi_ == nullptr) return fail(ErrorKind::kEnvironment, "libcurl makes no handle");
      curl_->multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, options_.max_connections);
      curl_->multi_setopt(multi_, CURLMOPT_MAXCONNECTS, options_.max_connections * 2);
    }
    if (idle_.empty()) {
      exchange.easy = curl_->easy_init();
    } else {
      exchange.easy = idle_.back();
      idle_.pop_back();
    }
    if (exchange.easy == nullptr) return fail(ErrorKind::kEnvironment, "libcurl makes no request");
    set_up(exchange);
    incoming_.push_back(&exchange);
    return {};
  }

  template <class T>
  void set(const Exchange& exchange, CURLoption option, T value) {
    curl_->easy_setopt(exchange.easy, option, value);
  }

  void set_up(Exchange& exchange) {
    const HttpRequest& request = exchange.request;
    const auto add_header = [&](const std::string& line) {
      exchange.headers = curl_->slist_append(exchange.headers, line.c_str());
    };
    for (const auto& [name, value] : request.headers) add_header(name + ": " + value);
    add_header("Expect:");  // no round trip before a body
    set(exchange, CURLOPT_URL, request.url.c_str());
    set(exchange, CURLOPT_PROTOCOLS_STR, "http,https");
    set(exchange, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    set_body(exchange);
    set(exchange, CURLOPT_HTTPHEADER, exchange.headers);
    set(exchange, CURLOPT_PRIVATE, static_cast<void*>(&exchange));
    set(exchange, CURLOPT_USERAGENT, "floe");
    set(exchange, CURLOPT_NOSIGNAL, 1L);
    set(exchange, CURLOPT_FOLLOWLOCATION, 0L);
    if (request.fresh_connection) set(exchange, CURLOPT_FRESH_CONNECT, 1L);
    if (request.url.starts_with("https:")) set(exchange, CURLOPT_PIPEWAIT, 1L);
    if (!options_.ca_file.empty()) set(exchange, CURLOPT_CAINFO, options_.ca_file.c_str());
    set(exchange, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
    set(exchange, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    if (request.stall_timeout.count() > 0) {
      set(exchange, CURLOPT_LOW_SPEED_LIMIT, 64L);  // bytes a second
      set(exchange, CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.stall_timeout.count()));
    }
    set(exchange, CURLOPT_WRITEFUNCTION, &take_body);
    set(exchange, CURLOPT_WRITEDATA, static_cast<void*>(&exchange));
    set(exchange, CURLOPT_HEADERFUNCTION, &take_header);
    set(exchange, CURLOPT_HEADERDATA, static_cast<void*>(&exchange));
    if (request.cancel != nullptr) {
      set(exchange, CURLOPT_XFERINFOFUNCTION, &check_cancel);
      set(exchange, CURLOPT_XFERINFODATA, static_cast<void*>(&exchange));
      set(exchange, CURLOPT_NOPROGRESS, 0L);
    }
  }

  void set_body(Exchange& exchange) {
    const HttpRequest& request = exchange.request;
    if (request.file != nullptr) {
      set(exchange, CURLOPT_UPLOAD, 1L);
      set(exchange, CURLOPT_READFUNCTION, &give_file);
      set(exchange, CURLOPT_READDATA, static_cast<void*>(&exchange));
      set(exchange, CURLOPT_SEEKFUNCTION, &seek_file);
      set(exchange, CURLOPT_SEEKDATA, static_cast<void*>(&exchange));
      set(exchange, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.file->size));
    } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
               request.method == "PATCH") {
      set(exchange, CURLOPT_POSTFIELDS, request.body.c_str());
      set(exchange, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    }
    if (request.method == "HEAD") set(exchange, CURLOPT_NOBODY, 1L);
  }

  void drive_until_done(Exchange& exchange) {
    std::unique_lock lock(mutex_);
    if (driven_) curl_->multi_wakeup(multi_);
    while (!exchange.done) {
      if (driven_) {
        exchange.ready.wait(lock);
        continue;
      }
      driven_ = true;
      while (!exchange.done) turn(lock);
      driven_ = false;
      // Of those who still wait, one must drive on.
      if (!running_.empty()) running_.front()->ready.notify_one();
      else if (!incoming_.empty()) incoming_.front()->ready.notify_one();
    }
  }

  /// Lets curl work once, and waits if that finished nothing.
  void turn(std::unique_lock<std::mutex>& lock) {
    for (Exchange* exchange : incoming_) {
      running_.push_back(exchange);
      curl_->multi_add_handle(multi_, exchange->easy);
    }
    incoming_.clear();
    lock.unlock();
    int active = 0;
    curl_->multi_perform(multi_, &active);
    lock.lock();
    if (collect() || !incoming_.empty()) return;
    lock.unlock();
    curl_->multi_poll(multi_, nullptr, 0, 1000, nullptr);
    lock.lock();
  }

  /// Takes what has ended off the multi handle.
  bool collect() {
    bool any = false;
    int left = 0;
    while (const CURLMsg* message = curl_->multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const auto ended = std::find_if(running_.begin(), running_.end(), [&](const Exchange* each) {
        return each->easy == message->easy_handle;
      });
      if (ended == running_.end()) continue;
      Exchange& exchange = **ended;
      exchange.code = message->data.result;  // the message dies with the next call
      running_.erase(ended);
      release(exchange);
      exchange.done = true;
      exchange.ready.notify_one();
      any = true;
    }
    return any;
  }

  void release(Exchange& exchange) {
    curl_->multi_remove_handle(multi_, exchange.easy);
    curl_->easy_reset(exchange.easy);
    idle_.push_back(exchange.easy);
    curl_->slist_free_all(exchange.headers);
  }

  Result<HttpResponse> outcome(Exchange& exchange) const {
    const std::string host = url_origin(exchange.request.url);
    if (exchange.code == CURLE_ABORTED_BY_CALLBACK && exchange.refusal.empty()) {
      return fail(ErrorKind::kInterrupted, "the request was stopped");
    }
    if (exchange.request.head_only && exchange.refusal.empty() && exchange.response.status >= 200) {
      return std::move(exchange.response);
    }
    if (!exchange.refusal.empty()) {
      return fail(ErrorKind::kEnvironment, fmt::format("{}: {}", host, exchange.refusal),
                  "it is not what a server of this kind answers: check the address");
    }
    if (exchange.code == CURLE_OK) return std::move(exchange.response);
    std::string message = fmt::format("{}: {}", host, curl_->easy_strerror(exchange.code));
    switch (exchange.code) {
      case CURLE_PEER_FAILED_VERIFICATION:
        return fail(ErrorKind::kSecurity, std::move(message),
                    "the server's certificate is signed by nobody this machine trusts: name the "
                    "right certificate authority's file, or ask the server's operators");
      case CURLE_SSL_CACERT_BADFILE:
        return fail(ErrorKind::kUsage, std::move(message),
                    "the file of certificates that was named is missing or not in PEM format");
      case CURLE_SSL_CONNECT_ERROR:
        return fail(ErrorKind::kEnvironment, std::move(message),
                    "no encrypted connection came about: is it an https server?");
      default: return fail(ErrorKind::kEnvironment, std::move(message), "check the network");
    }
  }

  HttpClientOptions options_;
  const CurlLibrary* curl_ = nullptr;
  std::mutex mutex_;
  CURLM* multi_ = nullptr;
  std::vector<CURL*> idle_;
  std::vector<HttpExchange*> incoming_;  // not yet given to curl
  std::list<HttpExchange*> running_;
  bool driven_ = false;
};

HttpClient::HttpClient(HttpClientOptions options)
    : transfers_(std::make_unique<Transfers>(std::move(options))) {}

HttpClient::~HttpClient() = default;

Result<HttpResponse> HttpClient::send(const HttpRequest& request) {
  if (!request.url.starts_with("http://") && !request.url.starts_with("https://")) {
    return fail(ErrorKind::kUsage, "a URL must begin with http:// or https://");
  }
  return transfers_->send(request);
}

}  // namespace floe
