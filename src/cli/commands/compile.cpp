// SPDX-License-Identifier: Apache-2.0
#include "base/environment.h"
#include "base/install_paths.h"
#include "base/process.h"
#include "base/signals.h"
#include "base/term.h"
#include "base/text.h"
#include "base/watch.h"
#include "cli/command.h"
#include "cli/compile_cache.h"
#include "cli/compile_outputs.h"
#include "cli/enforce.h"
#include "cli/mesh.h"
#include "cli/product.h"
#include "cli/report.h"
#include "policy/waivers.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

namespace floe::cli {

namespace {

/// Collects what a compile says, so that it can be printed now and remembered.
struct CompileTranscript {
  std::string format;
  bool quiet = false;
  std::string out;
  std::string err;
  bool first_step = true;
  std::vector<std::string> warnings;  // of what was loaded; steps tell them in text

  /// Steps are the result in text; in the other formats the findings are.
  void step(int depth, const std::string& line) {
    if (quiet) return;
    std::string& to = format == "text" ? out : err;
    if (depth == 0 && !first_step) to += "\n";
    if (depth == 0) first_step = false;
    to += std::string(depth == 0 ? 0 : depth == 1 ? 6 : 14, ' ') + line + "\n";
  }
};

/// What the output of a compile depends on, apart from files and environment variables.
std::string compile_options_text(const Args& args, const Output& output) {
  return fmt::format("format={} verbosity={} quiet={} color={} width={} env={} vars={} refresh={}",
                     args.value_or("format", "text"), output.verbosity, output.quiet,
                     output.color_err, output.width, args.value_or("env", ""),
                     args.value_or("vars", ""), args.flag("full-refresh"));
}

/// The inputs of this compile for its memory; nothing without a platform digest.
CompileInputs compile_inputs(const OpenProduct& opened, const std::string& digest, const Args& args,
                             const Output& output) {
  CompileInputs inputs;
  inputs.product_dir = opened.root;
  for (const char* package : {"dbt/dbt", "dbt/dbt_duckdb"}) {
    if (const auto folder = find_data_file(package)) inputs.other_roots.push_back(*folder);
  }
  inputs.outputs = {opened.target_path / "compiled.json", opened.target_path / "report.html",
                    opened.target_path / "manifest.json"};
  inputs.platform_digest = digest;
  inputs.options = compile_options_text(args, output);
  inputs.env = process_environment();
  return inputs;
}

void emit_transcript(const CompileTranscript& transcript) {
  print(transcript.out);
  std::fflush(stdout);
  std::fputs(transcript.err.c_str(), stderr);
}

/// What was said of the platform and of other products, as findings.
std::vector<diag::Diagnostic> loading_findings(const CompileTranscript& transcript) {
  std::vector<diag::Diagnostic> findings;
  for (const std::string& text : transcript.warnings) {
    diag::Diagnostic& finding = findings.emplace_back();
    finding.code = "P009";
    finding.severity = diag::Severity::kWarning;
    finding.message = text;
  }
  return findings;
}

void add_findings(const OpenProduct& opened, const Output& output, CompileTranscript& transcript) {
  const diag::RenderOptions options = render_options(output);
  auto findings = opened.sink->sorted(*opened.sources);
  const auto format = diag::parse_format(transcript.format).value_or(diag::Format::kText);
  if (format == diag::Format::kText && transcript.quiet) {
    for (const std::string& text : transcript.warnings) transcript.err += "warning: " + text + "\n";
  }
  if (format != diag::Format::kText) {
    const auto loading = loading_findings(transcript);
    findings.insert(findings.begin(), loading.begin(), loading.end());
    transcript.out += diag::render(format, findings, *opened.sources, options);
  } else if (!findings.empty()) {
    transcript.err += "\n" + diag::render_text(findings, *opened.sources, options);
  }
}

/// Compiles for real; the exit code.
Result<int> compile_afresh(OpenProduct& opened, core::LoadedPlatform platform,
                           const ProductOptions& options, const Output& output,
                           CompileTranscript& transcript) {
  const auto step = [&](int depth, const std::string& line) { transcript.step(depth, line); };
  auto result = compile_loaded(opened, std::move(platform), options, step, output.verbosity);
  if (!result) {
    emit_transcript(transcript);
    return tl::unexpected(std::move(result.error()));
  }
  if (result->passed && options.platform.empty()) {
    for (const fs::path& path : FLOE_TRY(write_compile_outputs(opened, *result))) {
      transcript.step(1, "✓ Wrote " + path.lexically_relative(opened.root).string());
    }
  } else if (options.platform.empty()) {
    FLOE_TRY(write_compile_outputs(opened, *result));
  }
  add_findings(opened, output, transcript);
  return result->passed ? 0 : findings_exit_code(*opened.sink);
}

int compile_once(const Args& args) {
  const Output output = output_of(args);
  auto options = product_options(args, "compile");
  if (!options) return report_error(output, options.error());
  auto opened = open_product(".");
  if (!opened) return report_error(output, opened.error());

  CompileTranscript transcript;
  transcript.format = args.value_or("format", "text");
  transcript.quiet = output.quiet;
  if (opened->sink->has_errors()) {
    add_findings(*opened, output, transcript);
    emit_transcript(transcript);
    return 2;
  }
  // The lock, the tag and the digest are checked on every compile, remembered or not.
  auto platform = open_platform(*opened, *options);
  if (!platform) return report_error(output, platform.error());
  // So are the products that it reads.
  auto ports = open_mesh(*opened, *options, platform->platform);
  if (!ports) return report_error(output, ports.error());
  opened->mesh = *ports;
  transcript.warnings = platform->warnings;
  transcript.warnings.insert(transcript.warnings.end(), (*ports)->warnings.begin(),
                             (*ports)->warnings.end());
  if (opened->sink->has_errors()) {
    add_findings(*opened, output, transcript);
    emit_transcript(transcript);
    return 2;
  }
  const bool remembers = options->platform.empty() && !args.flag("no-cache");
  CompileInputs inputs = compile_inputs(*opened, platform->platform.digest, args, output);
  for (const std::string& text : transcript.warnings) inputs.options += "\n" + text;
  inputs.options += "\n" + opened->mesh->fingerprint;
  // A waiver that holds today may be void tomorrow.
  if (!platform->platform.waivers.empty()) inputs.options += "\ntoday=" + policy::utc_today();
  if (remembers) {
    if (const auto memory = recall_compile(inputs)) {
      transcript.out = memory->out;
      transcript.err = memory->err;
      emit_transcript(transcript);
      return memory->exit_code;
    }
  }
  const Result<int> exit =
      compile_afresh(*opened, std::move(*platform), *options, output, transcript);
  if (!exit) return report_error(output, exit.error());
  emit_transcript(transcript);
  // What the machine could not do now it may do the next time.
  const bool lasting = *exit != floe::exit_code(ErrorKind::kEnvironment);
  if (remembers && lasting) remember_compile(inputs, {*exit, transcript.out, transcript.err});
  return *exit;
}

/// The command line of one compile of a watch. Each is a process of its own: however long the watch
/// goes on, it needs no more memory than at its start.
std::vector<std::string> command_line(const Args& args, const Output& output) {
  std::vector<std::string> words = {"/proc/self/exe", "compile"};
  for (const char* name : {"format", "env", "vars", "platform", "log-format", "ca-file"}) {
    if (const auto value = args.value(name)) words.push_back(fmt::format("--{}={}", name, *value));
  }
  for (const char* name : {"locked", "no-cache", "offline", "plain-http"}) {
    if (args.flag(name)) words.push_back(fmt::format("--{}", name));
  }
  if (output.quiet) words.emplace_back("--quiet");
  for (int i = 0; i < output.verbosity; ++i) words.emplace_back("--verbose");
  words.push_back(output.color_out ? "--color=always" : "--color=never");
  return words;
}

/// Compiles whenever a file of the product has changed, until Ctrl-C.
int watch_product(const Args& args) {
  static const std::vector<std::string> kSkipped = {"target", "logs", "dbt_packages", ".git",
                                                    ".venv",  "venv", "node_modules"};
  const Output output = output_of(args);
  const auto root = find_product_root(".");
  if (!root) return report_error(output, root.error());
  Cancellation cancellation;
  ProcessOptions process;
  process.timeout = std::chrono::milliseconds(0);
  process.pass_stderr = true;
  process.on_output = [](std::string_view text) {
    print(text);
    std::fflush(stdout);
  };
  process.cancel = &cancellation.flag();
  const std::vector<std::string> words = command_line(args, output);
  while (!cancellation.flag()) {
    // Before compiling: what changes meanwhile is compiled next.
    const auto watch = FolderWatch::start(*root, kSkipped);
    if (!watch) return report_error(output, watch.error());
    if (is_terminal(STDOUT_FILENO)) print("\x1b[H\x1b[2J\x1b[3J");
    if (const auto done = run_process(words, process); !done && !cancellation.flag()) {
      return report_error(output, done.error());
    }
    if (!output.quiet && !cancellation.flag()) {
      fmt::print(stderr, "watching {} (Ctrl-C ends this)\n", printable(root->string()));
    }
    if (!watch->wait(cancellation.flag(), {"floe.lock"})) break;
  }
  return exit_code(ErrorKind::kInterrupted);
}

int run_compile(const Args& args) {
  return args.flag("watch") ? watch_product(args) : compile_once(args);
}

}  // namespace

const Command command_compile = {
    .path = "compile",
    .summary = "Check a data product against its platform, before anything runs",
    .details =
        "Loads the platform that floe.yaml names, reads the dbt project, and enforces every rule "
        "that the platform turns on. Nothing is executed. Exit code 1: a rule refuses the product "
        "or dbt would; 2: floe.yaml is wrong; 4: the platform is not the one that floe.lock pins.",
    .options = {diagnostics_format_option(),
                environment_option(),
                vars_option(),
                {.name = "platform",
                 .takes = Takes::kValue,
                 .value_name = "VERSION",
                 .help = "What if: compile against another version; no file changes"},
                locked_option(),
                {.name = "no-cache", .help = "Compile even if nothing has changed"},
                {.name = "watch",
                 .letter = 'w',
                 .help = "Compile again whenever a file changes, until Ctrl-C"}},
    .positionals = {},
    .run = run_compile,
};

}  // namespace floe::cli
