// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include "base/text.h"
#include "cli/command.h"
#include "cli/report.h"

#include <fmt/core.h>

namespace floe::cli {

namespace {

int run_completion(const Args& args) {
  const std::string shell = args.positionals()[0];
  if (shell == "bash") {
    print(bash_completion());
  } else if (shell == "zsh") {
    print(zsh_completion());
  } else if (shell == "fish") {
    print(fish_completion());
  } else {
    const std::string near = nearest(shell, {"bash", "zsh", "fish"});
    return report_error(args, Error{ErrorKind::kUsage,
                                    fmt::format("there is no completion for the shell '{}'", shell),
                                    near.empty() ? "shells with completion: bash, zsh, fish"
                                                 : fmt::format("did you mean '{}'?", near),
                                    nullptr});
  }
  return 0;
}

}  // namespace

const Command command_completion = {
    .path = "completion",
    .summary = "Print a completion script for bash, zsh or fish",
    .details =
        "Examples:\n\n"
        "  source <(floe completion bash)\n"
        "  floe completion zsh > \"${fpath[1]}/_floe\"\n"
        "  floe completion fish > ~/.config/fish/completions/floe.fish",
    .options = {},
    .positionals = {{.name = "SHELL", .help = "bash, zsh or fish", .required = true}},
    .run = run_completion,
};

}  // namespace floe::cli
