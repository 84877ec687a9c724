// SPDX-License-Identifier: Apache-2.0
#include "dbt/columns/flow.h"

#include <gtest/gtest.h>

namespace floe::dbt {
namespace {

Flow flow(FlowKind kind, std::vector<std::string> functions = {}) {
  return {{"model.shop.people", "email"}, kind, std::move(functions)};
}

TEST(Flows, AWayWithFewerFunctionsSaysMore) {
  Flows flows;
  flows.add(flow(FlowKind::kTransform, {"lower", "sha256"}));
  flows.add(flow(FlowKind::kTransform, {"lower"}));
  ASSERT_EQ(flows.all().size(), 1U);
  EXPECT_EQ(flows.all()[0], flow(FlowKind::kTransform, {"lower"}));
  flows.add(flow(FlowKind::kAggregate, {"lower", "max"}));
  EXPECT_EQ(flows.all().size(), 1U);
}

TEST(Flows, DifferentWaysStayBesideEachOther) {
  Flows flows;
  flows.add(flow(FlowKind::kTransform, {"sha256"}));
  flows.add(flow(FlowKind::kTransform, {"lower"}));
  EXPECT_EQ(flows.all().size(), 2U);
}

TEST(Flows, AFilterDoesNotHideAValue) {
  Flows flows;
  flows.add(flow(FlowKind::kFilter));
  flows.add(flow(FlowKind::kTransform, {"lower"}));
  EXPECT_EQ(flows.all().size(), 2U);
}

TEST(Flows, GoThroughTheGreaterKindAndEachFunctionOnce) {
  Flows flows;
  flows.add(flow(FlowKind::kAggregate, {"max"}));
  const Flows through =
      flows.through(FlowKind::kTransform, "lower").through(FlowKind::kCopy, "max");
  ASSERT_EQ(through.all().size(), 1U);
  EXPECT_EQ(through.all()[0], flow(FlowKind::kAggregate, {"lower", "max"}));
  EXPECT_EQ(flows.through(FlowKind::kFilter).all()[0], flow(FlowKind::kFilter));
}

}  // namespace
}  // namespace floe::dbt
