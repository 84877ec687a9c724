// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "diag/render.h"
#include "diag/render/detail.h"
#include "diag/render/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace floe::diag {

namespace {

/// A path as a URI reference (RFC 3986): relative as it is, absolute as file://.
std::string sarif_uri(std::string_view path) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  std::string uri = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    if (kPlain.find(c) != std::string_view::npos) {
      uri += c;
    } else {
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return uri;
}

const CodeInfo* rule_info(std::string_view code, const RenderOptions& options) {
  const auto found = std::find_if(options.rules.begin(), options.rules.end(),
                                  [&](const CodeInfo& info) { return info.code == code; });
  return found != options.rules.end() ? &*found : find_code(code);
}

void write_sarif_physical(JsonText& json, const Position& position) {
  json.open_object("physicalLocation");
  json.open_object("artifactLocation");
  json.text("uri", sarif_uri(position.path));
  json.close_object();
  json.open_object("region");
  json.number("startLine", position.line);
  json.number("startColumn", position.column);
  json.number("endLine", std::max(position.line, position.end_line));
  json.number("endColumn", position.end_column);
  json.close_object();
  json.close_object();
}

void write_sarif_rules(JsonText& json, const std::map<std::string, std::uint64_t>& index,
                       const RenderOptions& options) {
  json.open_list("rules");
  for (const auto& [code, _] : index) {
    json.open_object();
    json.text("id", code);
    if (const CodeInfo* info = rule_info(code, options)) {
      json.text("name", info->slug);
      json.open_object("shortDescription");
      json.text("text", info->summary);
      json.close_object();
    }
    json.open_object("help");
    json.text("text", "floe explain " + code);
    json.close_object();
    json.close_object();
  }
  json.close_list();
}

/// The dbt node: what a finding is about when it is about no line of a file.
void write_sarif_node(JsonText& json, std::string_view unique_id) {
  if (unique_id.empty()) return;
  json.open_list("logicalLocations");
  json.open_object();
  json.text("fullyQualifiedName", unique_id);
  json.close_object();
  json.close_list();
}

/// Granted outside the checked files, by the platform's manifest.
void write_sarif_suppression(JsonText& json, const Waiver& waiver) {
  json.open_list("suppressions");
  json.open_object();
  json.text("kind", "external");
  json.text("status", "accepted");
  json.text("justification", waiver_text(waiver));
  json.close_object();
  json.close_list();
}

void write_sarif_result(JsonText& json, const Diagnostic& diagnostic, std::uint64_t rule,
                        const SourceMap& sources) {
  json.open_object();
  json.text("ruleId", diagnostic.code);
  json.number("ruleIndex", rule);
  json.text("level",
            severity_name(diagnostic.waiver ? diagnostic.waiver->severity : diagnostic.severity));
  const std::string details = detail_lines(diagnostic);
  json.open_object("message");
  json.text("text", diagnostic.message + (details.empty() ? "" : "\n" + details));
  json.close_object();
  json.open_list("locations");
  if (const auto position = position_of(diagnostic, sources)) {
    json.open_object();
    write_sarif_physical(json, *position);
    write_sarif_node(json, diagnostic.node);
    json.close_object();
  } else if (!diagnostic.node.empty()) {
    json.open_object();
    write_sarif_node(json, diagnostic.node);
    json.close_object();
  }
  json.close_list();
  json.open_list("relatedLocations");
  for (std::uint64_t id = 0; id < diagnostic.labels.size(); ++id) {
    const Label& label = diagnostic.labels[id];
    const auto position = sources.locate(label.span);
    if (!position) continue;
    json.open_object();
    json.number("id", id + 1);
    json.open_object("message");
    json.text("text", label.text);
    json.close_object();
    write_sarif_physical(json, *position);
    json.close_object();
  }
  json.close_list();
  if (diagnostic.waiver) write_sarif_suppression(json, *diagnostic.waiver);
  json.close_object();
}

}  // namespace

std::string render_sarif(const std::vector<Diagnostic>& diagnostics, const SourceMap& sources,
                         const RenderOptions& options) {
  std::map<std::string, std::uint64_t> index;
  for (const Diagnostic& diagnostic : diagnostics) index.try_emplace(diagnostic.code, 0);
  std::uint64_t next = 0;
  for (auto& [_, at] : index) at = next++;
  JsonText json;
  json.open_object();
  json.text("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
  json.text("version", "2.1.0");
  json.open_list("runs");
  json.open_object();
  json.open_object("tool");
  json.open_object("driver");
  json.text("name", "floe");
  json.text_if("version", options.version);
  write_sarif_rules(json, index, options);
  json.close_object();
  json.close_object();
  json.text("columnKind", "unicodeCodePoints");
  json.open_list("results");
  for (const Diagnostic& diagnostic : diagnostics) {
    write_sarif_result(json, diagnostic, index.at(diagnostic.code), sources);
  }
  json.close_list();
  json.close_object();
  json.close_list();
  json.close_object();
  return json.take();
}

}  // namespace floe::diag
