// SPDX-License-Identifier: Apache-2.0
// Writes target/report.html: one page without anything from elsewhere, for people who have no floe.
#pragma once

#include "diag/diagnostic.h"
#include "policy/report/product_report.h"

#include <string>
#include <string_view>
#include <vector>

namespace floe::policy {

/// The whole page, HTML 5 in UTF-8. It loads nothing, and says so to the browser in a
/// Content-Security-Policy; it can be read without JavaScript, which adds filters and highlights
/// what a node is made from. The same report gives the same bytes.
std::string report_page(const ProductReport& report, const std::vector<diag::Diagnostic>& findings,
                        const diag::SourceMap& sources);

/// Where the boxes of a lineage graph are: columns from what is read to what is made.
struct GraphPlace {
  std::size_t column = 0;
  std::size_t row = 0;
};
/// One place a node, in their order. A cycle (dbt refuses them) does not hang it.
std::vector<GraphPlace> place_nodes(const std::vector<ReportNode>& nodes);

/// The graph as inline SVG; boxes link to "#n<first + index>".
std::string lineage_svg(const std::vector<ReportNode>& nodes, std::size_t first);

/// Text for HTML, inside and outside of attributes.
std::string html_text(std::string_view text);

}  // namespace floe::policy
