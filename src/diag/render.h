// SPDX-License-Identifier: Apache-2.0
// Writes diagnostics for people and for programs. Pure functions: diagnostics in, text out.
#pragma once

#include "diag/codes.h"
#include "diag/diagnostic.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace floe::diag {

/// The formats of --format.
enum class Format { kText, kJson, kSarif, kGithub, kJunit };

/// "text", "json", "sarif", "github", "junit"; nothing for any other name.
std::optional<Format> parse_format(std::string_view name);

struct RenderOptions {
  bool color = false;        // text only
  std::size_t width = 100;   // text only: where help is wrapped; 0: never
  bool excerpts = true;      // text only: show the source line
  std::string_view version;  // floe's version, for the formats that carry one
  /// Codes with their one-line summaries, for the formats that list rules. Those of codes.def are
  /// known anyway.
  std::span<const CodeInfo> rules = {};
};

/// All diagnostics in one format, in the order given. Ends with a newline; the text format of no
/// diagnostics is empty.
std::string render(Format format, const std::vector<Diagnostic>& diagnostics,
                   const SourceMap& sources, const RenderOptions& options = {});

/// For people: rustc's form, with the source line and a caret where the source is loaded.
std::string render_text(const std::vector<Diagnostic>& diagnostics, const SourceMap& sources,
                        const RenderOptions& options = {});
/// One diagnostic in the text format.
std::string render_one(const Diagnostic& diagnostic, const SourceMap& sources,
                       const RenderOptions& options = {});
/// Its place, labels, notes and help without the headline, for what has been said already.
std::string render_place(const Diagnostic& diagnostic, const SourceMap& sources,
                         const RenderOptions& options = {});
/// floe's own JSON (schemas/diagnostics.schema.json). Lines and columns count from 1, columns in
/// code points; `byte` is the offset in the file. Ends are exclusive.
std::string render_json(const std::vector<Diagnostic>& diagnostics, const SourceMap& sources,
                        const RenderOptions& options = {});
/// SARIF 2.1.0 (OASIS), as code scanning services read it. Waived findings are suppressed results.
std::string render_sarif(const std::vector<Diagnostic>& diagnostics, const SourceMap& sources,
                         const RenderOptions& options = {});
/// Workflow commands of GitHub Actions: one `::error file=…::…` line a finding.
std::string render_github(const std::vector<Diagnostic>& diagnostics, const SourceMap& sources,
                          const RenderOptions& options = {});
/// JUnit XML: errors are failed test cases, waived findings skipped ones, the rest passed ones with
/// output.
std::string render_junit(const std::vector<Diagnostic>& diagnostics, const SourceMap& sources,
                         const RenderOptions& options = {});

/// "2 errors, 1 warning"; "" if there is nothing to count.
std::string count_line(const std::vector<Diagnostic>& diagnostics);

/// Where a diagnostic points: by its span if the source is loaded, else by its position.
std::optional<Position> position_of(const Diagnostic& diagnostic, const SourceMap& sources);

/// "path:line:column", or "" without a place.
std::string place_text(const std::optional<Position>& position);

}  // namespace floe::diag
