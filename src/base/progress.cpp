// SPDX-License-Identifier: Apache-2.0
#include "base/progress.h"

#include "base/term.h"
#include "base/text.h"
#include "base/time.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace floe {

namespace {

constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::size_t kBarWidth = 24;
constexpr std::size_t kMostPieces = 12;
constexpr std::string_view kHideCursor = "\x1b[?25l";
constexpr std::string_view kShowCursor = "\x1b[?25h";

std::size_t terminal_height(int fd) {
  struct winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return 24;
  return size.ws_row;
}

double seconds_since(std::chrono::steady_clock::time_point time) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - time).count();
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

Progress::Progress(ProgressOptions options) : options_(options), live_(options.live) {
  if (!live_) return;
  send(kHideCursor);
  drawer_ = std::jthread([this](const std::stop_token& stop) { redraw_loop(stop); });
}

Progress::~Progress() { stop(); }

void Progress::stop() {
  if (drawer_.joinable()) {
    drawer_.request_stop();
    drawer_.join();
  }
  const std::scoped_lock lock(mutex_);
  if (!live_) return;
  std::string out;
  erase(out);
  out += pending_;
  out += kShowCursor;
  pending_.clear();
  live_ = false;
  send(out);
}

void Progress::set_total(std::size_t total) {
  const std::scoped_lock lock(mutex_);
  total_ = total;
}

void Progress::start(std::string id, std::string label) {
  const std::scoped_lock lock(mutex_);
  running_.push_back({std::move(id), printable(label), std::chrono::steady_clock::now()});
}

void Progress::finish(const std::string& id, std::string_view line) {
  {
    const std::scoped_lock lock(mutex_);
    const auto it = std::find_if(running_.begin(), running_.end(),
                                 [&](const Piece& piece) { return piece.id == id; });
    if (it != running_.end()) running_.erase(it);
    ++done_;
  }
  if (!line.empty()) print(line);
}

void Progress::print(std::string_view line) {
  const std::scoped_lock lock(mutex_);
  pending_.append(line).append("\n");
  if (live_) return;  // the drawer writes it within a tenth of a second
  send(pending_);
  pending_.clear();
}

void Progress::write_through(const std::function<void()>& write) {
  const std::scoped_lock lock(mutex_);
  if (live_) {
    std::string out;
    erase(out);
    out += pending_;
    pending_.clear();
    send(out);
  }
  write();
}

void Progress::redraw_loop(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    draw();
    wake_.wait_for(lock, stop, kRedraw, [] { return false; });
  }
}

void Progress::erase(std::string& out) {
  if (drawn_ > 0) out += fmt::format("\x1b[{}A\r\x1b[J", drawn_);
  drawn_ = 0;
}

void Progress::draw() {
  std::string out;
  erase(out);
  out += pending_;
  pending_.clear();
  out += live_lines();
  ++frame_;
  send(out);
}

std::string Progress::live_lines() {
  // One column stays free: a full line would move the cursor on in some terminals.
  const auto width = static_cast<std::size_t>(terminal_width(options_.fd)) - 1;
  const std::size_t room = std::max<std::size_t>(4, terminal_height(options_.fd)) - 3;
  const std::size_t shown = std::min({running_.size(), room, kMostPieces});
  static constexpr std::string_view kFrames[] = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
  std::string out;
  for (std::size_t i = 0; i < shown; ++i) {
    const Piece& piece = running_[i];
    const std::string time = duration_text(seconds_since(piece.began));
    const std::string label = fit(piece.label, width - std::min(width, time.size() + 7));
    out += "  " + styled(kFrames[frame_ % std::size(kFrames)], Style::kCyan, options_.color);
    out += " " + label + "  " + styled(time, Style::kDim, options_.color) + "\n";
    ++drawn_;
  }
  if (running_.size() > shown) {
    out += fmt::format("  … and {} more\n", running_.size() - shown);
    ++drawn_;
  }
  if (total_ > 0) {
    const std::size_t filled = std::min(done_, total_) * kBarWidth / total_;
    const std::string bar = styled(repeated("█", filled), Style::kGreen, options_.color) +
                            styled(repeated("░", kBarWidth - filled), Style::kDim, options_.color);
    const std::string counts =
        fmt::format("{}/{}  {}", done_, total_, duration_text(seconds_since(began_)));
    out += width > kBarWidth + counts.size() + 4 ? "  " + bar + "  " : "  ";
    out += fit(counts, width - 2) + "\n";
    ++drawn_;
  }
  return out;
}

void Progress::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t written = ::write(options_.fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nobody reads: progress is not worth failing for
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace floe
