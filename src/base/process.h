// SPDX-License-Identifier: Apache-2.0
// Runs another program and collects what it prints.
#pragma once

#include "base/files.h"
#include "base/result.h"

#include <chrono>
#include <string>
#include <vector>

namespace floe {

struct ProcessOptions {
  fs::path folder;  // working folder; "" = the current one
  std::chrono::milliseconds timeout{30'000};
  std::size_t max_output = 16 << 20;  // of each stream, bytes
};

struct ProcessOutput {
  int exit_code = 0;  // 128 + signal if it was killed
  std::string out;
  std::string err;
};

/// Runs arguments[0], looked up in PATH, without a shell and without input. A program that fails
/// is no error: look at exit_code. kEnvironment if it cannot be started, takes longer than the
/// timeout (it is killed then) or prints more than max_output.
Result<ProcessOutput> run_process(const std::vector<std::string>& arguments,
                                  const ProcessOptions& options = {});

}  // namespace floe
