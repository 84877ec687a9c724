// SPDX-License-Identifier: Apache-2.0
// Help texts, made from the command table.
#pragma once

#include "cli/command.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::cli {

/// `floe help`: the commands by group, one line each.
std::string help_for_root(int width, bool color);
/// `floe COMMAND --help`.
std::string help_for(const Command& command, int width, bool color);
/// `floe platform --help`: the commands that begin with `group`.
std::string help_for_group(std::string_view group, int width, bool color);

/// docs/reference/commands.md: all commands with their options, as Markdown.
std::string reference_markdown();

/// A text that is about no command.
struct HelpTopic {
  std::string_view name;     // "exit-codes"
  std::string_view summary;  // one line
  std::string_view text;
};
const std::vector<HelpTopic>& help_topics();

/// "usage: floe platform publish VERSION [options]".
std::string usage_line(const Command& command);

/// The first words of all commands and the paths of all commands: for "did you mean".
std::vector<std::string> command_names();

/// The Error for words that name no command.
Error unknown_command(std::string_view words);

}  // namespace floe::cli
