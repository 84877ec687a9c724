// SPDX-License-Identifier: Apache-2.0
// `floe dbt`: dbt's own command line.
#include "base/environment.h"
#include "base/term.h"
#include "base/text.h"
#include "base/version.h"
#include "cli/dbt/call_warnings.h"
#include "cli/dbt/commands.h"
#include "cli/dbt/console.h"
#include "cli/dbt/options.h"
#include "cli/help.h"
#include "cli/parse.h"
#include "cli/report.h"
#include "dbt/manifest/write_manifest.h"
#include "dbt/project/flags.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>

namespace floe::cli {

namespace {

/// What the arguments in front of "dbt" asked for, in dbt's words.
std::vector<std::string> dbt_words(const Args& args) {
  std::vector<std::string> words;
  if (args.flag("quiet")) words.emplace_back("--quiet");
  if (args.value_or("log-format", "text") == "json") words.emplace_back("--log-format=json");
  for (const std::string& word : args.positionals()) words.push_back(word);
  return words;
}

LogTarget log_target(const DbtCall& call, const std::string& suffix, LogTarget target) {
  const std::string format = call.args.value_or("log-format" + suffix, "default");
  if (format == "json" || format == "otel") target.format = LineFormat::kJson;
  if (format == "text") target.format = LineFormat::kText;
  if (format == "debug") target.format = LineFormat::kDebug;
  const std::string level = call.args.value_or("log-level" + suffix, "");
  if (level == "debug") target.level = LogLevel::kDebug;
  if (level == "info") target.level = LogLevel::kInfo;
  if (level == "warn") target.level = LogLevel::kWarn;
  if (level == "error") target.level = LogLevel::kError;
  target.off = level == "none" || level == "off";
  if (call.args.flag("debug") && !target.off) target.level = LogLevel::kDebug;
  return target;
}

/// Where dbt.log goes without --log-path: log-path of dbt_project.yml, or logs/.
fs::path usual_log_folder(const DbtCall& call) {
  const Result<std::string> text = read_file(call.project_dir / "dbt_project.yml");
  if (!text || !contains(*text, "log-path")) return call.project_dir / "logs";
  const Result<value::Value> project = read_yaml_option("dbt_project.yml", *text);
  return call.project_dir / dbt::log_folder(project ? *project : value::Value::map());
}

Result<EventLogOptions> log_options(const DbtCall& call) {
  EventLogOptions log;
  log.console = log_target(call, "", log.console);
  if (call.args.flag("quiet") && !log.console.off) log.console.level = LogLevel::kError;
  log.file = log_target(call, "-file", log.file);
  const bool in_project = fs::exists(call.project_dir / "dbt_project.yml");
  if (call.log_path || in_project) {
    log.file_path = call.log_path.value_or(usual_log_folder(call)) / "dbt.log";
  }
  const std::optional<long> bytes =
      FLOE_TRY(call.args.number("log-file-max-bytes", 0, 1'000'000'000'000));
  if (bytes) log.file_bytes = static_cast<std::size_t>(*bytes);
  log.invocation_id = call.invocation_id;
  for (const auto& [name, text] : call.env) {
    constexpr std::string_view kCustom = "DBT_ENV_CUSTOM_ENV_";
    if (name.starts_with(kCustom)) log.extra.set(name.substr(kCustom.size()), text);
    if (name.starts_with("DBT_ENV_SECRET") && !text.empty()) log.secrets.push_back(text);
  }
  return log;
}

Result<ConsoleOptions> console_options(const DbtCall& call) {
  ConsoleOptions options;
  options.log = FLOE_TRY(log_options(call));
  options.json = options.log.console.format == LineFormat::kJson;
  options.quiet = options.log.console.off || options.log.console.level == LogLevel::kError;
  options.print = call.args.flag("print", true);
  options.color =
      !options.json && (call.args.has("use-colors") ? call.args.flag("use-colors")
                                                    : use_color(STDOUT_FILENO, ColorWhen::kAuto));
  const std::string width = call.args.value_or("printer-width", "");
  if (!width.empty() && width.size() < 5 &&
      width.find_first_not_of("0123456789") == std::string::npos) {
    options.width = static_cast<std::size_t>(std::stoi(width));
  }
  return options;
}

/// As `dbt --version` says it: tools read the versions of dbt and its adapter from these lines.
void print_dbt_version() {
  print(
      fmt::format("Core:\n  - installed: {0}\n  - latest:    {0} - Not checked\n\n"
                  "Plugins:\n  - duckdb: {1} - Not checked\n\n"
                  "Engine:\n  - floe: {2}\n",
                  dbt::kDbtVersion, kDbtDuckdbVersion, version()));
}

void say_completed(const DbtCall& call, Console& console, int code, double seconds) {
  const std::string now = dbt::artifact_time_now();
  const std::string command = "dbt " + call.command;
  console.say(LogLevel::kDebug,
              fmt::format("Command `{}` {} at {} after {:.2f} seconds", command,
                          code == kDbtFine ? "succeeded" : "failed", now.substr(11, 15), seconds),
              "CommandCompleted",
              event_data({{"command", command},
                          {"completed_at", now},
                          {"elapsed", seconds},
                          {"success", code == kDbtFine}}));
}

/// What there is to warn of before the project is read.
Status say_early(const CallWarnings& warnings, Console& console) {
  for (const std::string& name : warnings.ignored) {
    const std::string text =
        fmt::format("{} in warn_error_options is ignored: only dbt v2 has it", name);
    console.say(LogLevel::kInfo, text, "Note");
  }
  for (const dbt::Warning& each : warnings.early) FLOE_CHECK(console.warn(each));
  return {};
}

/// Counts the deprecations that came up; the exit code. Where the summary itself is an error, dbt
/// ends with 1 whatever it did.
int summarize_deprecations(Console& console, int exit) {
  const std::optional<dbt::Warning> summary = dbt::deprecations_summary(*console.warnings());
  if (!summary) return exit;
  const Status said = console.warn(*summary);
  if (said) return exit;
  console.error("Encountered an error:\n" + describe(said.error()));
  return kDbtFailed;
}

int dispatch(const DbtCall& call, Console& console) {
  if (call.command == "deps") return dbt_deps(call, console);
  if (call.command == "clean") return dbt_clean(call, console);
  if (call.command == "debug") return dbt_debug(call, console);
  if (call.command == "retry") return dbt_retry(call, console);
  // The process ends after this: taking a large project down node by node would be time lost.
  static DbtTask* kept = nullptr;
  kept = new DbtTask(call, console);
  DbtTask& task = *kept;
  if (call.command == "parse") {
    ParseMemory memory(call);
    if (memory.answer(task)) return kDbtFine;
    if (const std::optional<int> ended = task.load()) return *ended;
    return dbt_parse(task, memory);
  }
  if (const std::optional<int> ended = task.load()) return *ended;
  if (call.command == "list") return dbt_list(task);
  if (task.runtime().is_foreign()) {
    const Result<int> done = task.pass_on({});
    return done ? *done : task.report(done.error());
  }
  if (call.command == "compile") return dbt_compile(task);
  if (call.command == "show") return dbt_show(task);
  if (call.command == "run-operation") return dbt_run_operation(task);
  if (call.command == "source freshness") return dbt_freshness(task);
  if (call.command == "docs generate") return dbt_docs_generate(task);
  const Result<int> done = task.run(graph_plan(task));
  return done ? *done : task.report(done.error());
}

void print_dbt_help(const Output& output) {
  std::string text = "usage: floe dbt COMMAND [options]\n\nCommands of dbt, on floe's engine:\n";
  for (const std::string& name : dbt_command_names()) {
    text += fmt::format("  {:<18}{}\n", name, dbt_command(name).summary);
  }
  text += "\nSee 'floe dbt COMMAND --help' for the options of one.\n";
  (void)output;
  print(text);
}

int run_dbt(const Args& args) {
  const Output output = output_of(args);
  const std::vector<std::string> words = dbt_words(args);
  std::vector<std::string> plain;
  for (const std::string& word : words) {
    if (word != "--help" && word != "-h") plain.push_back(word);
  }
  std::error_code code;
  const fs::path here = fs::current_path(code);
  const bool help = asks_for_help(words);
  const Result<DbtCall> call = read_dbt_call(plain, process_environment(), here);
  if (help) {
    if (call && !call->command.empty()) {
      print(help_for(dbt_command(call->command), output.width, output.color_out));
    } else {
      print_dbt_help(output);
    }
    return kDbtFine;
  }
  if (!call) return report_error(output, call.error());
  if (call->args.flag("version")) {
    print_dbt_version();
    return kDbtFine;
  }
  if (call->command.empty()) {
    print_dbt_help(output);
    return kDbtBroken;
  }
  // Relative paths in profiles (a DuckDB file) count from the project's folder.
  fs::current_path(call->project_dir, code);
  if (code) {
    return report_error(
        output,
        Error{ErrorKind::kUsage,
              fmt::format("cannot work in '{}': {}", call->project_dir.string(), code.message()),
              "--project-dir takes the folder of dbt_project.yml", nullptr});
  }
  Result<ConsoleOptions> options = console_options(*call);
  if (!options) return report_error(output, options.error());
  const Result<CallWarnings> warnings = call_warnings(*call);
  if (!warnings) return report_error(output, warnings.error());
  options->warnings = warnings->warnings;
  Console console(std::move(*options));
  if (call->command != "list" || console.options().json) {
    console.say(
        LogLevel::kInfo, fmt::format("Running with dbt={} (floe={})", dbt::kDbtVersion, version()),
        "MainReportVersion",
        event_data({{"log_version", 3}, {"version", fmt::format("={}", dbt::kDbtVersion)}}));
  }
  const auto start = std::chrono::steady_clock::now();
  const Status begun = say_early(*warnings, console);
  int exit = begun ? dispatch(*call, console) : DbtTask(*call, console).report(begun.error());
  exit = summarize_deprecations(console, exit);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  say_completed(*call, console, exit, elapsed.count());
  return exit;
}

}  // namespace

const Command command_dbt = {
    .path = "dbt",
    .summary = "dbt's own command line: build, run, test, ls and the rest",
    .details =
        "Takes dbt's commands and options, writes dbt's files to target/ and exits as dbt does, "
        "so that it can stand where dbt stood.\n\n"
        "In a data product's folder the platform is enforced first.\n\n"
        "  floe dbt build --select tag:nightly+\n"
        "  floe dbt ls --select state:modified+ --state prod-artifacts",
    .options = {},
    .positionals = {{"ARGS", "dbt's command and its options", false, true}},
    .run = run_dbt,
    .raw_arguments = true,
    .hidden = false,
};

}  // namespace floe::cli
