// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include "base/text.h"
#include "cli/command.h"
#include "cli/parse.h"
#include "cli/report.h"

namespace floe::cli {

namespace {

int run_help(const Args& args) {
  const Output output = output_of(args);
  const std::vector<std::string>& words = args.positionals();
  if (args.value_or("format", "text") == "markdown") {
    print(reference_markdown());
    return 0;
  }
  if (words.empty()) {
    print(help_for_root(output.width, output.color_out));
    return 0;
  }
  for (const HelpTopic& topic : help_topics()) {
    if (words.size() != 1 || topic.name != words[0]) continue;
    print(topic.text);
    return 0;
  }
  const FoundCommand found = find_command(words, 0);
  if (found.command != nullptr && found.words == words.size()) {
    print(help_for(*found.command, output.width, output.color_out));
    return 0;
  }
  if (!found.group.empty() && words.size() == 1) {
    print(help_for_group(found.group, output.width, output.color_out));
    return 0;
  }
  return report_error(output, unknown_command(join(words, " ")));
}

}  // namespace

const Command command_help = {
    .path = "help",
    .summary = "Explain a command or a topic (exit-codes, environment)",
    .details = "Examples:\n\n  floe help platform publish\n  floe help exit-codes",
    .options = {{.name = "format",
                 .takes = Takes::kValue,
                 .value_name = "FORMAT",
                 .help = "markdown: the reference page of all commands",
                 .choices = {"text", "markdown"},
                 .fallback = "text"}},
    .positionals = {{.name = "COMMAND",
                     .help = "A command, a group of commands, or a topic",
                     .repeated = true}},
    .run = run_help,
};

}  // namespace floe::cli
