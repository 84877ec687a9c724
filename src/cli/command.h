// SPDX-License-Identifier: Apache-2.0
// What a command is: one table of options from which parsing, help, completions and the reference
// pages follow, and one function that does the work.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace floe::cli {

/// How an option takes its value.
enum class Takes {
  kFlag,      // --full-refresh
  kValue,     // --threads 4, --threads=4
  kValues,    // repeatable and space-separated as dbt's: --select a b --select c
  kOptional,  // --flag or --flag=value
};

struct Option {
  std::string_view name;               // "full-refresh": given as --full-refresh
  char letter = 0;                     // 's': given as -s
  Takes takes = Takes::kFlag;
  std::string_view value_name;         // "N", shown in help
  std::string_view help;
  std::vector<std::string_view> choices = {};  // allowed values; empty: any
  std::string_view fallback = {};      // default value, shown in help
  std::vector<std::string_view> aliases = {};  // other long names ("models" for "select")
  bool negatable = false;              // --no-NAME is accepted and turns the flag off
};

struct Positional {
  std::string_view name;  // "VERSION"
  std::string_view help;
  bool required = false;
  bool repeated = false;  // takes all that is left
};

/// The values of one call, looked up by long name.
class Args {
 public:
  bool has(std::string_view name) const;
  /// A flag's state; `fallback` if it was not given.
  bool flag(std::string_view name, bool fallback = false) const;
  std::optional<std::string> value(std::string_view name) const;
  std::string value_or(std::string_view name, std::string_view fallback) const;
  std::vector<std::string> values(std::string_view name) const;
  std::optional<std::string> positional(std::size_t index) const;
  const std::vector<std::string>& positionals() const { return positionals_; }

  void set(std::string name, std::string value);
  void set_flag(std::string name, bool on);
  void add_positional(std::string value) { positionals_.push_back(std::move(value)); }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::map<std::string, bool, std::less<>> flags_;
  std::vector<std::string> positionals_;
};

struct Command {
  std::string_view path;     // "platform publish"
  std::string_view summary;  // one line, no full stop
  std::string_view details;  // paragraphs for --help; may be empty
  std::vector<Option> options;
  std::vector<Positional> positionals;
  /// Does the work; returns the process exit code. Errors are printed by the command through
  /// cli/report.h.
  int (*run)(const Args& args);
  bool raw_arguments = false;  // everything behind the path is passed on as positionals (floe dbt)
  bool hidden = false;
};

/// All commands in help order, from commands.def.
std::span<const Command* const> all_commands();

/// Parses the arguments behind a command's path; kUsage with the nearest option on a mistake.
Result<Args> parse_args(const Command& command, const std::vector<std::string>& arguments);

}  // namespace floe::cli
