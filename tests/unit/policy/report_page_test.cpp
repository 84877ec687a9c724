// SPDX-License-Identifier: Apache-2.0
#include "policy/report/report_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace floe::policy {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ReportNode node(std::string id, std::vector<std::string> parents = {}) {
  ReportNode made;
  made.id = made.name = std::move(id);
  made.kind = "model";
  made.parents = std::move(parents);
  return made;
}

TEST(ReportPage, PlacesNodesRightOfAllTheyRead) {
  const auto places =
      place_nodes({node("a"), node("b", {"a"}), node("c", {"a", "b"}), node("d", {"c", "a"})});
  ASSERT_EQ(places.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(places[i].column, i);
}

TEST(ReportPage, PutsNodesNextToTheirParents) {
  const auto places = place_nodes({node("a"), node("b"), node("x", {"b"}), node("y", {"a"})});
  EXPECT_LT(places[3].row, places[2].row);
}

TEST(ReportPage, CyclesAndUnknownParentsDoNotHangIt) {
  const auto places =
      place_nodes({node("a", {"b"}), node("b", {"a"}), node("c", {"c", "gone"}), node("d", {"c"})});
  EXPECT_EQ(places[2].column, 0u);
  EXPECT_EQ(places[3].column, 1u);
}

TEST(ReportPage, NoTwoBoxesShareAPlace) {
  std::vector<ReportNode> nodes;
  for (int i = 0; i < 50; ++i) {
    nodes.push_back(node(std::to_string(i), i < 10 ? std::vector<std::string>()
                                                   : std::vector{std::to_string(i % 10)}));
  }
  std::set<std::pair<std::size_t, std::size_t>> taken;
  for (const GraphPlace& place : place_nodes(nodes)) {
    EXPECT_TRUE(taken.insert({place.column, place.row}).second);
  }
}

TEST(ReportPage, EscapesWhatUsersWrite) {
  EXPECT_EQ(html_text("<a href=\"x\">'&"), "&lt;a href=&quot;x&quot;&gt;'&amp;");
  EXPECT_THAT(html_text("a\x1b[31mb"), Not(HasSubstr("\x1b")));
  ProductReport report;
  report.product = "</title><script>";
  const std::string page = report_page(report, {}, {});
  EXPECT_THAT(page, Not(HasSubstr("</title><script>")));
  EXPECT_THAT(page, HasSubstr("Nothing to report."));
}

TEST(ReportPage, CutsLongNamesAtCharacters) {
  ReportNode umlauts = node("n");
  for (int i = 0; i < 40; ++i) umlauts.name += "ü";
  std::string shown = "n";
  for (int i = 0; i < 25; ++i) shown += "ü";
  EXPECT_THAT(lineage_svg({umlauts}, 0), HasSubstr(">" + shown + "…<"));
}

}  // namespace
}  // namespace floe::policy
