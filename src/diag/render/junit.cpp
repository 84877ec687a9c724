// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "diag/render.h"
#include "diag/render/detail.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::diag {

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\n': out += "&#10;"; break;
      case '\t': out += "&#9;"; break;
      case '\r': out += "&#13;"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\xEF\xBF\xBD";
        } else {
          out += c;
        }
    }
  }
  return out;
}

namespace {

std::string junit_case(const Diagnostic& diagnostic, const SourceMap& sources) {
  const auto position = position_of(diagnostic, sources);
  const std::string place = place_text(position);
  std::string name = diagnostic.message;
  if (!place.empty()) name += " (" + place + ")";
  std::string out = fmt::format("    <testcase classname=\"{}\" name=\"{}\"",
                                xml_text(diagnostic.code), xml_text(name));
  if (position) {
    out += fmt::format(" file=\"{}\" line=\"{}\"", xml_text(position->path), position->line);
  }
  std::string body = detail_lines(diagnostic);
  if (!place.empty()) body = place + (body.empty() ? "" : "\n" + body);
  if (diagnostic.severity == Severity::kError) {
    return out + fmt::format(
                     ">\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n"
                     "    </testcase>\n",
                     xml_text(diagnostic.code), xml_text(diagnostic.message), xml_text(body));
  }
  if (diagnostic.waiver) {
    return out +
           fmt::format(">\n      <skipped message=\"waived {}\">{}</skipped>\n    </testcase>\n",
                       xml_text(waiver_text(*diagnostic.waiver)), xml_text(body));
  }
  const std::string said = fmt::format("{}: {}{}", severity_name(diagnostic.severity),
                                       diagnostic.message, body.empty() ? "" : "\n" + body);
  return out +
         fmt::format(">\n      <system-out>{}</system-out>\n    </testcase>\n", xml_text(said));
}

}  // namespace

std::string render_junit(const std::vector<Diagnostic>& diagnostics, const SourceMap& sources,
                         const RenderOptions&) {
  const auto failures =
      std::count_if(diagnostics.begin(), diagnostics.end(),
                    [](const Diagnostic& d) { return d.severity == Severity::kError; });
  const auto skipped = std::count_if(diagnostics.begin(), diagnostics.end(),
                                     [](const Diagnostic& d) { return d.waiver.has_value(); });
  // Without any finding there is one passed case: many readers take an empty suite for a failure.
  const std::size_t tests = std::max<std::size_t>(1, diagnostics.size());
  const std::string counts =
      fmt::format("name=\"floe\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\"", tests,
                  failures, skipped);
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites " + counts +
                    ">\n  <testsuite " + counts + ">\n";
  if (diagnostics.empty()) out += "    <testcase classname=\"floe\" name=\"no findings\"/>\n";
  for (const Diagnostic& diagnostic : diagnostics) out += junit_case(diagnostic, sources);
  return out + "  </testsuite>\n</testsuites>\n";
}

}  // namespace floe::diag
