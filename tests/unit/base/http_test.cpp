// SPDX-License-Identifier: Apache-2.0
#include "base/http.h"

#include "base/threads.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

namespace floe {
namespace {

/// Answers one connection after the other on a port of its own, each with the next text.
class TestServer {
 public:
  explicit TestServer(std::vector<std::string> answers) : answers_(std::move(answers)) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(socket_, 8) != 0 ||
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      std::abort();
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { serve(); });
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;
  ~TestServer() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }

  std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  /// What was asked; look at it when the requests are done.
  const std::vector<std::string>& requests() const { return requests_; }

 private:
  void serve() {
    for (const std::string& answer : answers_) {
      const int connection = ::accept(socket_, nullptr, nullptr);
      if (connection < 0) return;
      std::string request;
      char buffer[4096];
      while (request.find("\r\n\r\n") == std::string::npos || !whole(request)) {
        const ssize_t got = ::read(connection, buffer, sizeof buffer);
        if (got <= 0) break;
        request.append(buffer, static_cast<std::size_t>(got));
      }
      requests_.push_back(request);
      ::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
      ::close(connection);
    }
  }

  static bool whole(const std::string& request) {
    const std::size_t at = request.find("Content-Length: ");
    if (at == std::string::npos) return true;
    const std::size_t body = request.find("\r\n\r\n") + 4;
    return request.size() - body >= std::stoul(request.substr(at + 16));
  }

  int socket_ = -1;
  int port_ = 0;
  std::vector<std::string> answers_;
  std::vector<std::string> requests_;
  std::jthread thread_;
};

std::string answer(const std::string& status, const std::string& headers, const std::string& body) {
  return "HTTP/1.1 " + status +
         "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         headers + "\r\n" + body;
}

HttpRequest quick(const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.first_pause = std::chrono::milliseconds(1);
  request.timeout = std::chrono::seconds(5);
  return request;
}

TEST(Http, PostsABodyAndReadsTheAnswer) {
  TestServer server({answer("200 OK", "X-Token: a\r\n", "fine")});
  HttpRequest request = quick(server.url("/hook?key=1"));
  request.method = "POST";
  request.headers = {{"Content-Type", "application/json"}};
  request.body = "{\"a\":1}";
  const auto response = http_request(request);
  ASSERT_TRUE(response) << describe(response.error());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "fine");
  EXPECT_EQ(response->header("x-token"), "a");
  EXPECT_TRUE(server.requests().at(0).starts_with("POST /hook?key=1 "));
  EXPECT_TRUE(server.requests().at(0).ends_with("{\"a\":1}"));
}

TEST(Http, TriesAgainWhenAServerIsBusy) {
  TestServer server({answer("503 Busy", "", ""), answer("429 Slow down", "Retry-After: 0\r\n", ""),
                     answer("200 OK", "", "at last")});
  const auto response = http_request(quick(server.url()));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "at last");
  EXPECT_EQ(server.requests().size(), 3u);
}

TEST(Http, GivesUpAfterItsRetries) {
  TestServer server({answer("500 No", "", ""), answer("500 No", "", ""), answer("200 OK", "", "")});
  HttpRequest request = quick(server.url());
  request.retries = 1;
  const auto response = http_request(request);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 500);
}

TEST(Http, FollowsRedirectsOnTheSameHostOnly) {
  TestServer other({answer("200 OK", "", "other")});
  TestServer server({answer("302 Found", "Location: /there\r\n", ""), answer("200 OK", "", "there"),
                     answer("302 Found", "Location: " + other.url() + "\r\n", "")});
  HttpRequest request = quick(server.url());
  request.max_redirects = 3;
  EXPECT_EQ(http_request(request)->body, "there");
  EXPECT_EQ(http_request(request)->status, 302);
}

TEST(Http, RefusesAnswersThatAreTooLarge) {
  TestServer server({answer("200 OK", "", std::string(5000, 'x'))});
  HttpRequest request = quick(server.url());
  request.max_response = 1000;
  request.retries = 0;
  EXPECT_FALSE(http_request(request));
}

TEST(Http, ErrorsNeverHoldTheWholeUrl) {
  HttpRequest request = quick("http://user:password@127.0.0.1:1/secret-token");
  request.retries = 0;
  const auto response = http_request(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kEnvironment);
  EXPECT_EQ(describe(response.error()).find("secret"), std::string::npos);
  EXPECT_EQ(describe(response.error()).find("password"), std::string::npos);
  EXPECT_FALSE(http_request(quick("file:///etc/passwd")));
}

TEST(Http, OriginsOfUrls) {
  EXPECT_EQ(url_origin("https://Hooks.Example.com/T0/B0"), "https://hooks.example.com");
  EXPECT_EQ(url_origin("http://u:p@h:80?x"), "http://h:80");
  EXPECT_EQ(url_origin("nothing"), "");
}

TEST(HttpClient, ServesManyThreadsOverFewConnections) {
  constexpr std::size_t kRequests = 40;
  TestServer server(std::vector<std::string>(kRequests, answer("200 OK", "", "fine")));
  HttpClient client({"", 4});
  std::atomic<int> fine = 0;
  parallel_for(kRequests, 8, [&](std::size_t i) {
    HttpRequest request = quick(server.url("/" + std::to_string(i)));
    const auto response = client.send(request);
    if (response && response->body == "fine") ++fine;
  });
  EXPECT_EQ(fine, static_cast<int>(kRequests));
}

TEST(HttpClient, GivesBodiesOfAnySizeToTheSinkAndErrorsToTheCaller) {
  TestServer server({answer("200 OK", "X-Part: 1\r\n", std::string(100'000, 'x')),
                     answer("404 Not Found", "", "nothing here")});
  HttpClient client;
  std::size_t taken = 0;
  HttpRequest request = quick(server.url());
  request.max_response = 1000;
  request.sink = [&](const HttpResponse& head, std::string_view piece) {
    EXPECT_EQ(head.header("x-part"), "1");
    taken += piece.size();
    return true;
  };
  EXPECT_TRUE(client.send(request));
  EXPECT_EQ(taken, 100'000u);
  EXPECT_EQ(client.send(request)->body, "nothing here");
}

TEST(Http, WaitsAsLongAsItIsAsked) {
  using std::chrono::milliseconds;
  const milliseconds longest(30'000);
  EXPECT_EQ(retry_pause(0, milliseconds(250), longest, "7"), milliseconds(7000));
  EXPECT_EQ(retry_pause(0, milliseconds(250), longest, "999999"), longest);
  EXPECT_EQ(retry_pause(0, milliseconds(250), longest, "Thu, 01 Jan 1970 00:00:00 GMT"),
            milliseconds(0));
  for (int attempt = 0; attempt < 20; ++attempt) {
    const milliseconds pause = retry_pause(attempt, milliseconds(250), longest, "soon");
    EXPECT_GE(pause, milliseconds(125));
    EXPECT_LE(pause, longest);
  }
}

}  // namespace
}  // namespace floe
