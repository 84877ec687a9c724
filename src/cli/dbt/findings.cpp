// SPDX-License-Identifier: Apache-2.0
#include "cli/dbt/findings.h"

#include "cli/report.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

namespace floe::cli {

namespace {

/// A finding as an event: dbt's warnings under dbt's name, what floe alone finds as a note.
void log_finding(const diag::Diagnostic& finding, const diag::SourceMap& sources,
                 Console& console) {
  const std::optional<diag::Position> place = sources.locate(finding.span);
  const std::string text =
      place ? fmt::format("{} ({}:{}:{})", finding.message, place->path, place->line, place->column)
            : finding.message;
  const bool error = finding.severity == diag::Severity::kError;
  const std::string name = error                   ? "MainEncounteredError"
                           : finding.event.empty() ? "Note"
                                                   : finding.event;
  value::Value data = event_data({{error ? "exc" : "msg", text}});
  if (!error && !finding.event.empty()) {
    if (const auto given = value::read_json(finding.data)) data = *given;
  }
  // What is no warning of dbt does not count as one.
  const LogLevel level = error                   ? LogLevel::kError
                         : finding.event.empty() ? LogLevel::kInfo
                                                 : LogLevel::kWarn;
  if (!console.options().json) {
    console.note_in_file(level, text, name, data);
  } else if (error || finding.event.empty()) {
    console.say(level, text, name, data);
  } else {
    console.show({finding.event, text, std::move(data)});
  }
}

}  // namespace

void show_findings(const std::vector<diag::Diagnostic>& findings, const diag::SourceMap& sources,
                   Console& console) {
  std::vector<diag::Diagnostic> shown;
  for (const diag::Diagnostic& finding : findings) {
    if (!console.options().quiet || finding.severity == diag::Severity::kError) {
      shown.push_back(finding);
    }
  }
  Output output;
  output.quiet = false;
  output.color_err = console.options().color;
  output.json_log = console.options().json;
  if (!console.options().json) report_diagnostics(output, shown, sources);
  for (const diag::Diagnostic& finding : shown) log_finding(finding, sources, console);
}

namespace {

/// Numbers the files that findings point into.
class FoundFiles {
 public:
  FoundFiles(const diag::SourceMap& sources, const fs::path& folder)
      : sources_(sources), folder_(folder) {}

  std::optional<KeptFindings::Place> place_of(const diag::Span& span) {
    if (!span) return KeptFindings::Place{};
    const diag::Source* source = sources_.find(span);
    if (source == nullptr) return std::nullopt;
    const auto [known, added] =
        numbers_.emplace(source, static_cast<std::uint32_t>(numbers_.size() + 1));
    if (added) {
      const auto text = read_file(folder_ / source->path);
      if (!text || *text != source->text) return std::nullopt;
      paths.push_back(source->path);
    }
    return KeptFindings::Place{known->second, span.begin - source->base, span.end - source->base};
  }

  std::vector<std::string> paths;

 private:
  const diag::SourceMap& sources_;
  const fs::path& folder_;
  std::map<const diag::Source*, std::uint32_t> numbers_;
};

diag::Span span_of(const KeptFindings::Place& place,
                   const std::vector<const diag::Source*>& files) {
  if (place.file == 0 || place.file > files.size()) return {};
  return files[place.file - 1]->span(place.begin, place.end);
}

}  // namespace

std::optional<KeptFindings> keep_findings(const std::vector<diag::Diagnostic>& findings,
                                          const diag::SourceMap& sources, const fs::path& folder) {
  KeptFindings kept;
  FoundFiles files(sources, folder);
  for (const diag::Diagnostic& finding : findings) {
    if (finding.position) return std::nullopt;
    KeptFindings::Finding& item = kept.findings.emplace_back();
    item.diagnostic = finding;
    item.diagnostic.span = {};
    const auto place = files.place_of(finding.span);
    if (!place) return std::nullopt;
    item.place = *place;
    for (diag::Label& label : item.diagnostic.labels) {
      const auto at = files.place_of(label.span);
      if (!at) return std::nullopt;
      item.labels.push_back(*at);
      label.span = {};
    }
  }
  kept.files = std::move(files.paths);
  return kept;
}

std::optional<std::vector<diag::Diagnostic>> recall_findings(const KeptFindings& kept,
                                                             const fs::path& folder,
                                                             diag::SourceMap& sources) {
  std::vector<const diag::Source*> files;
  for (const std::string& path : kept.files) {
    auto text = read_file(folder / path);
    if (!text) return std::nullopt;
    files.push_back(&sources.add(path, std::move(*text)));
  }
  std::vector<diag::Diagnostic> findings;
  for (const KeptFindings::Finding& item : kept.findings) {
    diag::Diagnostic& finding = findings.emplace_back(item.diagnostic);
    finding.span = span_of(item.place, files);
    const std::size_t labels = std::min(item.labels.size(), finding.labels.size());
    for (std::size_t i = 0; i < labels; ++i) {
      finding.labels[i].span = span_of(item.labels[i], files);
    }
  }
  return findings;
}

}  // namespace floe::cli
