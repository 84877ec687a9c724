// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include "base/term.h"
#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace floe::cli {

namespace {

constexpr std::size_t kMaxLeftColumn = 30;

/// Appends `text` wrapped at `width`, each further line behind `indent` spaces. The cursor is at
/// column `indent` already.
void append_wrapped(std::string& out, std::string_view text, std::size_t indent,
                    std::size_t width) {
  std::size_t column = indent;
  bool first = true;
  for (const std::string_view word : split_words(text)) {
    const std::size_t length = display_width(word);
    if (!first && column + 1 + length > width) {
      out += '\n';
      out.append(indent, ' ');
      column = indent;
      first = true;
    }
    if (!first) {
      out += ' ';
      ++column;
    }
    out += word;
    column += length;
    first = false;
  }
  out += '\n';
}

struct HelpRow {
  std::string left;
  std::string right;
};

/// Two aligned columns; a left side that is too long gets a line of its own.
void append_rows(std::string& out, const std::vector<HelpRow>& rows, std::size_t width,
                 bool color) {
  std::size_t left = 0;
  for (const HelpRow& row : rows) {
    const std::size_t length = display_width(row.left);
    if (length <= kMaxLeftColumn) left = std::max(left, length);
  }
  for (const HelpRow& row : rows) {
    const std::size_t length = display_width(row.left);
    out += "  " + styled(row.left, Style::kCyan, color);
    if (length > left) {
      out += '\n';
      out.append(left + 4, ' ');
    } else {
      out.append(left - length + 2, ' ');
    }
    append_wrapped(out, row.right, left + 4, width);
  }
}

/// Paragraphs are wrapped; lines that begin with two spaces, or are headings, stay as they are.
void append_details(std::string& out, std::string_view details, std::size_t width) {
  std::string paragraph;
  const auto flush = [&] {
    if (!paragraph.empty()) append_wrapped(out, paragraph, 0, width);
    paragraph.clear();
  };
  for (const std::string_view line : split(trim_right(details), '\n')) {
    if (trim(line).empty()) {
      flush();
      out += '\n';
    } else if (line.starts_with("  ")) {
      flush();
      out.append(line).append("\n");
    } else {
      paragraph.append(paragraph.empty() ? "" : " ").append(line);
    }
  }
  flush();
}

void append_heading(std::string& out, std::string_view title, bool color) {
  out += '\n';
  out += styled(title, Style::kBold, color);
  out += '\n';
}

std::string option_value_name(const Option& option) {
  return option.value_name.empty() ? "VALUE" : std::string(option.value_name);
}

HelpRow option_row(const Option& option) {
  HelpRow row;
  row.left = option.letter != 0 ? fmt::format("-{}, ", option.letter) : "    ";
  row.left += option.negatable ? "--[no-]" : "--";
  row.left += option.name;
  switch (option.takes) {
    case Takes::kFlag: break;
    case Takes::kValue: row.left += " " + option_value_name(option); break;
    case Takes::kValues: row.left += " " + option_value_name(option) + "..."; break;
    case Takes::kOptional: row.left += "[=" + option_value_name(option) + "]"; break;
  }
  row.right = option.help;
  if (!option.choices.empty()) {
    row.right += fmt::format(
        " ({})", list_or(std::vector<std::string>(option.choices.begin(), option.choices.end())));
  }
  if (!option.fallback.empty()) row.right += fmt::format(" [default: {}]", option.fallback);
  for (const std::string_view alias : option.aliases) {
    row.right += fmt::format(" [also: {}{}]", alias.size() == 1 ? "-" : "--", alias);
  }
  return row;
}

bool overrides(const Command& command, const Option& global) {
  return std::any_of(command.options.begin(), command.options.end(),
                     [&](const Option& option) { return option.name == global.name; });
}

/// A global option as this command has it: without its letter if the command uses that itself.
Option as_global(const Command& command, Option option) {
  for (const Option& own : command.options) {
    if (own.letter == option.letter) option.letter = 0;
  }
  return option;
}

constexpr std::string_view kExitCodes =
    R"(Every floe command ends with one of these exit codes:

    0  fine
    1  the project breaks a rule of its platform, or a node or test failed
    2  wrong usage or configuration: the command line, floe.yaml, manifest.yaml
    3  the environment failed: registry, engine, file system, cluster, another
       floe process holds the project's lock
    4  a verification refused something: signature, digest, tampered artifact
   70  a bug in floe
  130  interrupted (Ctrl-C)

`floe dbt` uses dbt's exit codes 0, 1 and 2 where dbt would have given them.
)";

constexpr std::string_view kEnvironmentTopic =
    R"(Environment variables that floe reads:

  FLOE_REGISTRY          where `--platform=v1.2.3` finds its platform
  FLOE_PRODUCT_REGISTRY  where products are published, and found by name
  FLOE_HOME              the folder with floe's data files (DuckDB, dbt's macros)
  FLOE_DBT_EXECUTABLE    the dbt that runs Python models and other engines

  FLOE_OFFLINE           1: as --offline
  FLOE_PLAIN_HTTP        1: as --plain-http
  FLOE_REGISTRY_CA_FILE  as --ca-file
  FLOE_REGISTRY_USERNAME, FLOE_REGISTRY_PASSWORD
                         login at the host that FLOE_REGISTRY names
  FLOE_REGISTRY_TIMEOUT  seconds without progress until a transfer has failed
  FLOE_REGISTRY_PARALLEL how many transfers at once
  FLOE_TRUSTED_REALMS    hosts of token servers that logins may be sent to
  FLOE_TRUST_POLICY      another file than ~/.config/floe/trust.yaml
  FLOE_CACHE_SIZE        how much the cache of artifacts may hold
  COSIGN_PASSWORD        of a signing key
  SOURCE_DATE_EPOCH      the time that provenance states

  NO_COLOR               set: no colours
  FORCE_COLOR            set: colours even where there is no terminal
  CI                     set: plain lines instead of live progress
  DBT_*                  as dbt reads them, in `floe dbt` and in dbt projects
)";

}  // namespace

const std::vector<HelpTopic>& help_topics() {
  static const std::vector<HelpTopic> topics = {
      {"exit-codes", "What floe's exit codes mean", kExitCodes},
      {"environment", "Environment variables that floe reads", kEnvironmentTopic},
  };
  return topics;
}

std::string usage_line(const Command& command) {
  std::string line = fmt::format("floe {}", command.path);
  for (const Positional& positional : command.positionals) {
    std::string name(positional.name);
    if (positional.repeated) name += "...";
    line += positional.required ? " " + name : " [" + name + "]";
  }
  if (!command.raw_arguments) line += " [options]";
  return line;
}

std::string help_for_root(int width, bool color) {
  const auto columns = static_cast<std::size_t>(width);
  std::string out = "floe: a compiler for data platforms\n\n";
  out += styled("Usage:", Style::kBold, color) + " floe [-C DIR] COMMAND [options]\n";
  for (const CommandGroup& group : command_groups()) {
    std::vector<HelpRow> rows;
    for (const Command* command : group.commands) {
      if (command->hidden) continue;
      rows.push_back({std::string(command->path), std::string(command->summary)});
    }
    if (rows.empty()) continue;
    append_heading(out, group.title, color);
    append_rows(out, rows, columns, color);
  }
  out += "\nfloe COMMAND --help says more; so does floe help ";
  std::vector<std::string> topics;
  for (const HelpTopic& topic : help_topics()) topics.emplace_back(topic.name);
  out += list_or(topics) + ".\n";
  return out;
}

std::string help_for(const Command& command, int width, bool color) {
  const auto columns = static_cast<std::size_t>(width);
  std::string out(command.summary);
  out += "\n\n" + styled("Usage:", Style::kBold, color) + " " + usage_line(command) + "\n";
  if (!command.details.empty()) {
    out += '\n';
    append_details(out, command.details, columns);
  }
  std::vector<HelpRow> rows;
  for (const Positional& positional : command.positionals) {
    rows.push_back({std::string(positional.name), std::string(positional.help)});
  }
  if (!rows.empty()) {
    append_heading(out, "Arguments", color);
    append_rows(out, rows, columns, color);
  }
  rows.clear();
  for (const Option& option : command.options) rows.push_back(option_row(option));
  if (!rows.empty()) {
    append_heading(out, "Options", color);
    append_rows(out, rows, columns, color);
  }
  if (command.raw_arguments) return out;
  rows.clear();
  for (const Option& option : global_options()) {
    if (!overrides(command, option)) rows.push_back(option_row(as_global(command, option)));
  }
  append_heading(out, "Global options", color);
  append_rows(out, rows, columns, color);
  return out;
}

std::string help_for_group(std::string_view group, int width, bool color) {
  std::string out = styled("Usage:", Style::kBold, color);
  out += fmt::format(" floe {} COMMAND [options]\n", group);
  std::vector<HelpRow> rows;
  for (const Command* command : all_commands()) {
    if (command->hidden || !command->path.starts_with(std::string(group) + " ")) continue;
    rows.push_back({std::string(command->path), std::string(command->summary)});
  }
  append_heading(out, "Commands", color);
  append_rows(out, rows, static_cast<std::size_t>(width), color);
  out += fmt::format("\nfloe {} COMMAND --help says more.\n", group);
  return out;
}

namespace {

/// A table of options in Markdown.
void append_option_table(std::string& out, std::span<const Option> options) {
  out += "\n| option | |\n|---|---|\n";
  for (const Option& option : options) {
    const HelpRow row = option_row(option);
    out += fmt::format("| `{}` | {} |\n", trim(row.left), replace_all(row.right, "|", "\\|"));
  }
}

}  // namespace

std::string reference_markdown() {
  std::string out =
      "<!-- made by `floe help --format markdown`; do not edit -->\n# Commands\n\n"
      "Every command but `floe dbt` also takes the options at the end of this page.\n";
  for (const CommandGroup& group : command_groups()) {
    for (const Command* command : group.commands) {
      if (command->hidden) continue;
      out += fmt::format("\n## floe {}\n\n{}.\n\n    {}\n", command->path, command->summary,
                         usage_line(*command));
      for (const std::string_view line : split(trim_right(command->details), '\n')) {
        if (command->details.empty()) break;
        if (line.data() == command->details.data()) out += "\n";
        out += (line.starts_with("  ") ? "  " : "") + std::string(line) + "\n";
      }
      if (!command->options.empty()) append_option_table(out, command->options);
    }
  }
  out += "\n## Global options\n";
  append_option_table(out, global_options());
  for (const HelpTopic& topic : help_topics()) {
    out += fmt::format("\n## {}\n\n```\n{}```\n", topic.summary, topic.text);
  }
  return out;
}

std::vector<std::string> command_names() {
  std::set<std::string> names;
  for (const Command* command : all_commands()) {
    if (command->hidden) continue;
    names.emplace(command->path);
    names.emplace(command->path.substr(0, command->path.find(' ')));
  }
  return {names.begin(), names.end()};
}

Error unknown_command(std::string_view words) {
  const std::string near = nearest(words, command_names());
  return Error{ErrorKind::kUsage, fmt::format("there is no command 'floe {}'", printable(words)),
               near.empty() ? "see 'floe help'" : fmt::format("did you mean 'floe {}'?", near),
               nullptr};
}

}  // namespace floe::cli
