// SPDX-License-Identifier: Apache-2.0
// `floe dbt`: dbt's own command line.
#include "base/environment.h"
#include "base/term.h"
#include "base/text.h"
#include "base/version.h"
#include "cli/dbt/commands.h"
#include "cli/dbt/console.h"
#include "cli/dbt/options.h"
#include "cli/help.h"
#include "cli/parse.h"
#include "cli/report.h"

#include <fmt/format.h>
#include <unistd.h>

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

ConsoleOptions console_options(const DbtCall& call) {
  ConsoleOptions options;
  const std::string format = call.args.value_or("log-format", "default");
  options.json = format == "json" || format == "otel";
  const std::string level = call.args.value_or("log-level", "info");
  options.quiet = call.args.flag("quiet") || level == "error" || level == "none" || level == "off";
  options.debug = call.args.flag("debug") || level == "debug";
  options.print = call.args.flag("print", true);
  options.color =
      !options.json && (call.args.has("use-colors") ? call.args.flag("use-colors")
                                                    : use_color(STDOUT_FILENO, ColorWhen::kAuto));
  options.invocation_id = call.invocation_id;
  const std::string width = call.args.value_or("printer-width", "");
  if (!width.empty() && width.size() < 5 &&
      width.find_first_not_of("0123456789") == std::string::npos) {
    options.width = static_cast<std::size_t>(std::stoi(width));
  }
  return options;
}

int dispatch(const DbtCall& call, Console& console) {
  if (call.command == "deps") return dbt_deps(call, console);
  if (call.command == "clean") return dbt_clean(call, console);
  if (call.command == "debug") return dbt_debug(call, console);
  if (call.command == "retry") return dbt_retry(call, console);
  DbtTask task(call, console);
  if (const std::optional<int> ended = task.load()) return *ended;
  if (call.command == "list") return dbt_list(task);
  if (call.command == "parse") return dbt_parse(task);
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
    print_line(fmt::format("floe {} (as dbt {}, duckdb adapter {})", version(), dbt::kDbtVersion,
                           "1.11.1"));
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
  Console console(console_options(*call));
  if (call->command != "list") {
    console.say(LogLevel::kInfo,
                fmt::format("Running with floe={} (dbt={})", version(), dbt::kDbtVersion),
                "MainReportVersion");
  }
  return dispatch(*call, console);
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
