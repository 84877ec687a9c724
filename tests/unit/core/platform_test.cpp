// SPDX-License-Identifier: Apache-2.0
#include "core/platform/platform.h"

#include <gtest/gtest.h>

namespace floe::core {
namespace {

Platform sample() {
  Platform platform;
  platform.name = "acme";
  platform.version = "1.2.3";
  platform.layers = {{.name = "bronze", .prefixes = {"bronze_"}},
                     {.name = "core", .prefixes = {"dim_", "dim_x_"}},
                     {.name = "marts", .prefixes = {"dim_x_y_"}}};
  platform.provenance["data_architecture"] = {"acme v1.2.3", "manifest.yaml:18:1"};
  platform.provenance["data_architecture.naming.enforcement"] = {"corp v2.0.0",
                                                                 "manifest.yaml:9:5"};
  platform.provenance["governance"] = {"acme v1.2.3", ""};
  return platform;
}

TEST(Platform, FindsLayers) {
  const Platform platform = sample();
  ASSERT_NE(platform.find_layer("core"), nullptr);
  EXPECT_EQ(platform.find_layer("silver"), nullptr);
  EXPECT_EQ(platform.layer_of("bronze_customers")->name, "bronze");
  EXPECT_EQ(platform.layer_of("dim_x_y_z")->name, "marts");
  EXPECT_EQ(platform.layer_of("dim_x_a")->name, "core");
  EXPECT_EQ(platform.layer_of("stg_payments"), nullptr);
}

TEST(Platform, AnEmptyPrefixClaimsNoModel) {
  Platform platform;
  platform.layers = {{.name = "any", .prefixes = {""}}};
  EXPECT_EQ(platform.layer_of("x"), nullptr);
}

TEST(Platform, ComputeIsDuckdbUnlessSet) {
  Platform platform;
  EXPECT_EQ(platform.compute(), "duckdb");
  platform.plugins["compute"].type = "spark";
  EXPECT_EQ(platform.compute(), "spark");
}

TEST(Platform, SaysWhereAValueWasSet) {
  const Platform platform = sample();
  EXPECT_EQ(platform.set_at("data_architecture.naming.enforcement"),
            "corp v2.0.0, set at manifest.yaml:9:5");
  EXPECT_EQ(platform.set_at("data_architecture.naming.max_length"),
            "acme v1.2.3, set at manifest.yaml:18:1");
  EXPECT_EQ(platform.set_at("governance.cost"), "acme v1.2.3 default");
  EXPECT_EQ(platform.set_at("nothing.here"), "acme v1.2.3 default");
}

TEST(Platform, NamesItsEnumerations) {
  EXPECT_EQ(enforcement_name(Enforcement::kStrict), "strict");
  EXPECT_EQ(gate_action_name(GateAction::kNotify), "notify");
}

}  // namespace
}  // namespace floe::core
