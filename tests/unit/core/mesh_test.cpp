// SPDX-License-Identifier: Apache-2.0
// Data products among each other: references to ports, access, schedules, circles.
#include "core/mesh/mesh.h"

#include "core/mesh/cron.h"
#include "core/mesh/port_reference.h"
#include "value/json.h"

#include <gtest/gtest.h>

namespace floe::mesh {
namespace {

TEST(PortReference, Forms) {
  const auto plain = parse_port_reference("orders.daily");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->product, "orders");
  EXPECT_EQ(plain->port, "daily");
  const auto version = parse_port_reference("orders:v1.2#daily");
  ASSERT_TRUE(version);
  EXPECT_EQ(version->product, "orders");
  EXPECT_EQ(version->tag, "v1.2");
  const auto whole = parse_port_reference("oci://registry.acme.com/products/orders:v1.2#daily");
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->artifact, "oci://registry.acme.com/products/orders:v1.2");
  EXPECT_EQ(whole->port, "daily");
  for (const char* bad : {"", "orders", "orders.", ".daily", "Orders.daily", "orders.da-ily",
                          "orders#", "orders:#x", "oci://registry.acme.com/orders#daily",
                          "oci://#x", "oci://registry.acme.com/orders:v1", "a b.c", "#"}) {
    EXPECT_FALSE(parse_port_reference(bad)) << bad;
  }
}

TEST(PortReference, NewestVersion) {
  const std::vector<std::string> tags = {"latest", "v1.9", "v1.10", "v2.0-rc.1", "v1.10.1", "vx"};
  EXPECT_EQ(newest_version(tags), "v1.10.1");
  EXPECT_EQ(newest_version(tags, "v1.10.1"), "v1.10");
  EXPECT_EQ(newest_version(tags, "v1.9"), "");
  EXPECT_EQ(newest_version({"v2.0-rc.1"}), "v2.0-rc.1");
  EXPECT_EQ(newest_version({}), "");
}

TEST(Cron, LongestGap) {
  EXPECT_EQ(longest_gap("0 6 * * *"), 86400);
  EXPECT_EQ(longest_gap("@hourly"), 3600);
  EXPECT_EQ(longest_gap("*/15 * * * *"), 900);
  EXPECT_EQ(longest_gap("0 6,18 * * *"), 12 * 3600);
  EXPECT_EQ(longest_gap("0 8-18 * * mon-fri"), (24 + 24 + 14) * 3600);
  EXPECT_EQ(longest_gap("0 0 1 * *"), 31 * 86400);
  EXPECT_EQ(longest_gap("0 0 * * 7"), 7 * 86400);
  EXPECT_EQ(longest_gap("0 0 30 2 *"), std::nullopt);
  EXPECT_EQ(longest_gap("every day"), std::nullopt);
  EXPECT_EQ(longest_gap("61 * * * *"), std::nullopt);
}

Access access(const char* json, const Reader& reader) {
  artifact::OutputPort port;
  port.access = *value::read_json(json);
  return access_of(port, reader);
}

TEST(Access, GrantsAndDefaults) {
  const Reader reader{"report", "finance", "sales"};
  EXPECT_TRUE(access("{}", reader).allowed);
  EXPECT_TRUE(access(R"({"default":"allow"})", reader).allowed);
  EXPECT_FALSE(access(R"({"default":"deny"})", reader).allowed);
  EXPECT_FALSE(access(R"({"grants":[{"to":"others"}]})", reader).allowed);
  for (const char* to :
       {"report", "product:report", "finance", "team:finance", "domain:sales", "*"}) {
    const std::string json = std::string(R"({"default":"deny","grants":[{"to":")") + to + "\"}]}";
    EXPECT_TRUE(access(json.c_str(), reader).allowed) << to;
  }
  EXPECT_FALSE(access(R"({"grants":[{"to":"team:report"}]})", reader).allowed);
  EXPECT_FALSE(access(R"({"grants":[{"to":""}]})", {"report", "", ""}).allowed);
  const Access some = access(
      R"({"grants":[{"to":"report","columns":["a"]},{"to":"finance","columns":["b"]}]})", reader);
  EXPECT_EQ(some.columns, (std::vector<std::string>{"a", "b"}));
  const Access all =
      access(R"({"grants":[{"to":"report","columns":["a"]},{"to":"finance"}]})", reader);
  EXPECT_TRUE(all.columns.empty());
}

Mesh reading(std::vector<std::string> providers, std::vector<Edge> edges) {
  Mesh mesh;
  for (const std::string& name : providers) {
    Input input;
    input.search = Search::kFound;
    input.provider.name = name;
    mesh.inputs.push_back(input);
  }
  mesh.edges = std::move(edges);
  return mesh;
}

TEST(Cycle, IsFoundWithItsWay) {
  using Way = std::vector<std::string>;
  EXPECT_EQ(find_cycle("a", reading({"b"}, {})), Way{});
  EXPECT_EQ(find_cycle("a", reading({"b"}, {{"b", "c"}, {"c", "b"}})), Way{});
  EXPECT_EQ(find_cycle("a", reading({"a"}, {})), (Way{"a", "a"}));
  EXPECT_EQ(find_cycle("a", reading({"b"}, {{"b", "a"}})), (Way{"a", "b", "a"}));
  EXPECT_EQ(find_cycle("a", reading({"x", "b"}, {{"b", "c"}, {"c", "a"}})),
            (Way{"a", "b", "c", "a"}));
  // What it read in an earlier version says nothing of now.
  EXPECT_EQ(find_cycle("a", reading({"b"}, {{"b", "c"}, {"a", "b"}})), Way{});
}

}  // namespace
}  // namespace floe::mesh
