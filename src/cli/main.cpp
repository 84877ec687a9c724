// SPDX-License-Identifier: Apache-2.0
#include "cli/main.h"

#include "base/term.h"
#include "base/version.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/parse.h"
#include "cli/report.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>

namespace floe::cli {

namespace {

constexpr int kExitBug = 70;  // EX_SOFTWARE of sysexits.h

/// A closed standard stream would give its number to the next file opened; what is meant for the
/// stream would land in that file. Read-only on purpose: writing to it must fail.
void keep_standard_streams_open() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    if (::open("/dev/null", O_RDONLY) < 0) _exit(3);
  }
}

Status enter_folder(const Args& args) {
  const std::optional<std::string> folder = args.value("project-dir");
  if (!folder || ::chdir(folder->c_str()) == 0) return {};
  return fail(ErrorKind::kUsage, fmt::format("cannot work in '{}': no such folder", *folder),
              "-C takes a folder that exists");
}

/// The Args of a command: its own, and the global options that stood in front of it.
Result<Args> args_for(const Command& command, const std::vector<std::string>& arguments,
                      std::size_t command_at, std::size_t words, Args leading) {
  std::vector<std::string> own(arguments.begin() + static_cast<std::ptrdiff_t>(command_at + words),
                               arguments.end());
  if (command.raw_arguments) {
    for (std::string& word : own) leading.add_positional(std::move(word));
    return leading;
  }
  own.insert(own.begin(), arguments.begin(),
             arguments.begin() + static_cast<std::ptrdiff_t>(command_at));
  return parse_args(command, own);
}

bool has_own_project_dir(const Command& command) {
  for (const Option& option : command.options) {
    if (option.name == "project-dir") return true;
  }
  return false;
}

int run_without_command(const FoundCommand& found, const std::vector<std::string>& arguments,
                        std::size_t at, const LeadingOptions& leading) {
  const Output output = output_of(leading.args);
  const bool help = leading.args.flag("help") || asks_for_help(arguments);
  if (!found.group.empty()) {
    const std::string text = help_for_group(found.group, output.width, output.color_out);
    const bool bare = at + 1 >= arguments.size() || arguments[at + 1].starts_with('-');
    if (help) {
      print(text);
      return 0;
    }
    if (!bare) return report_error(output, unknown_command(found.group + " " + arguments[at + 1]));
    return report_error(
        output, Error{ErrorKind::kUsage, fmt::format("floe {} needs a command", found.group),
                      fmt::format("see 'floe {} --help'", found.group), nullptr});
  }
  if (at < arguments.size()) return report_error(output, unknown_command(arguments[at]));
  print(help_for_root(output.width, output.color_out));
  if (help) return 0;
  return report_error(output,
                      Error{ErrorKind::kUsage, "floe needs a command", "see 'floe help'", nullptr});
}

int run_line(std::vector<std::string> arguments) {
  if (!arguments.empty() && (arguments[0] == "--version" || arguments[0] == "-V")) {
    arguments[0] = "version";
  }
  const Result<LeadingOptions> leading = parse_leading_options(arguments);
  if (!leading) return report_error(Output{}, leading.error());
  const std::size_t at = leading->next;
  const FoundCommand found = find_command(arguments, at);
  if (found.command == nullptr) return run_without_command(found, arguments, at, *leading);
  const Command& command = *found.command;
  if (leading->args.flag("help") || (!command.raw_arguments && asks_for_help(arguments))) {
    const Output output = output_of(leading->args);
    print(help_for(command, output.width, output.color_out));
    return 0;
  }
  const Result<Args> args = args_for(command, arguments, at, found.words, leading->args);
  if (!args) return report_error(leading->args, args.error());
  if (!has_own_project_dir(command)) {
    if (const Status entered = enter_folder(*args); !entered) {
      return report_error(*args, entered.error());
    }
  }
  return command.run(*args);
}

/// Through a link of that name floe stands where tools expect the dbt executable.
bool is_called_dbt(int argc, char** argv) {
  if (argc < 1 || argv[0] == nullptr) return false;
  const std::string_view path = argv[0];
  return path.substr(path.rfind('/') + 1) == "dbt";
}

int report_bug(const char* what) {
  std::fflush(stdout);
  fmt::print(
      stderr,
      "internal error: {}\n"
      "  This is a bug in floe {}. Please report it, with the command line and this message.\n",
      printable(what), version());
  return kExitBug;
}

}  // namespace

int run_main(int argc, char** argv) {
  keep_standard_streams_open();
  // A reader that went away must not kill a run half way: writing fails instead.
  std::signal(SIGPIPE, SIG_IGN);
  int code = kExitBug;
  try {
    std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    if (is_called_dbt(argc, argv)) arguments.insert(arguments.begin(), "dbt");
    code = run_line(std::move(arguments));
  } catch (const std::exception& bug) {
    code = report_bug(bug.what());
  } catch (...) {
    code = report_bug("unknown exception");
  }
  if (const Status finished = finish_output(); !finished) {
    return report_error(Output{}, finished.error());
  }
  return code;
}

}  // namespace floe::cli
