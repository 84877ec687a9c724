// SPDX-License-Identifier: Apache-2.0
// What a command is: one table of options from which parsing, help, completions and the reference
// pages follow, and one function that does the work.
#pragma once

#include "base/result.h"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace floe::cli {

/// How an option takes its value.
enum class Takes {
  kFlag,      // --full-refresh
  kValue,     // --threads 4, --threads=4
  kValues,    // repeatable and space-separated as dbt's: --select a b --select c
  kOptional,  // --flag or --flag=value
};

struct Option {
  std::string_view name;  // "full-refresh": given as --full-refresh
  char letter = 0;        // 's': given as -s
  Takes takes = Takes::kFlag;
  std::string_view value_name;  // "N", shown in help
  std::string_view help;
  std::vector<std::string_view> choices = {};  // allowed values; empty: any
  std::string_view fallback = {};              // default value, shown in help
  std::vector<std::string_view> aliases = {};  // other names ("models" for "select"; "m" for -m)
  bool negatable = false;                      // --no-NAME is accepted and turns the flag off
};

struct Positional {
  std::string_view name;  // "VERSION"
  std::string_view help;
  bool required = false;
  bool repeated = false;  // takes all that is left
};

/// The values of one call, looked up by long name. Holds the global options too (see
/// global_options), so that "quiet", "verbose", "color", … can be asked for by any command.
class Args {
 public:
  /// Whether the option was given, in whatever form.
  bool has(std::string_view name) const;
  /// A flag's state; `fallback` if it was not given.
  bool flag(std::string_view name, bool fallback = false) const;
  /// The value given last; none for a kOptional that was given without one.
  std::optional<std::string> value(std::string_view name) const;
  std::string value_or(std::string_view name, std::string_view fallback) const;
  std::vector<std::string> values(std::string_view name) const;
  /// A whole number between `least` and `most`; kUsage naming the option if it is none.
  Result<std::optional<long>> number(std::string_view name, long least, long most) const;
  /// How often a flag was given (-vv: 2).
  int count(std::string_view name) const;
  std::optional<std::string> positional(std::size_t index) const;
  const std::vector<std::string>& positionals() const { return positionals_; }

  void set(std::string name, std::string value);
  void set_flag(std::string name, bool on);
  /// Makes an option one that was not given.
  void unset(std::string_view name);
  void add_positional(std::string value) { positionals_.push_back(std::move(value)); }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::map<std::string, int, std::less<>> flags_;  // times given; 0: turned off
  std::vector<std::string> positionals_;
};

struct Command {
  std::string_view path;     // "platform publish"
  std::string_view summary;  // one line, no full stop
  /// Paragraphs for --help, separated by empty lines; lines that begin with two spaces are kept as
  /// they are (examples). May be empty.
  std::string_view details;
  std::vector<Option> options;
  std::vector<Positional> positionals;
  /// Does the work; returns the process exit code. Errors are printed by the command through
  /// cli/report.h.
  int (*run)(const Args& args);
  bool raw_arguments = false;  // everything behind the path is passed on as positionals (floe dbt)
  bool hidden = false;
};

// Every command is defined in its own file as `const Command command_<identifier> = {…};`.
#define FLOE_COMMAND(identifier) extern const Command command_##identifier;
#include "cli/commands.def"

/// All commands in help order, from commands.def.
std::span<const Command* const> all_commands();

/// A heading of `floe help` and the commands under it.
struct CommandGroup {
  std::string_view title;
  std::vector<const Command*> commands;
};
std::vector<CommandGroup> command_groups();

/// The options every command takes: --help, --quiet, --verbose, --color, --no-progress,
/// --log-format, --project-dir, and how registries are reached: --offline, --ca-file, --plain-http.
std::span<const Option> global_options();

/// Parses the arguments behind a command's path, global options included; kUsage with the nearest
/// option on a mistake.
Result<Args> parse_args(const Command& command, const std::vector<std::string>& arguments);

}  // namespace floe::cli
