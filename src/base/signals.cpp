// SPDX-License-Identifier: Apache-2.0
#include "base/signals.h"

#include <unistd.h>

#include <csignal>
#include <string_view>

namespace floe {

namespace {

std::atomic<bool> cancel_requested = false;
static_assert(std::atomic<bool>::is_always_lock_free);

struct sigaction previous_int{};
struct sigaction previous_term{};

constexpr int kExitInterrupted = 130;

void on_cancel_signal(int) {
  if (!cancel_requested.exchange(true)) return;
  // Only async-signal-safe calls from here on. Progress lines may have hidden the cursor.
  if (::isatty(STDERR_FILENO) == 1) {
    static constexpr std::string_view kRestore = "\r\x1b[J\x1b[?25h\x1b[0m";
    [[maybe_unused]] const ssize_t written =
        ::write(STDERR_FILENO, kRestore.data(), kRestore.size());
  }
  _exit(kExitInterrupted);
}

}  // namespace

Cancellation::Cancellation() {
  cancel_requested = false;
  struct sigaction action{};
  action.sa_handler = on_cancel_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, &previous_int);
  ::sigaction(SIGTERM, &action, &previous_term);
}

Cancellation::~Cancellation() {
  ::sigaction(SIGINT, &previous_int, nullptr);
  ::sigaction(SIGTERM, &previous_term, nullptr);
}

std::atomic<bool>& Cancellation::flag() { return cancel_requested; }

}  // namespace floe
