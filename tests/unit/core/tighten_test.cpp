// SPDX-License-Identifier: Apache-2.0
#include "core/platform/tighten.h"

#include "base/text.h"
#include "config_support.h"
#include "core/platform/effective.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace floe::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Tightened {
  core::Platform platform;
  std::vector<std::string> findings;
  std::vector<std::string> platforms;  // what each finding says about the platform
};

/// The seed's platform, tightened by a product with these sections.
Tightened tighten(const std::string& sections) {
  const auto manifest = manifest_of(seed_file("manifest.yaml"));
  Tightened result{core::make_platform(manifest->manifest, manifest->sources), {}, {}};
  result.platform.approved_plugins["catalog"] = {"polaris", "rest"};
  const auto product = product_of(seed_file("floe.yaml") + sections);
  core::tighten_platform(result.platform, product->product, product->sources, product->sink);
  result.findings = product->findings();
  for (const diag::Diagnostic& found : product->sink.sorted()) {
    result.platforms.push_back(found.platform);
  }
  return result;
}

TEST(Tighten, NothingAskedIsNothingChanged) {
  const Tightened result = tighten("");
  EXPECT_THAT(result.findings, IsEmpty());
  EXPECT_EQ(result.platform.quality_gates.minimum_test_coverage, 80);
}

TEST(Tighten, StricterIsTaken) {
  const Tightened result = tighten(R"(
governance:
  quality_gates: {minimum_test_coverage: 95, required_tests: [unique_pk]}
  documentation: {require_model_descriptions: true}
  ownership: {require_product_owner: true, enforcement: warn}
data_architecture:
  naming: {max_length: 40, reserved: [tmp], case: snake_case}
  layers:
    gold: {materializations: [table], may_depend_on: [silver], quality_gates: {minimum_coverage: 99}}
)");
  EXPECT_THAT(result.findings, IsEmpty());
  const core::Platform& platform = result.platform;
  EXPECT_EQ(platform.quality_gates.minimum_test_coverage, 95);
  EXPECT_THAT(platform.quality_gates.required_tests, ElementsAre("unique_pk"));
  EXPECT_EQ(platform.documentation.enforcement, core::Enforcement::kStrict);
  EXPECT_EQ(platform.ownership.enforcement, core::Enforcement::kWarn);
  EXPECT_EQ(platform.naming.max_length, 40);
  EXPECT_THAT(platform.find_layer("gold")->may_depend_on, ElementsAre("silver"));
  EXPECT_EQ(platform.find_layer("gold")->minimum_coverage, 99);
  EXPECT_EQ(platform.set_at("governance.quality_gates.minimum_test_coverage"),
            "customer-analytics v1.0, set at floe.yaml:20:42");
}

TEST(Tighten, LooserIsRefusedAndChangesNothing) {
  const Tightened result = tighten(R"(
governance:
  quality_gates: {minimum_test_coverage: 60, block_on_failure: false}
data_architecture:
  pattern: kimball
  naming: {enforcement: warn}
  layers:
    gold: {may_depend_on: [bronze]}
    platinum: {prefix: plat_}
)");
  EXPECT_THAT(
      result.findings,
      ElementsAre(HasSubstr("P002 20:42 'governance.quality_gates.minimum_test_coverage' loosens "
                            "a rule: tried 60, the platform requires at least 80"),
                  HasSubstr("P002 20:64"), HasSubstr("P002 22:12"),
                  HasSubstr("tried warn, the platform requires strict"),
                  HasSubstr("tried bronze, the platform requires only silver and gold"),
                  HasSubstr("P002 26:5")));
  EXPECT_THAT(result.platforms[0], HasSubstr("acme-data-platform v1.2.3, set at manifest.yaml:"));
  EXPECT_EQ(result.platform.quality_gates.minimum_test_coverage, 80);
  EXPECT_TRUE(result.platform.quality_gates.block_on_failure);
  EXPECT_EQ(result.platform.naming.enforcement, core::Enforcement::kStrict);
  EXPECT_EQ(result.platform.pattern, "medallion");
}

TEST(Tighten, AnEmptyListOfMaterializationsIsNotAllOfThem) {
  const std::string sections = R"(
data_architecture:
  layers:
    gold: {materializations: []}
)";
  const auto manifest = manifest_of(
      replace_all(seed_file("manifest.yaml"), "  naming:\n",
                  "  layers:\n    gold: {materializations: [table], scd: {types_allowed: [1, 2]}}\n"
                  "  naming:\n"));
  const auto tightened = [&](const std::string& asked) {
    core::Platform platform = core::make_platform(manifest->manifest, manifest->sources);
    const auto product = product_of(seed_file("floe.yaml") + asked);
    core::tighten_platform(platform, product->product, product->sources, product->sink);
    return std::make_pair(platform, product->findings());
  };
  const auto [loose, refused] = tightened(sections);
  EXPECT_THAT(refused, ElementsAre(HasSubstr("tried any, the platform requires only table")));
  EXPECT_THAT(loose.find_layer("gold")->materializations, ElementsAre("table"));
  // Numbers of a list count as their texts do.
  const auto [fewer, taken] =
      tightened("data_architecture: {layers: {gold: {scd: {types_allowed: [2]}}}}\n");
  EXPECT_THAT(taken, IsEmpty());
  EXPECT_THAT(fewer.find_layer("gold")->scd_types_allowed, ElementsAre("2"));
  const auto [same, more] =
      tightened("data_architecture: {layers: {gold: {scd: {types_allowed: [3]}}}}\n");
  EXPECT_THAT(more, ElementsAre(HasSubstr("tried 3, the platform requires only 1 and 2")));
}

TEST(Tighten, PluginsAreChosenAmongTheApproved) {
  const Tightened result = tighten(
      "plugins:\n  catalog: {type: rest}\n  compute: {type: spark}\n  ingestion: {type: dlt}\n");
  EXPECT_EQ(result.platform.plugins.at("catalog").type, "rest");
  EXPECT_EQ(result.platform.compute(), "duckdb");
  EXPECT_THAT(result.findings,
              ElementsAre("P001 20:19 the compute plugin 'spark' is not approved [remove it: the "
                          "platform decides for everybody]"));
}

}  // namespace
}  // namespace floe::config
