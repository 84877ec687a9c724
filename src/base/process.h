// SPDX-License-Identifier: Apache-2.0
// Running other programs, without a shell, with captured output and a time limit.
#pragma once

#include "base/files.h"
#include "base/result.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe {

struct ProcessOptions {
  fs::path folder;                                      // working folder; "" = the current one
  std::chrono::milliseconds timeout{30'000};            // 0: none
  std::size_t max_output = 16 << 20;                    // of each captured stream, bytes
  std::string input;                                    // written to its stdin
  std::map<std::string, std::string> environment = {};  // on top of floe's own
  bool pass_stderr = false;                             // stderr goes where floe's goes
  std::function<void(std::string_view)> on_output = nullptr;  // stdout as it comes, not captured
  const std::atomic<bool>* cancel = nullptr;                  // ends the program once it is true
};

struct ProcessOutput {
  int exit_code = 0;  // 128 + signal if it was killed
  std::string out;
  std::string err;
};

/// Runs arguments[0], looked up in PATH unless it holds a '/', without a shell. A program that
/// fails is no error: look at exit_code. kEnvironment if it cannot be started, takes longer than
/// the timeout or prints more than max_output; kInterrupted if it was cancelled. Then it is ended:
/// SIGTERM first, SIGKILL after 2 s.
Result<ProcessOutput> run_process(const std::vector<std::string>& arguments,
                                  const ProcessOptions& options = {});

/// The executable that `name` means on PATH.
std::optional<fs::path> find_program(std::string_view name);

}  // namespace floe
