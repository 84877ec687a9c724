// SPDX-License-Identifier: Apache-2.0
#include "diag/render.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::diag {

std::optional<Format> parse_format(std::string_view name) {
  if (name == "text") return Format::kText;
  if (name == "json") return Format::kJson;
  if (name == "sarif") return Format::kSarif;
  if (name == "github") return Format::kGithub;
  if (name == "junit") return Format::kJunit;
  return std::nullopt;
}

std::string render(Format format, const std::vector<Diagnostic>& diagnostics,
                   const SourceMap& sources, const RenderOptions& options) {
  switch (format) {
    case Format::kText: return render_text(diagnostics, sources, options);
    case Format::kJson: return render_json(diagnostics, sources, options);
    case Format::kSarif: return render_sarif(diagnostics, sources, options);
    case Format::kGithub: return render_github(diagnostics, sources, options);
    case Format::kJunit: return render_junit(diagnostics, sources, options);
  }
  return {};
}

std::string count_line(const std::vector<Diagnostic>& diagnostics) {
  const auto count = [&](Severity severity) {
    return static_cast<std::size_t>(
        std::count_if(diagnostics.begin(), diagnostics.end(),
                      [&](const Diagnostic& d) { return d.severity == severity; }));
  };
  std::vector<std::string> parts;
  if (const auto errors = count(Severity::kError)) parts.push_back(counted(errors, "error"));
  if (const auto warnings = count(Severity::kWarning)) {
    parts.push_back(counted(warnings, "warning"));
  }
  if (const auto notes = count(Severity::kNote)) parts.push_back(counted(notes, "note"));
  return join(parts, ", ");
}

std::optional<Position> position_of(const Diagnostic& diagnostic, const SourceMap& sources) {
  if (auto position = sources.locate(diagnostic.span)) return position;
  return diagnostic.position;
}

std::string place_text(const std::optional<Position>& position) {
  if (!position) return {};
  return fmt::format("{}:{}:{}", position->path, position->line, position->column);
}

}  // namespace floe::diag
