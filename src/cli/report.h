// SPDX-License-Identifier: Apache-2.0
// How commands speak: results to stdout, everything else to stderr, failures with what to do next.
#pragma once

#include "base/result.h"
#include "cli/command.h"
#include "diag/diagnostic.h"
#include "diag/render.h"

#include <string>
#include <string_view>
#include <vector>

namespace floe::cli {

/// How this call writes, from the global options and what stdout and stderr are.
struct Output {
  bool quiet = false;
  int verbosity = 0;      // -v: 1, -vv: 2
  bool json_log = false;  // --log-format json: stderr is JSON lines
  bool progress = false;  // draw live progress on stderr
  bool color_out = false;
  bool color_err = false;
  int width = 80;  // of stdout, in columns
};

Output output_of(const Args& args);

/// Writes a result to stdout. A failure (full disk) is found by finish_output.
void print(std::string_view text);
/// Writes a result line to stdout.
void print_line(std::string_view line);

/// Says something on stderr, unless --quiet. One line without its end.
void note(const Output& output, std::string_view line);
/// Says something on stderr with -v only.
void detail(const Output& output, std::string_view line);
/// "warning: …" on stderr.
void warn(const Output& output, std::string_view message, std::string_view hint = {});

/// Prints "error: …" with its hint (with -vv: its causes, too) to stderr; returns the exit code.
int report_error(const Output& output, const Error& error);
int report_error(const Args& args, const Error& error);

/// How findings are rendered for this output, with the summaries of all rules.
diag::RenderOptions render_options(const Output& output);

/// Prints findings in a format ("text" to stderr; "json", "sarif", "github", "junit" to stdout,
/// being the result then). In the order of the Sink.
void report_diagnostics(const Output& output, const std::vector<diag::Diagnostic>& diagnostics,
                        const diag::SourceMap& sources, std::string_view format = "text");

/// The --format option for commands that report diagnostics: text, json, sarif, github, junit.
Option diagnostics_format_option();
/// The --format option for commands that list something: text or json.
Option format_option();

/// What commands that list something print: columns without lines that fit the terminal.
std::string list_table(const std::vector<std::string>& titles,
                       const std::vector<std::vector<std::string>>& rows, const Output& output);

/// Flushes stdout; kEnvironment if anything written to it got lost. A closed pipe is no failure.
Status finish_output();

/// An Error as one JSON object: {"kind", "message", "hint", "causes"}.
std::string error_json(const Error& error);

}  // namespace floe::cli
