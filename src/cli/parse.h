// SPDX-License-Identifier: Apache-2.0
// Finding the command that a command line means, and reading its arguments (see command.h).
#pragma once

#include "cli/command.h"

#include <string>
#include <string_view>
#include <vector>

namespace floe::cli {

/// The global options in front of the command, and the index of the first argument behind them.
struct LeadingOptions {
  Args args;
  std::size_t next = 0;
};
Result<LeadingOptions> parse_leading_options(const std::vector<std::string>& arguments);

/// Which command the words from `at` on name. No command: `group` is set if they begin with the
/// name of a group of commands ("platform").
struct FoundCommand {
  const Command* command = nullptr;
  std::size_t words = 0;  // how many arguments the command's path took
  std::string group;
};
FoundCommand find_command(const std::vector<std::string>& arguments, std::size_t at);

/// Whether commands of the form "WORD …" exist.
bool is_group(std::string_view word);

/// Whether --help or -h stands in front of a "--".
bool asks_for_help(const std::vector<std::string>& arguments);

}  // namespace floe::cli
