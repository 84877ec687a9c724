// SPDX-License-Identifier: Apache-2.0
#include "base/term.h"
#include "base/text.h"
#include "diag/render.h"
#include "diag/render/detail.h"

#include <fmt/format.h>

namespace floe::diag {

namespace {

std::string github_data(std::string_view text) {
  std::string escaped = replace_all(printable(text), "%", "%25");
  escaped = replace_all(std::move(escaped), "\r", "%0D");
  return replace_all(std::move(escaped), "\n", "%0A");
}

std::string github_property(std::string_view text) {
  std::string escaped = replace_all(github_data(text), ":", "%3A");
  return replace_all(std::move(escaped), ",", "%2C");
}

std::string_view github_command(Severity severity) {
  switch (severity) {
    case Severity::kError: return "error";
    case Severity::kWarning: return "warning";
    case Severity::kNote: return "notice";
  }
  return "error";
}

}  // namespace

std::string render_github(const std::vector<Diagnostic>& diagnostics, const SourceMap& sources,
                          const RenderOptions&) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) {
    out += fmt::format("::{} ", github_command(diagnostic.severity));
    if (const auto position = position_of(diagnostic, sources)) {
      out += fmt::format("file={},line={},endLine={},col={},endColumn={},",
                         github_property(position->path), position->line, position->end_line,
                         position->column, position->end_column);
    }
    const std::string details = detail_lines(diagnostic);
    out += fmt::format("title={}::{}\n",
                       github_property(diagnostic.code.empty() ? "floe" : diagnostic.code),
                       github_data(diagnostic.message + (details.empty() ? "" : "\n" + details)));
  }
  return out;
}

}  // namespace floe::diag
