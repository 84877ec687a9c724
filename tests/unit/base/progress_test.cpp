// SPDX-License-Identifier: Apache-2.0
#include "base/progress.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <unistd.h>

#include <atomic>
#include <string>

namespace floe {
namespace {

/// A pseudo-terminal of 60 by 10 characters; what is written to it is collected.
class Pty {
 public:
  Pty() {
    struct winsize size{};
    size.ws_col = 60;
    size.ws_row = 10;
    if (::openpty(&master_, &slave_, nullptr, nullptr, &size) != 0) std::abort();
    reader_ = std::jthread([this](const std::stop_token& stop) {
      char buffer[4096];
      while (true) {
        struct pollfd fd = {master_, POLLIN, 0};
        if (::poll(&fd, 1, 20) == 0) {
          if (stop.stop_requested()) return;
          continue;
        }
        const ssize_t got = ::read(master_, buffer, sizeof buffer);
        if (got <= 0) return;
        text_.append(buffer, static_cast<std::size_t>(got));
      }
    });
  }
  Pty(const Pty&) = delete;
  Pty& operator=(const Pty&) = delete;
  ~Pty() {
    ::close(slave_);
    ::close(master_);
  }
  int fd() const { return slave_; }
  std::string finish() {
    reader_.request_stop();
    reader_.join();
    return text_;
  }

 private:
  int master_ = -1;
  int slave_ = -1;
  std::string text_;
  std::jthread reader_;
};

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

TEST(Progress, DrawsRunningPiecesAndABarAndTakesThemAway) {
  Pty pty;
  {
    Progress progress({.live = true, .fd = pty.fd()});
    progress.set_total(3);
    progress.start("a", "model a");
    progress.start("b", "model b");
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
    progress.finish("a", "done a");
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    progress.finish("b", "done b");
  }
  const std::string text = pty.finish();
  EXPECT_NE(text.find("model a"), std::string::npos);
  EXPECT_NE(text.find("0/3"), std::string::npos);
  EXPECT_NE(text.find("1/3"), std::string::npos);
  EXPECT_EQ(occurrences(text, "done a"), 1u);
  EXPECT_EQ(occurrences(text, "done b"), 1u);
  EXPECT_EQ(occurrences(text, "\x1b[?25l"), 1u);
  EXPECT_TRUE(text.ends_with("\x1b[?25h")) << text;
  EXPECT_LE(occurrences(text, "/3"), 8u) << "redrawn more often than ten times a second";
}

TEST(Progress, NeverWritesLinesWiderThanTheTerminal) {
  Pty pty;
  {
    Progress progress({.live = true, .fd = pty.fd()});
    progress.set_total(100);
    for (int i = 0; i < 30; ++i) progress.start(std::to_string(i), std::string(200, 'x'));
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
  }
  const std::string text = pty.finish();
  EXPECT_EQ(text.find(std::string(60, 'x')), std::string::npos);
  EXPECT_NE(text.find("more"), std::string::npos);
}

TEST(Progress, WritesPlainLinesWithoutATerminal) {
  int fds[2];
  ASSERT_EQ(::pipe(fds), 0);
  {
    Progress progress({.fd = fds[1]});
    progress.set_total(1);
    progress.start("a", "model a");
    progress.finish("a", "done a");
    progress.print("the end");
  }
  ::close(fds[1]);
  char buffer[256];
  const ssize_t got = ::read(fds[0], buffer, sizeof buffer);
  ::close(fds[0]);
  EXPECT_EQ(std::string(buffer, static_cast<std::size_t>(got)), "done a\nthe end\n");
}

}  // namespace
}  // namespace floe
