// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/report/report_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace floe::policy {

namespace {

constexpr std::size_t kBoxWidth = 200;
constexpr std::size_t kBoxHeight = 26;
constexpr std::size_t kColumnStep = 270;
constexpr std::size_t kRowStep = 36;
constexpr std::size_t kMargin = 8;
constexpr std::size_t kShownCharacters = 26;  // what fits a box

/// The indices of each node's parents.
std::vector<std::vector<std::size_t>> parent_indices(const std::vector<ReportNode>& nodes) {
  std::map<std::string_view, std::size_t> index;
  for (std::size_t i = 0; i < nodes.size(); ++i) index[nodes[i].id] = i;
  std::vector<std::vector<std::size_t>> parents(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (const std::string& id : nodes[i].parents) {
      const auto found = index.find(id);
      if (found != index.end() && found->second != i) parents[i].push_back(found->second);
    }
  }
  return parents;
}

/// One more than the greatest of the parents', by repeated relaxation in topological order
/// (Kahn); what lies on a cycle stays where it is.
std::vector<std::size_t> node_levels(const std::vector<std::vector<std::size_t>>& parents) {
  std::vector<std::vector<std::size_t>> children(parents.size());
  std::vector<std::size_t> waiting(parents.size());
  std::vector<std::size_t> ready;
  for (std::size_t i = 0; i < parents.size(); ++i) {
    waiting[i] = parents[i].size();
    for (const std::size_t parent : parents[i]) children[parent].push_back(i);
    if (waiting[i] == 0) ready.push_back(i);
  }
  std::vector<std::size_t> levels(parents.size(), 0);
  for (std::size_t at = 0; at < ready.size(); ++at) {
    for (const std::size_t child : children[ready[at]]) {
      levels[child] = std::max(levels[child], levels[ready[at]] + 1);
      if (--waiting[child] == 0) ready.push_back(child);
    }
  }
  return levels;
}

/// What a node is drawn next to: the mean row of its parents.
double parents_row(const std::vector<std::size_t>& parents, const std::vector<GraphPlace>& places) {
  if (parents.empty()) return 0;
  double sum = 0;
  for (const std::size_t parent : parents) sum += static_cast<double>(places[parent].row);
  return sum / static_cast<double>(parents.size());
}

std::string short_name(std::string_view name) {
  std::string shown;
  std::size_t characters = 0;
  for (const char c : name) {
    const bool begins = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    if (begins && ++characters > kShownCharacters) return shown + "…";
    shown += c;
  }
  return shown;
}

std::size_t left_of(const GraphPlace& place) { return kMargin + place.column * kColumnStep; }
std::size_t top_of(const GraphPlace& place) { return kMargin + place.row * kRowStep; }

std::string edge_path(const GraphPlace& from, const GraphPlace& to) {
  const std::size_t x1 = left_of(from) + kBoxWidth;
  const std::size_t y1 = top_of(from) + kBoxHeight / 2;
  const std::size_t x2 = left_of(to);
  const std::size_t y2 = top_of(to) + kBoxHeight / 2;
  const std::size_t middle = (x1 + x2) / 2;
  return fmt::format("M{} {}C{} {} {} {} {} {}", x1, y1, middle, y1, middle, y2, x2, y2);
}

std::string node_box(const ReportNode& node, const GraphPlace& place, std::size_t number) {
  return fmt::format(
      "<a href=\"#n{}\" class=\"box {}\" data-n=\"{}\"><title>{} ({}{})</title>"
      "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"5\"/><text x=\"{}\" "
      "y=\"{}\">{}</text></a>\n",
      number, html_text(node.kind), number, html_text(node.name), html_text(node.kind),
      node.layer.empty() ? "" : ", " + html_text(node.layer), left_of(place), top_of(place),
      kBoxWidth, kBoxHeight, left_of(place) + 8, top_of(place) + 17,
      html_text(short_name(node.name)));
}

}  // namespace

std::vector<GraphPlace> place_nodes(const std::vector<ReportNode>& nodes) {
  const auto parents = parent_indices(nodes);
  const std::vector<std::size_t> levels = node_levels(parents);
  std::vector<std::size_t> order(nodes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return levels[a] < levels[b]; });
  std::vector<GraphPlace> places(nodes.size());
  for (auto begin = order.begin(); begin != order.end();) {
    const std::size_t level = levels[*begin];
    const auto end =
        std::find_if(begin, order.end(), [&](std::size_t i) { return levels[i] != level; });
    std::stable_sort(begin, end, [&](std::size_t a, std::size_t b) {
      return parents_row(parents[a], places) < parents_row(parents[b], places);
    });
    for (auto at = begin; at != end; ++at) {
      places[*at] = {level, static_cast<std::size_t>(at - begin)};
    }
    begin = end;
  }
  return places;
}

std::string lineage_svg(const std::vector<ReportNode>& nodes, std::size_t first) {
  const std::vector<GraphPlace> places = place_nodes(nodes);
  const auto parents = parent_indices(nodes);
  std::size_t width = 0;
  std::size_t height = 0;
  for (const GraphPlace& place : places) {
    width = std::max(width, left_of(place) + kBoxWidth + kMargin);
    height = std::max(height, top_of(place) + kBoxHeight + kMargin);
  }
  std::string out = fmt::format(
      "<div class=\"graph\"><svg width=\"{}\" height=\"{}\" role=\"img\" aria-label=\"Lineage\">\n",
      width, height);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (const std::size_t parent : parents[i]) {
      out += fmt::format("<path d=\"{}\" data-from=\"{}\" data-to=\"{}\"/>\n",
                         edge_path(places[parent], places[i]), first + parent, first + i);
    }
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) out += node_box(nodes[i], places[i], first + i);
  return out + "</svg></div>\n";
}

}  // namespace floe::policy
