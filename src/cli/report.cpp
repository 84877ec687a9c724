// SPDX-License-Identifier: Apache-2.0
#include "cli/report.h"

#include "base/table.h"
#include "base/term.h"
#include "base/text.h"
#include "base/version.h"
#include "policy/rule.h"
#include "value/json.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace floe::cli {

namespace {

using value::Value;

/// The errno of the first failed write to stdout; 0 while all is well.
int first_write_error = 0;

std::string_view kind_word(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kViolation: return "violation";
    case ErrorKind::kUsage: return "usage";
    case ErrorKind::kEnvironment: return "environment";
    case ErrorKind::kSecurity: return "security";
    case ErrorKind::kInterrupted: return "interrupted";
  }
  return "environment";
}

Value error_value(const Error& error) {
  Value object = Value::map();
  object.set("kind", kind_word(error.kind));
  object.set("message", error.message);
  if (!error.hint.empty()) object.set("hint", error.hint);
  Value causes = Value::list();
  for (const Error* at = error.cause.get(); at != nullptr; at = at->cause.get()) {
    causes.push(at->message);
  }
  if (!causes.empty()) object.set("causes", std::move(causes));
  return object;
}

void write_err(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

/// One line of --log-format json.
void log_line(std::string_view level, std::string_view message, std::string_view hint = {}) {
  Value object = Value::map();
  object.set("level", level);
  object.set("message", message);
  if (!hint.empty()) object.set("hint", hint);
  write_err(value::write_json(object) + "\n");
}

/// `text` with its further lines moved right by `indent`.
std::string hanging(std::string_view text, std::size_t indent) {
  return replace_all(std::string(text), "\n", "\n" + std::string(indent, ' '));
}

}  // namespace

Output output_of(const Args& args) {
  Output output;
  output.quiet = args.flag("quiet");
  output.verbosity = args.count("verbose");
  output.json_log = args.value_or("log-format", "text") == "json";
  const std::string color = args.value_or("color", "auto");
  const ColorWhen when = color == "always"  ? ColorWhen::kAlways
                         : color == "never" ? ColorWhen::kNever
                                            : ColorWhen::kAuto;
  output.color_out = use_color(STDOUT_FILENO, when);
  output.color_err = use_color(STDERR_FILENO, when);
  const bool live = is_terminal(STDERR_FILENO) && !is_ci();
  output.progress = args.flag("progress", live) && live && !output.quiet && !output.json_log;
  output.width = terminal_width(STDOUT_FILENO);
  return output;
}

void print(std::string_view text) {
  if (first_write_error != 0) return;
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) {
    first_write_error = errno != 0 ? errno : EIO;
  }
}

void print_line(std::string_view line) {
  print(line);
  print("\n");
}

void note(const Output& output, std::string_view line) {
  if (output.quiet) return;
  if (output.json_log) return log_line("info", line);
  write_err(std::string(line) + "\n");
}

void detail(const Output& output, std::string_view line) {
  if (output.verbosity > 0) note(output, line);
}

void warn(const Output& output, std::string_view message, std::string_view hint) {
  if (output.json_log) return log_line("warning", message, hint);
  std::string text = styled("warning:", Style::kYellow, output.color_err) + " ";
  text += hanging(printable(message), 2) + "\n";
  if (!hint.empty()) text += "  hint: " + hanging(printable(hint), 8) + "\n";
  write_err(text);
}

int report_error(const Output& output, const Error& error) {
  std::fflush(stdout);
  if (output.json_log) {
    Value object = error_value(error);
    Value::Map& members = object.edit_map();
    members.insert(members.begin(), value::Member{"level", Value("error"), {}});
    write_err(value::write_json(object) + "\n");
    return exit_code(error.kind);
  }
  std::string text = styled("error:", Style::kRed, output.color_err) + " ";
  text += hanging(printable(error.message), 2) + "\n";
  if (output.verbosity >= 2) {
    for (const Error* at = error.cause.get(); at != nullptr; at = at->cause.get()) {
      text += "  caused by: " + hanging(printable(at->message), 13) + "\n";
    }
  } else if (error.cause != nullptr) {
    const Error* root = error.cause.get();
    while (root->cause != nullptr) root = root->cause.get();
    text += "  because: " + hanging(printable(root->message), 11) + "\n";
  }
  if (!error.hint.empty()) text += "  hint: " + hanging(printable(error.hint), 8) + "\n";
  write_err(text);
  return exit_code(error.kind);
}

int report_error(const Args& args, const Error& error) {
  return report_error(output_of(args), error);
}

diag::RenderOptions render_options(const Output& output) {
  static const std::vector<diag::CodeInfo> kRules = [] {
    std::vector<diag::CodeInfo> infos;
    for (const policy::Rule* rule : policy::all_rules()) {
      infos.push_back({rule->code, rule->slug, rule->summary});
    }
    return infos;
  }();
  diag::RenderOptions options;
  options.version = version();
  options.width = static_cast<std::size_t>(output.width);
  options.color = output.color_err;
  options.rules = kRules;
  return options;
}

void report_diagnostics(const Output& output, const std::vector<diag::Diagnostic>& diagnostics,
                        const diag::SourceMap& sources, std::string_view format) {
  const std::optional<diag::Format> known = diag::parse_format(format);
  if (!known) throw std::logic_error("unknown diagnostics format");
  const diag::RenderOptions options = render_options(output);
  if (*known != diag::Format::kText) {
    print(diag::render(*known, diagnostics, sources, options));
    return;
  }
  if (output.json_log) {
    for (const diag::Diagnostic& diagnostic : diagnostics) {
      log_line(diag::severity_name(diagnostic.severity),
               fmt::format("[{}] {}", diagnostic.code, diagnostic.message), diagnostic.help);
    }
    return;
  }
  std::fflush(stdout);
  write_err(diag::render_text(diagnostics, sources, options));
}

Option diagnostics_format_option() {
  return {.name = "format",
          .takes = Takes::kValue,
          .value_name = "FORMAT",
          .help = "How findings are written",
          .choices = {"text", "json", "sarif", "github", "junit"},
          .fallback = "text"};
}

Option format_option() {
  return {.name = "format",
          .takes = Takes::kValue,
          .value_name = "FORMAT",
          .help = "How the result is written",
          .choices = {"text", "json"},
          .fallback = "text"};
}

std::string list_table(const std::vector<std::string>& titles,
                       const std::vector<std::vector<std::string>>& rows, const Output& output) {
  std::vector<TableColumn> columns;
  for (const std::string& title : titles) columns.push_back({title});
  TableOptions options;
  options.width = static_cast<std::size_t>(output.width);
  options.color = output.color_out;
  options.lines = false;
  return format_table(columns, rows, options);
}

Status finish_output() {
  errno = 0;
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    if (first_write_error == 0) first_write_error = errno != 0 ? errno : EIO;
  }
  if (first_write_error == 0 || first_write_error == EPIPE) return {};
  return fail(ErrorKind::kEnvironment,
              fmt::format("cannot write to standard output: {}", std::strerror(first_write_error)));
}

std::string error_json(const Error& error) { return value::write_json(error_value(error)); }

}  // namespace floe::cli
