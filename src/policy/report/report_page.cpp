// SPDX-License-Identifier: Apache-2.0
#include "policy/report/report_page.h"

#include "base/term.h"
#include "base/text.h"
#include "diag/render.h"
#include "diag/render/detail.h"
#include "policy/facts.h"
#include "policy/report/page_assets.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::policy {

std::string html_text(std::string_view text) {
  // Terminal escapes and other invisible characters are made visible first.
  return diag::xml_text(printable(text));
}

namespace {

std::string page_head(const ProductReport& report) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"generator\" content=\"floe {}\">\n<title>{} {}: floe report</title>\n"
      "<style>{}</style>\n</head>\n<body>\n",
      html_text(report.floe_version), html_text(report.product), html_text(report.version),
      kPageStyle);
}

std::string page_summary(const ProductReport& report,
                         const std::vector<diag::Diagnostic>& findings) {
  std::string platform = "no platform";
  if (!report.platform.empty()) {
    platform = fmt::format("platform {} v{}", html_text(report.platform),
                           html_text(report.platform_version));
    if (!report.platform_digest.empty()) {
      platform += fmt::format(" · <code>{}</code>", html_text(report.platform_digest));
    }
    if (!report.platform_owner.empty()) platform += " · " + html_text(report.platform_owner);
  }
  const std::string counts = diag::count_line(findings);
  return fmt::format(
      "<header><h1>{} {}</h1>\n<div class=\"facts\">{}</div>\n"
      "<div class=\"verdict {}\" id=\"verdict\">{}</div> <span class=\"soft\">{}</span></header>\n",
      html_text(report.product), html_text(report.version), platform,
      report.passed ? "passed" : "refused", report.passed ? "Passed" : "Refused",
      counts.empty() ? "nothing found" : html_text(counts));
}

std::string finding_row(const diag::Diagnostic& finding, const diag::SourceMap& sources) {
  std::string place = diag::place_text(diag::position_of(finding, sources));
  if (place.empty()) place = finding.node;
  std::string more = diag::detail_lines(finding);
  return fmt::format(
      "<tr class=\"{0}\"><td class=\"severity\">{0}</td><td class=\"code\">{1}</td><td>{2}{3}</td>"
      "<td class=\"code\">{4}</td></tr>\n",
      diag::severity_name(finding.severity), html_text(finding.code), html_text(finding.message),
      more.empty() ? "" : "<div class=\"more\">" + html_text(more) + "</div>", html_text(place));
}

std::string finding_section(const std::vector<diag::Diagnostic>& findings,
                            const diag::SourceMap& sources) {
  std::string out = "<section id=\"findings\"><h2>Findings</h2>\n";
  if (findings.empty()) return out + "<p>Nothing to report.</p></section>\n";
  out +=
      "<div class=\"filters\"><input type=\"search\" id=\"search\" placeholder=\"Filter\" "
      "aria-label=\"Filter findings\">";
  for (const char* severity : {"error", "warning", "note"}) {
    out += fmt::format("<label><input type=\"checkbox\" value=\"{0}\" checked> {0}s</label>",
                       severity);
  }
  out +=
      "<span class=\"soft\" id=\"shown\"></span></div>\n"
      "<table><thead><tr><th>Severity</th><th>Rule</th><th>What</th><th>Where</th></tr></thead>"
      "<tbody>\n";
  for (const diag::Diagnostic& finding : findings) out += finding_row(finding, sources);
  return out + "</tbody></table></section>\n";
}

std::string coverage_row(const LayerCoverage& layer) {
  const double reached = percent(layer.covered, layer.columns);
  const bool is_short = layer.minimum && reached < *layer.minimum;
  std::string mark;
  if (layer.minimum) mark = fmt::format("<b style=\"left:{:.1f}%\"></b>", *layer.minimum);
  return fmt::format(
      "<tr><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{} of {}</td>"
      "<td class=\"number\">{}</td><td class=\"number\">{}</td>"
      "<td><div class=\"bar{}\"><i style=\"width:{:.1f}%\"></i>{}</div></td></tr>\n",
      layer.layer.empty() ? "in no layer" : html_text(layer.layer), layer.models, layer.covered,
      layer.columns, layer.models == 0 ? "–" : percent_text(reached),
      layer.minimum ? percent_text(*layer.minimum) : "–", is_short ? " short" : "",
      layer.models == 0 ? 0.0 : reached, mark);
}

std::string coverage_section(const TransformReport& transform) {
  std::string out =
      "<section class=\"coverage\"><h2>Test coverage</h2>\n<table><thead><tr><th>Layer</th>"
      "<th class=\"number\">Models</th><th class=\"number\">Tested columns</th>"
      "<th class=\"number\">Coverage</th><th class=\"number\">Minimum</th><th></th></tr></thead>"
      "<tbody>\n";
  for (const LayerCoverage& layer : transform.coverage) out += coverage_row(layer);
  return out + "</tbody></table></section>\n";
}

std::string column_row(const ReportColumn& column) {
  std::vector<std::string> origins;
  for (const ReportOrigin& origin : column.origins) {
    origins.push_back(html_text(origin.column) + " <span class=\"soft\">(" +
                      html_text(origin.kind) + ")</span>");
  }
  if (!column.unknown.empty()) {
    origins.push_back("<span class=\"soft\">unknown: " + html_text(column.unknown) + "</span>");
  }
  return fmt::format(
      "<tr><td class=\"code\">{}</td><td class=\"code\">{}</td><td>{}</td><td>{}</td>"
      "<td class=\"code\">{}</td></tr>\n",
      html_text(column.name), column.type.empty() ? "–" : html_text(column.type),
      html_text(column.level), column.tested ? "yes" : "", join(origins, "<br>"));
}

std::string node_entry(const ReportNode& node, std::size_t number) {
  std::string facts = html_text(node.kind);
  for (const std::string* fact : {&node.layer, &node.materialized, &node.path}) {
    if (!fact->empty()) facts += " · " + html_text(*fact);
  }
  std::string out = fmt::format(
      "<details id=\"n{}\"><summary><span class=\"code\">{}</span> <span class=\"soft\">"
      "{}</span></summary>\n",
      number, html_text(node.name), facts);
  if (!node.description.empty()) out += "<p>" + html_text(node.description) + "</p>\n";
  if (node.columns.empty()) return out + "<p class=\"soft\">No column is known.</p></details>\n";
  out +=
      "<table><thead><tr><th>Column</th><th>Type</th><th>Classification</th><th>Tested</th>"
      "<th>From</th></tr></thead><tbody>\n";
  for (const ReportColumn& column : node.columns) out += column_row(column);
  return out + "</tbody></table></details>\n";
}

std::string lineage_section(const TransformReport& transform, std::size_t first) {
  if (transform.nodes.empty()) return "";
  std::string out = "<section class=\"lineage\"><h2>Lineage</h2>\n";
  out += lineage_svg(transform.nodes, first);
  out += "<h3>Models and their columns</h3>\n";
  for (std::size_t i = 0; i < transform.nodes.size(); ++i) {
    out += node_entry(transform.nodes[i], first + i);
  }
  return out + "</section>\n";
}

}  // namespace

std::string report_page(const ProductReport& report, const std::vector<diag::Diagnostic>& findings,
                        const diag::SourceMap& sources) {
  std::string out = page_head(report) + page_summary(report, findings);
  out += finding_section(findings, sources);
  std::size_t first = 0;
  for (const TransformReport& transform : report.transforms) {
    if (report.transforms.size() > 1) {
      out += fmt::format("<h2>dbt project {}</h2>\n", html_text(transform.project));
    }
    out += coverage_section(transform) + lineage_section(transform, first);
    first += transform.nodes.size();
  }
  return out + fmt::format("<script>{}</script>\n</body>\n</html>\n", kPageScript);
}

}  // namespace floe::policy
