// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

#include <fmt/core.h>

#include <charconv>

namespace floe::cli {

bool Args::has(std::string_view name) const {
  return values_.find(name) != values_.end() || flags_.find(name) != flags_.end();
}

bool Args::flag(std::string_view name, bool fallback) const {
  const auto it = flags_.find(name);
  return it == flags_.end() ? fallback : it->second > 0;
}

int Args::count(std::string_view name) const {
  const auto it = flags_.find(name);
  return it == flags_.end() ? 0 : it->second;
}

std::optional<std::string> Args::value(std::string_view name) const {
  const auto it = values_.find(name);
  if (it == values_.end() || it->second.empty()) return std::nullopt;
  return it->second.back();
}

std::string Args::value_or(std::string_view name, std::string_view fallback) const {
  const auto it = values_.find(name);
  if (it == values_.end() || it->second.empty()) return std::string(fallback);
  return it->second.back();
}

std::vector<std::string> Args::values(std::string_view name) const {
  const auto it = values_.find(name);
  return it == values_.end() ? std::vector<std::string>() : it->second;
}

Result<std::optional<long>> Args::number(std::string_view name, long least, long most) const {
  const std::optional<std::string> text = value(name);
  if (!text) return std::optional<long>();
  long number = 0;
  const char* end = text->data() + text->size();
  const auto [stopped, error] = std::from_chars(text->data(), end, number);
  if (error != std::errc() || stopped != end || number < least || number > most) {
    return fail(ErrorKind::kUsage, fmt::format("--{} takes a whole number from {} to {}, not '{}'",
                                               name, least, most, *text));
  }
  return std::optional<long>(number);
}

std::optional<std::string> Args::positional(std::size_t index) const {
  if (index >= positionals_.size()) return std::nullopt;
  return positionals_[index];
}

void Args::set(std::string name, std::string value) {
  values_[std::move(name)].push_back(std::move(value));
}

void Args::set_flag(std::string name, bool on) {
  int& times = flags_[std::move(name)];
  times = on ? times + 1 : 0;
}

void Args::unset(std::string_view name) {
  const auto value = values_.find(name);
  if (value != values_.end()) values_.erase(value);
  const auto flag = flags_.find(name);
  if (flag != flags_.end()) flags_.erase(flag);
}

std::span<const Command* const> all_commands() {
  static constexpr const Command* kCommands[] = {
#define FLOE_COMMAND(name) &command_##name,
#include "cli/commands.def"
  };
  return kCommands;
}

std::vector<CommandGroup> command_groups() {
  std::vector<CommandGroup> groups;
#define FLOE_HELP_GROUP(title) groups.push_back({title, {}});
#define FLOE_COMMAND(name) groups.back().commands.push_back(&command_##name);
#include "cli/commands.def"
  return groups;
}

std::span<const Option> global_options() {
  static const std::vector<Option> options = {
      {.name = "help", .letter = 'h', .help = "Show help"},
      {.name = "project-dir",
       .letter = 'C',
       .takes = Takes::kValue,
       .value_name = "DIR",
       .help = "Work as if floe had been started in DIR"},
      {.name = "quiet", .letter = 'q', .help = "Print results and errors only"},
      {.name = "verbose", .letter = 'v', .help = "Say more; -vv gives the causes of an error"},
      {.name = "color",
       .takes = Takes::kValue,
       .value_name = "WHEN",
       .help = "Colour the output",
       .choices = {"auto", "always", "never"},
       .fallback = "auto"},
      {.name = "progress",
       .help = "Draw live progress on a terminal (--no-progress: plain lines)",
       .negatable = true},
      {.name = "log-format",
       .takes = Takes::kValue,
       .value_name = "FORMAT",
       .help = "How progress and messages are written to stderr",
       .choices = {"text", "json"},
       .fallback = "text"},
      {.name = "offline", .help = "No network call to a registry: work with what is cached"},
      {.name = "ca-file",
       .takes = Takes::kValue,
       .value_name = "FILE",
       .help = "Certificates (PEM) that registries are checked against"},
      {.name = "plain-http", .help = "Reach registries without encryption"},
  };
  return options;
}

}  // namespace floe::cli
