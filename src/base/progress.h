// SPDX-License-Identifier: Apache-2.0
// Progress of parallel work on stderr: on a terminal a line for each running piece and a bar that
// are drawn over and over, elsewhere plain lines.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace floe {

struct ProgressOptions {
  bool live = false;  // draw and redraw; needs a terminal
  bool color = false;
  int fd = 2;
};

/// Shows what runs. All functions may be called from any thread. Lines given to it stay on the
/// screen, in order; the running pieces and the bar are below them and vanish with stop().
class Progress {
 public:
  explicit Progress(ProgressOptions options);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  /// How many pieces there are in all; 0 shows no bar.
  void set_total(std::size_t total);
  /// A piece begins; `label` is its live line.
  void start(std::string id, std::string label);
  /// A piece has ended; `line` says how ("" for nothing).
  void finish(const std::string& id, std::string_view line);
  /// A line that stays.
  void print(std::string_view line);
  /// Takes the live lines away while `write` writes to the same terminal by other ways.
  void write_through(const std::function<void()>& write);
  /// Takes the live lines away for good. Later lines are printed plainly.
  void stop();

 private:
  struct Piece {
    std::string id;
    std::string label;
    std::chrono::steady_clock::time_point began;
  };

  void redraw_loop(const std::stop_token& stop);
  void draw();               // mutex_ is held
  std::string live_lines();  // mutex_ is held
  void erase(std::string& out);
  void send(std::string_view bytes) const;

  const ProgressOptions options_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<Piece> running_;
  std::string pending_;    // lines that stay, not yet written
  std::size_t drawn_ = 0;  // live lines on the screen
  std::size_t total_ = 0;
  std::size_t done_ = 0;
  std::size_t frame_ = 0;
  bool live_;
  std::jthread drawer_;  // last: it ends before the rest goes away
};

}  // namespace floe
