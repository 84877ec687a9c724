// SPDX-License-Identifier: Apache-2.0
#include "diag/render.h"
#include "diag/render/json_text.h"

#include <algorithm>

namespace floe::diag {

namespace {

void write_json_location(JsonText& json, std::string_view key, const Position& position, Span span,
                         const Source* source) {
  json.open_object(key);
  json.text("path", position.path);
  json.open_object("start");
  json.number("line", position.line);
  json.number("column", position.column);
  if (source != nullptr) json.number("byte", span.begin - source->base);
  json.close_object();
  json.open_object("end");
  json.number("line", position.end_line);
  json.number("column", position.end_column);
  if (source != nullptr) json.number("byte", std::max(span.begin, span.end) - source->base);
  json.close_object();
  json.close_object();
}

void write_json_diagnostic(JsonText& json, const Diagnostic& diagnostic, const SourceMap& sources) {
  json.open_object();
  json.text("code", diagnostic.code);
  json.text("severity", severity_name(diagnostic.severity));
  json.text("message", diagnostic.message);
  if (const auto position = position_of(diagnostic, sources)) {
    write_json_location(json, "location", *position, diagnostic.span,
                        sources.find(diagnostic.span));
  }
  json.open_list("labels");
  for (const Label& label : diagnostic.labels) {
    const auto position = sources.locate(label.span);
    if (!position) continue;
    json.open_object();
    json.text("text", label.text);
    write_json_location(json, "location", *position, label.span, sources.find(label.span));
    json.close_object();
  }
  json.close_list();
  json.text_if("node", diagnostic.node);
  json.text_if("event", diagnostic.event);
  json.text_if("expected", diagnostic.expected);
  json.text_if("platform", diagnostic.platform);
  json.text_if("help", diagnostic.help);
  json.text_if("owner", diagnostic.owner);
  if (diagnostic.waiver) {
    json.open_object("waiver");
    json.text("until", diagnostic.waiver->until);
    json.text("owner", diagnostic.waiver->owner);
    json.text("reason", diagnostic.waiver->reason);
    json.text("severity", severity_name(diagnostic.waiver->severity));
    json.close_object();
  }
  json.open_list("notes");
  for (const std::string& note : diagnostic.notes) json.item(note);
  json.close_list();
  json.close_object();
}

}  // namespace

std::string render_json(const std::vector<Diagnostic>& diagnostics, const SourceMap& sources,
                        const RenderOptions& options) {
  const auto count = [&](Severity severity) {
    return static_cast<std::uint64_t>(
        std::count_if(diagnostics.begin(), diagnostics.end(),
                      [&](const Diagnostic& d) { return d.severity == severity; }));
  };
  JsonText json;
  json.open_object();
  json.number("format_version", 1);
  json.text_if("floe_version", options.version);
  json.open_object("summary");
  json.number("errors", count(Severity::kError));
  json.number("warnings", count(Severity::kWarning));
  json.number("notes", count(Severity::kNote));
  json.close_object();
  json.open_list("diagnostics");
  for (const Diagnostic& diagnostic : diagnostics) {
    write_json_diagnostic(json, diagnostic, sources);
  }
  json.close_list();
  json.close_object();
  return json.take();
}

}  // namespace floe::diag
