// SPDX-License-Identifier: Apache-2.0
#include "runtime/schedule.h"

#include <gtest/gtest.h>

namespace floe::runtime {
namespace {

using dbt::Node;
using dbt::ResourceType;

class ScheduleTest : public ::testing::Test {
 protected:
  void add(const std::string& id, ResourceType type, std::vector<std::string> parents) {
    auto node = std::make_unique<Node>();
    node->unique_id = id;
    node->name = id;
    node->type = type;
    node->depends_on_nodes = std::move(parents);
    all_.push_back(id);
    project_.nodes[id] = std::move(node);
  }
  void SetUp() override {
    add("a", ResourceType::kModel, {});
    add("b", ResourceType::kModel, {"a"});
    add("c", ResourceType::kModel, {"b"});
    add("test.a", ResourceType::kTest, {"a"});
    add("test.ab", ResourceType::kTest, {"a", "b"});
  }
  std::vector<std::string> drain(Schedule& schedule) {
    std::vector<std::string> order;
    for (std::string id = schedule.take(); !id.empty(); id = schedule.take()) {
      order.push_back(id);
      schedule.finish(id);
    }
    return order;
  }
  dbt::Project project_;
  std::vector<std::string> all_;
};

TEST_F(ScheduleTest, TestsComeBeforeWhatIsBuiltOnTheirParents) {
  Schedule schedule(project_, all_, true, true);
  EXPECT_EQ(drain(schedule), (std::vector<std::string>{"a", "test.a", "b", "test.ab", "c"}));
  EXPECT_EQ(schedule.descendants("test.ab"), (std::set<std::string>{"c"}));
}

TEST_F(ScheduleTest, WithoutTestEdgesModelsDoNotWait) {
  Schedule schedule(project_, all_, false, false);
  EXPECT_EQ(drain(schedule), (std::vector<std::string>{"a", "b", "test.a", "c", "test.ab"}));
}

TEST_F(ScheduleTest, EdgesSurviveUnselectedNodes) {
  Schedule schedule(project_, {"a", "c"}, true, true);
  EXPECT_EQ(schedule.take(), "a");
  EXPECT_EQ(schedule.take(), "");
  EXPECT_EQ(schedule.remaining(), (std::vector<std::string>{"c"}));
  schedule.finish("a");
  EXPECT_EQ(schedule.take(), "c");
  EXPECT_TRUE(schedule.all_taken());
}

TEST_F(ScheduleTest, UnitTestsBelongToTheirModel) {
  auto unit = std::make_unique<dbt::Resource>();
  unit->type = ResourceType::kUnitTest;
  unit->unique_id = "unit_test.b";
  unit->depends_on_nodes = {"b"};
  project_.unit_tests["unit_test.b"] = std::move(unit);
  Schedule schedule(project_, {"a", "b", "unit_test.b"}, true, true);
  EXPECT_EQ(schedule.size(), 2u);
  EXPECT_EQ(schedule.unit_tests_of("b"), (std::vector<std::string>{"unit_test.b"}));
}

TEST_F(ScheduleTest, NothingIsBuiltOnAnAuditedModelBeforeItsTests) {
  add("s", ResourceType::kModel, {});
  add("t", ResourceType::kModel, {"s"});
  add("test.as", ResourceType::kTest, {"a", "s"});
  Schedule usual(project_, all_, true, true);
  EXPECT_TRUE(usual.audits().empty());
  Schedule schedule(project_, all_, true, true, {"a", "s"});
  EXPECT_EQ(schedule.audits().at("a"), (std::set<std::string>{"test.a", "test.as"}));
  EXPECT_EQ(schedule.audits().at("s"), (std::set<std::string>{"test.as"}));
  // A test with what is built on the model comes after it.
  EXPECT_EQ(schedule.behind_audit("a"), (std::set<std::string>{"b", "c", "test.ab"}));
  EXPECT_EQ(schedule.behind_audit("s"), (std::set<std::string>{"t"}));
  EXPECT_EQ(drain(schedule),
            (std::vector<std::string>{"a", "s", "test.a", "test.as", "b", "t", "test.ab", "c"}));
}

TEST_F(ScheduleTest, AuditsOfModelsThatAreTestedWithEachOthersChildrenCloseNoCircle) {
  add("s", ResourceType::kModel, {});
  add("t", ResourceType::kModel, {"s"});
  add("test.at", ResourceType::kTest, {"a", "t"});
  add("test.bs", ResourceType::kTest, {"b", "s"});
  Schedule schedule(project_, all_, true, true, {"a", "s"});
  EXPECT_EQ(drain(schedule).size(), all_.size());
  // One of the two has to come after what it tests was published.
  EXPECT_EQ(schedule.audits().at("a").count("test.at") + schedule.audits().at("s").count("test.bs"),
            1U);
}

TEST_F(ScheduleTest, ATestOfAnAuditedModelAndOfWhatIsNotBuiltDoesNotWait) {
  Schedule schedule(project_, {"a", "test.ab", "c"}, true, true, {"a", "nobody"});
  EXPECT_EQ(schedule.audits().size(), 1U);
  EXPECT_EQ(schedule.audits().at("a"), (std::set<std::string>{"test.ab"}));
  EXPECT_EQ(drain(schedule), (std::vector<std::string>{"a", "test.ab", "c"}));
}

}  // namespace
}  // namespace floe::runtime
