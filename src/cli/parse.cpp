// SPDX-License-Identifier: Apache-2.0
#include "cli/parse.h"

#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::cli {

namespace {

/// An option that was found by the name a user typed, and whether it was its --no- form.
struct FoundOption {
  const Option* option = nullptr;
  bool negated = false;
};

bool goes_by(const Option& option, std::string_view name) {
  return option.name == name ||
         std::find(option.aliases.begin(), option.aliases.end(), name) != option.aliases.end();
}

/// The arguments of one call while they are being read.
class ArgumentReader {
 public:
  ArgumentReader(const Command* command, const std::vector<std::string>& arguments)
      : command_(command), arguments_(arguments) {}

  /// Reads everything.
  Result<Args> read_all() {
    while (at_ < arguments_.size()) FLOE_CHECK(read_one());
    FLOE_CHECK(check_positionals());
    return std::move(args_);
  }

  /// Reads options up to the first word that is none.
  Result<LeadingOptions> read_leading() {
    while (at_ < arguments_.size() && is_option(arguments_[at_])) {
      if (arguments_[at_] == "--") {
        ++at_;
        break;
      }
      FLOE_CHECK(read_one());
    }
    return LeadingOptions{std::move(args_), at_};
  }

 private:
  static bool is_option(std::string_view word) { return word.size() > 1 && word[0] == '-'; }

  /// Whether a word behind an option can be its value: no option, but a negative number is fine.
  static bool can_be_value(std::string_view word) {
    return !is_option(word) || (word[1] >= '0' && word[1] <= '9');
  }

  FoundOption find_long(std::string_view name) const {
    const auto search = [&](std::span<const Option> options) -> FoundOption {
      for (const Option& option : options) {
        if (goes_by(option, name)) return {&option, false};
        if (option.negatable && name.starts_with("no-") && goes_by(option, name.substr(3))) {
          return {&option, true};
        }
      }
      return {};
    };
    if (command_ != nullptr) {
      if (const FoundOption found = search(command_->options); found.option) return found;
    }
    return search(global_options());
  }

  const Option* find_letter(char letter) const {
    const auto search = [&](std::span<const Option> options) -> const Option* {
      for (const Option& option : options) {
        if (option.letter == letter) return &option;
        for (const std::string_view alias : option.aliases) {
          if (alias.size() == 1 && alias.front() == letter) return &option;
        }
      }
      return nullptr;
    };
    const Option* found = command_ != nullptr ? search(command_->options) : nullptr;
    return found != nullptr ? found : search(global_options());
  }

  tl::unexpected<Error> unknown(std::string_view shown) const {
    std::vector<std::string> names;
    const auto collect = [&](std::span<const Option> options) {
      for (const Option& option : options) {
        names.push_back("--" + std::string(option.name));
        for (const std::string_view alias : option.aliases)
          names.push_back("--" + std::string(alias));
        if (option.negatable) names.push_back("--no-" + std::string(option.name));
      }
    };
    if (command_ != nullptr) collect(command_->options);
    collect(global_options());
    const std::string near = shown.starts_with("--") ? nearest(shown, names) : "";
    const std::string of = command_ != nullptr ? fmt::format("floe {}", command_->path) : "floe";
    return fail(
        ErrorKind::kUsage, fmt::format("{} has no option {}", of, shown),
        near.empty() ? fmt::format("see '{} --help'", of) : fmt::format("did you mean {}?", near));
  }

  Status store(const Option& option, std::string_view shown, std::string value) {
    // Names have no blanks: `--resource-type "seed model"` gives two.
    if (option.takes == Takes::kValues && !option.choices.empty() && contains(value, " ")) {
      for (const std::string_view word : split_words(value)) {
        FLOE_CHECK(store(option, shown, std::string(word)));
      }
      return {};
    }
    if (!option.choices.empty() &&
        std::find(option.choices.begin(), option.choices.end(), value) == option.choices.end()) {
      const std::vector<std::string> choices(option.choices.begin(), option.choices.end());
      const std::string near = nearest(value, choices);
      return fail(ErrorKind::kUsage,
                  fmt::format("{} takes {}, not '{}'", shown, list_or(choices), value),
                  near.empty() ? "" : fmt::format("did you mean '{}'?", near));
    }
    args_.set(std::string(option.name), std::move(value));
    return {};
  }

  /// Takes the value of `option` from behind it; `attached` is what stood in the same word.
  Status read_value(const Option& option, std::string_view shown,
                    std::optional<std::string_view> attached) {
    if (option.takes == Takes::kOptional) {
      if (attached) return store(option, shown, std::string(*attached));
      args_.set_flag(std::string(option.name), true);
      return {};
    }
    bool any = attached.has_value();
    if (attached) FLOE_CHECK(store(option, shown, std::string(*attached)));
    while (at_ < arguments_.size() && (!any || option.takes == Takes::kValues) &&
           can_be_value(arguments_[at_])) {
      FLOE_CHECK(store(option, shown, arguments_[at_]));
      ++at_;
      any = true;
    }
    if (any) return {};
    const std::string_view value_name = option.value_name.empty() ? "VALUE" : option.value_name;
    return fail(ErrorKind::kUsage, fmt::format("{} needs a value", shown),
                fmt::format("give it as {} {}", shown, value_name));
  }

  Status read_long(std::string_view word) {
    const std::size_t equals = word.find('=');
    const std::string_view shown = word.substr(0, equals);
    const FoundOption found = find_long(shown.substr(2));
    if (found.option == nullptr) return unknown(shown);
    std::optional<std::string_view> attached;
    if (equals != std::string_view::npos) attached = word.substr(equals + 1);
    if (found.option->takes != Takes::kFlag) return read_value(*found.option, shown, attached);
    if (attached) {
      return fail(ErrorKind::kUsage, fmt::format("{} takes no value", shown),
                  fmt::format("leave out '={}'", *attached));
    }
    args_.set_flag(std::string(found.option->name), !found.negated);
    return {};
  }

  Status read_letters(std::string_view word) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      const std::string shown = {'-', word[i]};
      const Option* option = find_letter(word[i]);
      if (option == nullptr) return unknown(shown);
      if (option->takes == Takes::kFlag) {
        args_.set_flag(std::string(option->name), true);
        continue;
      }
      std::optional<std::string_view> attached;
      if (i + 1 < word.size()) attached = word.substr(word[i + 1] == '=' ? i + 2 : i + 1);
      return read_value(*option, shown, attached);
    }
    return {};
  }

  Status read_one() {
    const std::string& word = arguments_[at_++];
    if (word == "--") {
      for (; at_ < arguments_.size(); ++at_) args_.add_positional(arguments_[at_]);
      return {};
    }
    if (word.starts_with("--")) return read_long(word);
    if (is_option(word)) return read_letters(word);
    args_.add_positional(word);
    return {};
  }

  Status check_positionals() const {
    const std::vector<Positional>& wanted = command_->positionals;
    const std::size_t given = args_.positionals().size();
    const std::string hint = fmt::format("see 'floe {} --help'", command_->path);
    for (std::size_t i = given; i < wanted.size(); ++i) {
      if (wanted[i].required) {
        return fail(ErrorKind::kUsage,
                    fmt::format("floe {} needs {}", command_->path, wanted[i].name), hint);
      }
    }
    const bool open = !wanted.empty() && wanted.back().repeated;
    if (given > wanted.size() && !open) {
      return fail(ErrorKind::kUsage,
                  fmt::format("floe {} does not take the argument '{}'", command_->path,
                              args_.positionals()[wanted.size()]),
                  hint);
    }
    return {};
  }

  const Command* command_;
  const std::vector<std::string>& arguments_;
  std::size_t at_ = 0;
  Args args_;
};

bool matches(const Command& command, const std::vector<std::string_view>& words,
             std::size_t count) {
  const std::vector<std::string_view> path = split_words(command.path);
  return path.size() == count && std::equal(path.begin(), path.end(), words.begin());
}

}  // namespace

Result<Args> parse_args(const Command& command, const std::vector<std::string>& arguments) {
  if (command.raw_arguments) {
    Args args;
    for (const std::string& argument : arguments) args.add_positional(argument);
    return args;
  }
  return ArgumentReader(&command, arguments).read_all();
}

Result<LeadingOptions> parse_leading_options(const std::vector<std::string>& arguments) {
  return ArgumentReader(nullptr, arguments).read_leading();
}

FoundCommand find_command(const std::vector<std::string>& arguments, std::size_t at) {
  std::vector<std::string_view> words;
  while (at + words.size() < arguments.size() && words.size() < 3 &&
         !arguments[at + words.size()].starts_with('-')) {
    words.emplace_back(arguments[at + words.size()]);
  }
  FoundCommand found;
  for (std::size_t count = words.size(); count > 0; --count) {
    for (const Command* command : all_commands()) {
      if (!matches(*command, words, count)) continue;
      found.command = command;
      found.words = count;
      return found;
    }
  }
  if (!words.empty() && is_group(words[0])) found.group = std::string(words[0]);
  return found;
}

bool is_group(std::string_view word) {
  return std::any_of(all_commands().begin(), all_commands().end(), [&](const Command* command) {
    return command->path.size() > word.size() && command->path.starts_with(word) &&
           command->path[word.size()] == ' ';
  });
}

bool asks_for_help(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") return false;
    if (argument == "--help" || argument == "-h") return true;
  }
  return false;
}

}  // namespace floe::cli
