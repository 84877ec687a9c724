// SPDX-License-Identifier: Apache-2.0
#include "base/version.h"

#include "cli/command.h"
#include "cli/report.h"

#include <fmt/core.h>

namespace floe::cli {

namespace {

int run_version(const Args& args) {
  if (args.value_or("format", "text") == "json") {
    print_line(fmt::format(R"({{"version":"{}"}})", version()));
  } else {
    print_line(fmt::format("floe {}", version()));
  }
  return 0;
}

}  // namespace

const Command command_version = {
    .path = "version",
    .summary = "Print the version of floe",
    .details = "",
    .options = {format_option()},
    .positionals = {},
    .run = run_version,
};

}  // namespace floe::cli
