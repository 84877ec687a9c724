// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include "base/text.h"
#include "cli/command.h"
#include "cli/help.h"

#include <fmt/core.h>

#include <set>

namespace floe::cli {

namespace {

/// Words of the form --name that complete a command's options, blank-separated.
std::string option_words(const Command& command) {
  std::vector<std::string> words;
  const auto add = [&](std::span<const Option> options) {
    for (const Option& option : options) {
      words.push_back(fmt::format("--{}", option.name));
      if (option.negatable) words.push_back(fmt::format("--no-{}", option.name));
    }
  };
  add(command.options);
  if (!command.raw_arguments) add(global_options());
  return join(words, " ");
}

std::string choice_words(const Option& option) {
  return join(std::vector<std::string>(option.choices.begin(), option.choices.end()), " ");
}

/// In single quotes for a POSIX shell.
std::string shell_quoted(std::string_view text) {
  return "'" + replace_all(std::string(text), "'", "'\\''") + "'";
}

/// In single quotes for fish, where only \ and ' are special.
std::string fish_quoted(std::string_view text) {
  return "'" + replace_all(replace_all(std::string(text), "\\", "\\\\"), "'", "\\'") + "'";
}

/// The words that may follow each prefix of a command path: "" → platform, run, …; "platform" → ….
std::map<std::string, std::set<std::string>> words_after() {
  std::map<std::string, std::set<std::string>> next;
  for (const Command* command : all_commands()) {
    if (command->hidden) continue;
    std::string prefix;
    for (const std::string_view word : split_words(command->path)) {
      next[prefix].emplace(word);
      prefix += (prefix.empty() ? "" : " ") + std::string(word);
    }
  }
  return next;
}

/// What `floe help` and `floe completion` take.
std::string words_for_positionals(const Command& command) {
  if (command.path == "help") return join(command_names(), " ");
  if (command.path == "completion") return "bash zsh fish";
  return "";
}

}  // namespace

std::string bash_completion() {
  std::string out =
      "# bash completion of floe; made by `floe completion bash`\n"
      "_floe() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
      "  local path='' word candidate words=''\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    [[ $word == -* ]] && continue\n"
      "    candidate=\"${path:+$path }$word\"\n"
      "    case \"$candidate\" in\n";
  std::set<std::string> prefixes;
  for (const auto& [prefix, words] : words_after()) {
    for (const std::string& word : words) {
      prefixes.insert(prefix.empty() ? word : prefix + " " + word);
    }
  }
  std::vector<std::string> patterns;
  for (const std::string& prefix : prefixes) patterns.push_back("'" + prefix + "'");
  out += "      " + join(patterns, "|") + ") path=$candidate ;;\n    esac\n  done\n";
  out += "  case \"$path:$previous\" in\n";
  for (const Command* command : all_commands()) {
    for (const Option& option : command->options) {
      if (option.choices.empty()) continue;
      out += fmt::format("    '{}:--{}') words='{}' ;;\n", command->path, option.name,
                         choice_words(option));
    }
  }
  for (const Option& option : global_options()) {
    if (option.choices.empty()) continue;
    out += fmt::format("    *':--{}') words='{}' ;;\n", option.name, choice_words(option));
  }
  out += "  esac\n  if [[ -z $words ]]; then\n    case \"$path\" in\n";
  const auto next = words_after();
  for (const auto& [prefix, words] : next) {
    out += fmt::format("      '{}') words='{}' ;;\n", prefix,
                       join(std::vector<std::string>(words.begin(), words.end()), " "));
  }
  out += "    esac\n    case \"$path\" in\n";
  for (const Command* command : all_commands()) {
    if (command->hidden) continue;
    const std::string positionals = words_for_positionals(*command);
    out += fmt::format("      '{}') [[ $current == -* ]] && words='{}'", command->path,
                       option_words(*command));
    if (!positionals.empty()) out += fmt::format(" || words='{}'", positionals);
    out += " ;;\n";
  }
  out +=
      "    esac\n  fi\n"
      "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
      "}\n"
      "complete -o default -F _floe floe\n";
  return out;
}

std::string zsh_completion() {
  std::string out =
      "#compdef floe\n"
      "# zsh completion of floe; made by `floe completion zsh`\n"
      "_floe() {\n"
      "  local path_words='' word candidate\n"
      "  for word in ${words[2,CURRENT-1]}; do\n"
      "    [[ $word == -* ]] && continue\n"
      "    candidate=\"${path_words:+$path_words }$word\"\n"
      "    case \"$candidate\" in\n";
  const auto next = words_after();
  for (const auto& [prefix, words] : next) {
    for (const std::string& word : words) {
      out += fmt::format("      {}) path_words=$candidate ;;\n",
                         shell_quoted(prefix.empty() ? word : prefix + " " + word));
    }
  }
  out +=
      "    esac\n  done\n"
      "  local -a items\n"
      "  case \"$path_words\" in\n";
  for (const auto& [prefix, words] : next) {
    out += fmt::format("    {})\n      items=(", shell_quoted(prefix));
    for (const std::string& word : words) {
      const std::string path = prefix.empty() ? word : prefix + " " + word;
      std::string summary = "commands of " + path;
      for (const Command* command : all_commands()) {
        if (command->path == path) summary = command->summary;
      }
      out += " " + shell_quoted(word + ":" + replace_all(summary, ":", "\\:"));
    }
    out += ")\n      _describe command items\n      ;;\n";
  }
  out += "  esac\n  case \"$path_words\" in\n";
  for (const Command* command : all_commands()) {
    if (command->hidden) continue;
    out += fmt::format("    {})\n      items=(", shell_quoted(command->path));
    const auto add = [&](std::span<const Option> options) {
      for (const Option& option : options) {
        out += " " + shell_quoted(fmt::format("--{}:{}", option.name,
                                              replace_all(std::string(option.help), ":", "\\:")));
      }
    };
    add(command->options);
    if (!command->raw_arguments) add(global_options());
    out += ")\n      [[ $PREFIX == -* ]] && _describe option items || _files\n      ;;\n";
  }
  out +=
      "  esac\n}\nif [[ ${funcstack[1]} == _floe ]]; then _floe \"$@\"; else compdef _floe floe; "
      "fi\n";
  return out;
}

std::string fish_completion() {
  std::string out =
      "# fish completion of floe; made by `floe completion fish`\n"
      "function __floe_at\n"
      "    set -l words (commandline -opc)[2..-1]\n"
      "    set -l given (string match -v -- '-*' $words)\n"
      "    test \"$given\" = \"$argv\"\n"
      "end\n"
      "function __floe_in\n"
      "    set -l words (commandline -opc)[2..-1]\n"
      "    set -l given (string match -v -- '-*' $words)\n"
      "    string match -q -- \"$argv*\" \"$given\"\n"
      "end\n";
  for (const auto& [prefix, words] : words_after()) {
    for (const std::string& word : words) {
      const std::string path = prefix.empty() ? word : prefix + " " + word;
      std::string summary;
      for (const Command* command : all_commands()) {
        if (command->path == path) summary = command->summary;
      }
      out += fmt::format("complete -c floe -n {} -f -a {} -d {}\n",
                         fish_quoted("__floe_at " + prefix), word, fish_quoted(summary));
    }
  }
  for (const Option& option : global_options()) {
    out += fmt::format("complete -c floe -l {} -d {}\n", option.name, fish_quoted(option.help));
  }
  for (const Command* command : all_commands()) {
    if (command->hidden) continue;
    for (const Option& option : command->options) {
      out += fmt::format("complete -c floe -n {} -l {}",
                         fish_quoted(fmt::format("__floe_in {}", command->path)), option.name);
      if (option.letter != 0) out += fmt::format(" -s {}", option.letter);
      if (option.takes == Takes::kValue || option.takes == Takes::kValues) out += " -r";
      if (!option.choices.empty()) out += " -f -a " + fish_quoted(choice_words(option));
      out += fmt::format(" -d {}\n", fish_quoted(option.help));
    }
  }
  return out;
}

}  // namespace floe::cli
