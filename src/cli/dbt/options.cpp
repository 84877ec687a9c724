// SPDX-License-Identifier: Apache-2.0
#include "cli/dbt/options.h"

#include "base/text.h"
#include "dbt/warnings/policy.h"
#include "diag/diagnostic.h"
#include "runtime/event_time.h"
#include "value/yaml.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <random>

namespace floe::cli {

namespace {

using Strings = std::vector<std::string_view>;

/// Which commands an option belongs to.
enum DbtCommandBit : unsigned {
  kBuildBit = 1u << 0,
  kRunBit = 1u << 1,
  kTestBit = 1u << 2,
  kSeedBit = 1u << 3,
  kSnapshotBit = 1u << 4,
  kCompileBit = 1u << 5,
  kShowBit = 1u << 6,
  kListBit = 1u << 7,
  kParseBit = 1u << 8,
  kOperationBit = 1u << 9,
  kFreshnessBit = 1u << 10,
  kRetryBit = 1u << 11,
  kDocsBit = 1u << 12,
  kDepsBit = 1u << 13,
  kCleanBit = 1u << 14,
  kDebugBit = 1u << 15,
  kCloneBit = 1u << 16,
};

constexpr unsigned kEveryCommand = ~0u;
constexpr unsigned kSelecting = kBuildBit | kRunBit | kTestBit | kSeedBit | kSnapshotBit |
                                kCompileBit | kShowBit | kFreshnessBit | kDocsBit | kCloneBit;
constexpr unsigned kThreaded = kSelecting | kParseBit | kOperationBit | kRetryBit;

struct DbtCommandRow {
  std::string_view name;
  unsigned bit;
  std::string_view summary;
};

constexpr std::array<DbtCommandRow, 17> kDbtCommands = {{
    {"build", kBuildBit, "seed, snapshot, run and test, in the order of the graph"},
    {"run", kRunBit, "build models"},
    {"test", kTestBit, "run data tests and unit tests"},
    {"seed", kSeedBit, "load seeds"},
    {"snapshot", kSnapshotBit, "update snapshots"},
    {"compile", kCompileBit, "write the compiled SQL to target/ and build nothing"},
    {"show", kShowBit, "print some rows of a model or an inline query"},
    {"list", kListBit, "print what a selector selects"},
    {"parse", kParseBit, "read the project and write target/manifest.json"},
    {"run-operation", kOperationBit, "call a macro"},
    {"source freshness", kFreshnessBit, "check how old the sources' data is"},
    {"retry", kRetryBit, "run again what failed or was skipped last time"},
    {"docs generate", kDocsBit, "write target/manifest.json and target/catalog.json"},
    {"deps", kDepsBit, "install the packages of packages.yml"},
    {"clean", kCleanBit, "delete the folders of clean-targets"},
    {"debug", kDebugBit, "check project, profile and connection"},
    {"clone", kCloneBit, "make the nodes of another state available here"},
}};

struct DbtOptionRow {
  Option option;
  unsigned commands = kEveryCommand;
  std::string_view env = {};  // DBT_<env> and DBT_ENGINE_<env>
};

Option flag(std::string_view name, std::string_view help, char letter = 0, bool negatable = true) {
  Option option;
  option.name = name;
  option.letter = letter;
  option.help = help;
  option.negatable = negatable;
  return option;
}

Option with_value(std::string_view name, std::string_view value_name, std::string_view help,
                  char letter = 0, Strings choices = {}) {
  Option option;
  option.name = name;
  option.letter = letter;
  option.takes = Takes::kValue;
  option.value_name = value_name;
  option.help = help;
  option.choices = std::move(choices);
  return option;
}

Option with_values(std::string_view name, std::string_view value_name, std::string_view help,
                   char letter = 0, Strings aliases = {}, Strings choices = {}) {
  Option option = with_value(name, value_name, help, letter, std::move(choices));
  option.takes = Takes::kValues;
  option.aliases = std::move(aliases);
  return option;
}

void add_selection_options(std::vector<DbtOptionRow>& rows) {
  const Strings types = {"metric", "semantic_model", "saved_query", "source",   "analysis",
                         "model",  "test",           "unit_test",   "exposure", "snapshot",
                         "seed",   "function",       "default",     "all"};
  Strings excludable = types;
  excludable.resize(types.size() - 2);  // without default and all
  rows.push_back({with_values("select", "SELECTOR", "nodes to take", 's', {"models", "model", "m"}),
                  kSelecting});
  // `list` alone tells --models from --select: it means models only.
  rows.push_back({with_values("select", "SELECTOR", "nodes to take", 's'), kListBit});
  rows.push_back({with_values("models", "SELECTOR", "models to take", 'm', {"model"}), kListBit});
  rows.push_back({with_values("exclude", "SELECTOR", "nodes to leave out"), kSelecting | kListBit});
  rows.push_back(
      {with_value("selector", "NAME", "a selector of selectors.yml"), kSelecting | kListBit});
  rows.push_back({with_value("indirect-selection", "MODE", "which tests come along", 0,
                             {"eager", "cautious", "buildable", "empty"}),
                  kEveryCommand, "INDIRECT_SELECTION"});
  rows.push_back(
      {with_values("resource-type", "TYPE", "only these types", 0, {"resource-types"}, types),
       kBuildBit | kListBit | kCloneBit | kTestBit, "RESOURCE_TYPES"});
  rows.push_back({with_values("exclude-resource-type", "TYPE", "not these types", 0,
                              {"exclude-resource-types"}, excludable),
                  kBuildBit | kListBit | kCloneBit | kTestBit, "EXCLUDE_RESOURCE_TYPES"});
  rows.push_back(
      {with_value("state", "DIR", "artifacts of an earlier run"), kEveryCommand, "STATE"});
  rows.push_back({with_value("defer-state", "DIR", "artifacts to defer to, if not --state"),
                  kEveryCommand, "DEFER_STATE"});
  rows.push_back({flag("defer", "use the earlier run's relations for nodes that are not selected"),
                  kEveryCommand, "DEFER"});
  rows.push_back({flag("favor-state", "with --defer: even if the relation is here"), kEveryCommand,
                  "FAVOR_STATE"});
}

void add_project_options(std::vector<DbtOptionRow>& rows) {
  rows.push_back({with_value("project-dir", "DIR", "folder of dbt_project.yml"), kEveryCommand,
                  "PROJECT_DIR"});
  rows.push_back(
      {with_value("profiles-dir", "DIR", "folder of profiles.yml"), kEveryCommand, "PROFILES_DIR"});
  rows.push_back({with_value("profile", "NAME", "profile to use"), kEveryCommand, "PROFILE"});
  rows.push_back({with_value("target", "NAME", "target to use", 't'), kEveryCommand, "TARGET"});
  rows.push_back({with_value("target-path", "DIR", "folder for outputs, instead of target"),
                  kEveryCommand, "TARGET_PATH"});
  rows.push_back({with_value("packages-install-path", "DIR", "folder of installed packages"),
                  kParseBit, "PACKAGES_INSTALL_PATH"});
  rows.push_back({with_value("vars", "YAML", "variables"), kEveryCommand});
  rows.push_back({with_value("threads", "N", "nodes at a time"), kThreaded});
  rows.push_back(
      {with_value("invocation-id", "UUID", "identify this run"), kParseBit, "INVOCATION_ID"});
}

void add_run_options(std::vector<DbtOptionRow>& rows) {
  const unsigned built = kBuildBit | kCompileBit | kRunBit | kSeedBit | kSnapshotBit;
  rows.push_back({flag("full-refresh", "rebuild incremental models and seeds", 'f', false),
                  kBuildBit | kCompileBit | kShowBit | kRunBit | kRetryBit | kCloneBit | kSeedBit,
                  "FULL_REFRESH"});
  rows.push_back({flag("fail-fast", "stop at the first failure", 'x'), kEveryCommand, "FAIL_FAST"});
  rows.push_back({flag("empty", "read no rows from refs and sources"), built, "EMPTY"});
  rows.push_back({with_value("sample", "WINDOW", "read only rows of this time, as \"3 days\""),
                  kBuildBit | kRunBit, "SAMPLE"});
  rows.push_back({flag("store-failures", "keep failing rows in tables", 0, false),
                  kBuildBit | kTestBit, "STORE_FAILURES"});
  rows.push_back({flag("show", "print some rows of each seed", 0, false), kBuildBit | kSeedBit});
  rows.push_back({with_value("event-time-start", "TIME", "first batch of microbatch models"),
                  kBuildBit | kRunBit, "EVENT_TIME_START"});
  rows.push_back({with_value("event-time-end", "TIME", "end of the last batch"),
                  kBuildBit | kRunBit, "EVENT_TIME_END"});
  rows.push_back({with_value("args", "YAML", "arguments of the macro"), kOperationBit});
  rows.push_back(
      {with_value("sql", "SQL", "a statement to run, instead of a macro"), kOperationBit});
  rows.push_back(
      {with_value("inline", "SQL", "a query instead of a node"), kCompileBit | kShowBit});
  rows.push_back({with_value("inline-direct", "SQL", "a query that is not rendered"), kShowBit});
  rows.push_back({with_value("limit", "N", "rows to print; -1 is all"), kShowBit});
  rows.push_back({flag("introspect", "ask the database while compiling"), kCompileBit | kShowBit,
                  "INTROSPECT"});
  rows.push_back(
      {flag("inject-ephemeral-ctes", "put ephemeral models into compiled SQL"), kCompileBit});
  rows.push_back({with_value("output", "FORMAT", "json or text", 0, {"json", "text"}),
                  kCompileBit | kShowBit});
  rows.push_back({with_value("output", "FORMAT", "json, name, path or selector", 0,
                             {"json", "name", "path", "selector"}),
                  kListBit});
  rows.push_back({with_value("output", "FILE", "where to write sources.json", 'o'), kFreshnessBit});
  rows.push_back({with_values("output-keys", "KEY", "what JSON lines show"), kListBit});
  rows.push_back({flag("compile", "write compiled SQL too"), kDocsBit});
  rows.push_back(
      {flag("empty-catalog", "write a catalog without asking the database", 0, false), kDocsBit});
  rows.push_back({flag("static", "also write static_index.html", 0, false), kDocsBit});
  rows.push_back({flag("upgrade", "look for newer versions", 0, false), kDepsBit});
  rows.push_back({flag("lock", "only write package-lock.yml", 0, false), kDepsBit});
  rows.push_back(
      {with_value("add-package", "NAME@VERSION", "add a package to packages.yml"), kDepsBit});
  rows.push_back(
      {with_value("source", "KIND", "where --add-package finds it", 0, {"hub", "git", "local"}),
       kDepsBit});
  rows.push_back({flag("clean-project-files-only", "never delete outside the project"), kCleanBit,
                  "CLEAN_PROJECT_FILES_ONLY"});
  rows.push_back(
      {flag("config-dir", "print where profiles.yml is looked for", 0, false), kDebugBit});
  rows.push_back({flag("connection", "only test the connection", 0, false), kDebugBit});
}

void add_output_options(std::vector<DbtOptionRow>& rows) {
  const Strings formats = {"text", "debug", "json", "default", "otel"};
  const Strings levels = {"debug", "info", "warn", "error", "none", "off"};
  rows.push_back({flag("quiet", "only errors and results", 'q'), kEveryCommand, "QUIET"});
  rows.push_back({flag("debug", "also debug messages", 'd'), kEveryCommand, "DEBUG"});
  rows.push_back({flag("use-colors", "colour the output"), kEveryCommand, "USE_COLORS"});
  rows.push_back({with_value("log-format", "FORMAT", "text or json", 0, formats), kEveryCommand,
                  "LOG_FORMAT"});
  rows.push_back({with_value("log-level", "LEVEL", "least important message", 0, levels),
                  kEveryCommand, "LOG_LEVEL"});
  rows.push_back({with_value("log-path", "DIR", "folder of dbt.log, instead of logs"),
                  kEveryCommand, "LOG_PATH"});
  rows.push_back({with_value("log-format-file", "FORMAT", "format of dbt.log", 0, formats),
                  kEveryCommand, "LOG_FORMAT_FILE"});
  rows.push_back(
      {with_value("log-level-file", "LEVEL", "least important message of dbt.log", 0, levels),
       kEveryCommand, "LOG_LEVEL_FILE"});
  rows.push_back({with_value("log-file-max-bytes", "N", "size of dbt.log; 0 is no limit"),
                  kEveryCommand, "LOG_FILE_MAX_BYTES"});
  rows.push_back({flag("print", "let templates print()"), kEveryCommand, "PRINT"});
  rows.push_back({with_value("printer-width", "N", "columns of a progress line"), kEveryCommand,
                  "PRINTER_WIDTH"});
  rows.push_back(
      {flag("warn-error", "warnings are errors", 0, false), kEveryCommand, "WARN_ERROR"});
  rows.push_back({with_value("warn-error-options", "YAML", "which warnings are errors"),
                  kEveryCommand, "WARN_ERROR_OPTIONS"});
  rows.push_back(
      {flag("show-all-deprecations", "every deprecation, not only the first of a kind", 0, false),
       kEveryCommand});
  rows.push_back({flag("write-json", "write artifacts to target/"), kEveryCommand, "WRITE_JSON"});
  rows.push_back(
      {flag("version-check", "check require-dbt-version"), kEveryCommand, "VERSION_CHECK"});
  rows.push_back({with_value("maximum-seed-size-mib", "N", "seeds above this are hashed by path"),
                  kEveryCommand, "MAXIMUM_SEED_SIZE_MIB"});
}

/// Options of dbt that change how it works inside, where floe works otherwise: taken and ignored.
void add_accepted_options(std::vector<DbtOptionRow>& rows) {
  for (const std::string_view name :
       {"partial-parse", "partial-parse-file-diff", "static-parser", "use-experimental-parser",
        "populate-cache", "cache-selected-only", "send-anonymous-usage-stats", "log-cache-events",
        "use-colors-file", "single-threaded", "use-fast-test-edges", "macro-debugging",
        "hints-enabled", "snowflake-projects-otel", "use-v2-parser",
        "upload-to-artifacts-ingest-api", "show-resource-report"}) {
    rows.push_back({flag(name, "has no effect here")});
  }
  for (const std::string_view name : {"partial-parse-file-path", "v2-parser"}) {
    rows.push_back({with_value(name, "VALUE", "has no effect here")});
  }
  rows.push_back({with_value("sqlparse", "YAML",
                             "limits of queries that ephemeral models go into: "
                             "MAX_GROUPING_DEPTH, MAX_GROUPING_TOKENS"),
                  kEveryCommand, "SQLPARSE"});
  rows.push_back({with_value("record-timing-info", "FILE", "has no effect here", 'r')});
  // Services around dbt export saved queries, dbt itself does not.
  for (const std::string_view name : {"export-saved-queries", "include-saved-query"}) {
    rows.push_back({flag(name, "has no effect here"), kBuildBit});
  }
}

const std::vector<DbtOptionRow>& option_rows() {
  static const std::vector<DbtOptionRow> rows = [] {
    std::vector<DbtOptionRow> made;
    add_selection_options(made);
    add_project_options(made);
    add_run_options(made);
    add_output_options(made);
    add_accepted_options(made);
    return made;
  }();
  return rows;
}

/// dbt's other names of a command.
std::string_view canonical_command(std::string_view word) { return word == "ls" ? "list" : word; }

const DbtCommandRow* find_dbt_command(std::string_view name) {
  for (const DbtCommandRow& row : kDbtCommands) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

/// Where the command's name stands among the words: behind global options and their values.
struct CommandPlace {
  std::size_t at = 0;
  std::size_t words = 0;
  std::string name;
};

Result<CommandPlace> find_command_place(const std::vector<std::string>& words) {
  const auto takes_value = [](std::string_view word) {
    if (word.find('=') != std::string_view::npos) return false;
    for (const DbtOptionRow& row : option_rows()) {
      const bool named = word.starts_with("--") && word.substr(2) == row.option.name;
      const bool lettered =
          word.size() == 2 && (row.option.letter == word[1] ||
                               std::find(row.option.aliases.begin(), row.option.aliases.end(),
                                         word.substr(1)) != row.option.aliases.end());
      if (named || lettered) return row.option.takes != Takes::kFlag;
    }
    return false;
  };
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i].starts_with("-")) {
      if (takes_value(words[i])) ++i;
      continue;
    }
    CommandPlace place{i, 1, std::string(canonical_command(words[i]))};
    if (i + 1 < words.size() && find_dbt_command(place.name) == nullptr) {
      const std::string two = words[i] + " " + words[i + 1];
      if (two == "source snapshot-freshness" || find_dbt_command(two) != nullptr) {
        return CommandPlace{i, 2, two == "source snapshot-freshness" ? "source freshness" : two};
      }
    }
    if (find_dbt_command(place.name) != nullptr) return place;
    if (words[i] == "docs" && i + 1 < words.size() && words[i + 1] == "serve") {
      return fail(ErrorKind::kUsage,
                  "floe dbt has no 'docs serve': dbt's documentation site is "
                  "part of dbt-core",
                  "'floe dbt docs generate' writes what the site shows (target/manifest.json and "
                  "target/catalog.json); 'dbt docs serve' of dbt-core shows it");
    }
    const std::string near = nearest(words[i], dbt_command_names());
    return fail(ErrorKind::kUsage, fmt::format("floe dbt has no command '{}'", words[i]),
                near.empty() ? "commands: " + join(dbt_command_names(), ", ")
                             : fmt::format("did you mean '{}'?", near));
  }
  return CommandPlace{words.size(), 0, ""};
}

std::optional<bool> parse_switch(std::string_view text) {
  const std::string lower = to_lower(text);
  if (lower == "1" || lower == "true" || lower == "yes" || lower == "on" || lower == "t" ||
      lower == "y") {
    return true;
  }
  if (lower == "0" || lower == "false" || lower == "no" || lower == "off" || lower == "f" ||
      lower == "n" || lower.empty()) {
    return false;
  }
  return std::nullopt;
}

/// Variables that set an option under the name that they had before.
struct OldVariable {
  std::string_view name;    // behind DBT_ or DBT_ENGINE_
  std::string_view option;  // what it sets
  bool negated = false;
};

constexpr std::array<OldVariable, 4> kOldVariables = {{{"DEFER_TO_STATE", "defer"},
                                                       {"FAVOR_STATE_MODE", "favor-state"},
                                                       {"NO_PRINT", "print", true},
                                                       {"ARTIFACT_STATE_PATH", "state"}}};

void add_old_variables(DbtCall& call) {
  for (const OldVariable& old : kOldVariables) {
    for (const std::string_view prefix : {"DBT_ENGINE_", "DBT_"}) {
      const auto it = call.env.find(std::string(prefix) + std::string(old.name));
      if (it == call.env.end() || it->second.empty()) continue;
      call.renamed.push_back(
          {"DBT_" + std::string(old.name),
           "DBT_ENGINE_" + to_upper(replace_all(std::string(old.option), "-", "_"))});
      const std::string option(old.option);
      if (call.args.has(option)) break;
      const std::optional<bool> on = parse_switch(it->second);
      if (option == "state") {
        call.args.set(option, it->second);
      } else if (on) {
        call.args.set_flag(option, *on != old.negated);
      }
      break;
    }
  }
}

/// --warn-error-options as a mapping. What dbt does not take ends it with its exit code 1.
Status read_warn_error_options(DbtCall& call) {
  const std::optional<std::string> text = call.args.value("warn-error-options");
  if (!text) return {};
  call.warn_error_options = FLOE_TRY(read_yaml_option("--warn-error-options", *text));
  const auto policy = dbt::WarnPolicy::from_options(call.warn_error_options, false);
  if (policy) return {};
  Error error = policy.error();
  error.kind = ErrorKind::kViolation;
  return tl::unexpected(std::move(error));
}

/// Options that were not given on the command line, from DBT_* variables.
Status add_environment(DbtCall& call, unsigned command_bit) {
  add_old_variables(call);
  for (const DbtOptionRow& row : option_rows()) {
    if (row.env.empty() || (row.commands & command_bit) == 0 || call.args.has(row.option.name)) {
      continue;
    }
    for (const std::string_view prefix : {"DBT_ENGINE_", "DBT_"}) {
      const auto it = call.env.find(std::string(prefix) + std::string(row.env));
      if (it == call.env.end() || it->second.empty()) continue;
      const std::string name(row.option.name);
      if (row.option.takes == Takes::kFlag) {
        const std::optional<bool> on = parse_switch(it->second);
        if (!on) {
          return fail(ErrorKind::kUsage, fmt::format("{} is '{}', which is neither true nor false",
                                                     it->first, it->second));
        }
        call.args.set_flag(name, *on);
      } else if (row.option.takes == Takes::kValues) {
        for (const std::string_view word : split_words(it->second)) {
          call.args.set(name, std::string(word));
        }
      } else {
        const auto& choices = row.option.choices;
        if (!choices.empty() &&
            std::find(choices.begin(), choices.end(), it->second) == choices.end()) {
          return fail(ErrorKind::kUsage,
                      fmt::format("{} is '{}', which is not one of {}", it->first, it->second,
                                  fmt::join(choices, ", ")));
        }
        call.args.set(name, it->second);
      }
      break;
    }
  }
  return {};
}

/// The folder of dbt_project.yml: as given, or the nearest one upwards.
fs::path find_project_dir(const Args& args, const fs::path& working_folder) {
  if (const std::optional<std::string> given = args.value("project-dir")) {
    return (working_folder / *given).lexically_normal();
  }
  std::error_code code;
  for (fs::path at = working_folder; !at.empty(); at = at.parent_path()) {
    if (fs::exists(at / "dbt_project.yml", code)) return at;
    if (at == at.root_path()) break;
  }
  return working_folder;
}

}  // namespace

std::optional<std::vector<std::string>> DbtCall::select() const {
  std::vector<std::string> words_given = args.values("select");
  for (const std::string& word : args.values("models")) words_given.push_back(word);
  if (words_given.empty()) return std::nullopt;
  return words_given;
}

std::vector<std::string> dbt_command_names() {
  std::vector<std::string> names;
  for (const DbtCommandRow& row : kDbtCommands) names.emplace_back(row.name);
  return names;
}

const Command& dbt_command(std::string_view name) {
  static std::map<std::string, Command, std::less<>> made;
  const auto found = made.find(name);
  if (found != made.end()) return found->second;
  static std::map<std::string, std::string, std::less<>> paths;
  const DbtCommandRow* row = find_dbt_command(name);
  Command command{};
  const std::string& path =
      paths.emplace(std::string(name), name.empty() ? "dbt" : "dbt " + std::string(name))
          .first->second;
  command.path = path;
  const unsigned bit = row == nullptr ? 0 : row->bit;
  if (row != nullptr) command.summary = row->summary;
  for (const DbtOptionRow& option : option_rows()) {
    if ((option.commands & bit) != 0 || option.commands == kEveryCommand) {
      command.options.push_back(option.option);
    }
  }
  Option show_version = flag("version", "print the version", 'v', false);
  show_version.aliases = {"V"};
  command.options.push_back(std::move(show_version));
  if (bit == kOperationBit) command.positionals.push_back({"MACRO", "macro to call", false, false});
  return made.emplace(std::string(name), std::move(command)).first->second;
}

Result<value::Value> read_yaml_option(std::string_view option, const std::string& text) {
  if (trim(text).empty()) return value::Value::map();
  diag::SourceMap sources;
  diag::Sink sink;
  const diag::Source& source = sources.add(std::string(option), text);
  value::YamlOptions yaml;
  yaml.schema = value::YamlSchema::kYaml11;
  yaml.duplicate_keys_are_errors = false;
  value::Value parsed = value::read_yaml(source, yaml, sink);
  if (sink.has_errors()) {
    return fail(ErrorKind::kUsage,
                fmt::format("{} is no valid YAML: {}", option, sink.sorted().front().message),
                fmt::format("as in {} '{{key: value}}'", option));
  }
  if (!parsed.is_map()) {
    return fail(ErrorKind::kUsage,
                fmt::format("{} must be a YAML mapping, but is {}", option, parsed.kind_name()),
                fmt::format("as in {} '{{key: value}}'", option));
  }
  return parsed;
}

std::string make_invocation_id() {
  std::random_device device;
  std::array<unsigned char, 16> bytes{};
  for (std::size_t i = 0; i < bytes.size(); i += 4) {
    const unsigned random = device();
    for (std::size_t j = 0; j < 4; ++j) {
      bytes[i + j] = static_cast<unsigned char>(random >> (8 * j));
    }
  }
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", bytes[i]);
  }
  return text;
}

Result<DbtCall> read_dbt_call(const std::vector<std::string>& words,
                              const std::map<std::string, std::string>& env,
                              const fs::path& working_folder) {
  DbtCall call;
  call.words = words;
  call.working_folder = working_folder;
  call.env = env;
  const CommandPlace place = FLOE_TRY(find_command_place(words));
  call.command = place.name;
  std::vector<std::string> arguments = words;
  const auto at = arguments.begin() + static_cast<std::ptrdiff_t>(place.at);
  arguments.erase(at, at + static_cast<std::ptrdiff_t>(place.words));
  call.args = FLOE_TRY(parse_args(dbt_command(place.name), arguments));
  const DbtCommandRow* row = find_dbt_command(place.name);
  FLOE_CHECK(add_environment(call, row == nullptr ? kEveryCommand : row->bit));
  FLOE_CHECK(read_warn_error_options(call));
  if (call.args.has("inline") && (call.select() || call.args.has("selector"))) {
    return fail(ErrorKind::kUsage, "--inline goes neither with --select nor with --selector",
                "give the query or name nodes");
  }
  // Wrong times are refused before anything is read, whether a model is run in batches or not.
  FLOE_TRY(runtime::parse_event_time_options(call.args.value_or("event-time-start", ""),
                                             call.args.value_or("event-time-end", "")));
  call.project_dir = find_project_dir(call.args, working_folder);
  if (const std::optional<std::string> given = call.args.value("log-path")) {
    call.log_path = (working_folder / *given).lexically_normal();
  }
  if (const std::optional<std::string> given = call.args.value("profiles-dir")) {
    call.profiles_dir = (working_folder / *given).lexically_normal();
  }
  if (const std::optional<std::string> text = call.args.value("vars")) {
    call.vars = FLOE_TRY(read_yaml_option("--vars", *text));
  }
  call.invocation_id = call.args.value_or("invocation-id", "");
  if (call.invocation_id.empty()) call.invocation_id = make_invocation_id();
  return call;
}

}  // namespace floe::cli
