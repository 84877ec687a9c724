// SPDX-License-Identifier: Apache-2.0
#include "cli/packages/versions.h"

#include <gtest/gtest.h>

namespace floe::cli {
namespace {

VersionSpec spec(std::string_view text) {
  const Result<VersionSpec> parsed = parse_version_spec(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : VersionSpec{};
}

std::string reduced(const std::vector<std::string>& texts) {
  std::vector<VersionSpec> specs;
  for (const std::string& text : texts) specs.push_back(spec(text));
  const std::optional<VersionRange> range = reduce_specs(specs);
  return range ? range->text() : "none";
}

TEST(PackageVersions, ReadsWhatIsAVersion) {
  EXPECT_EQ(spec(">=1.2.0-rc.1+b").text(), ">=1.2.0-rc.1+b");
  EXPECT_EQ(spec("1.2.3").text(), "=1.2.3");
  EXPECT_EQ(spec("1.2.3rc1").text(), "=1.2.3-rc1");
  for (const char* bad : {"", "1", "1.2", "01.2.3", "1.2.3-", "1.2.3-01", "v1.2.3", ">= 1.2.3",
                          ">=1.0.0,<2.0.0", "1.2.3.4"}) {
    EXPECT_FALSE(parse_version_spec(bad)) << bad;
  }
}

TEST(PackageVersions, Orders) {
  const std::vector<std::string> ordered = {"1.0.0-a",   "1.0.0-a.1", "1.0.0-a.2", "1.0.0-a.10",
                                            "1.0.0-a.b", "1.0.0-rc",  "1.0.0",     "1.0.9",
                                            "1.0.10",    "1.10.0",    "2.0.0"};
  for (std::size_t i = 0; i + 1 < ordered.size(); ++i) {
    EXPECT_LT(compare_specs(spec(ordered[i]), spec(ordered[i + 1])), 0) << ordered[i];
    EXPECT_GT(compare_specs(spec(ordered[i + 1]), spec(ordered[i])), 0) << ordered[i];
  }
}

TEST(PackageVersions, ReducesToOneRange) {
  EXPECT_EQ(reduced({}), "ANY");
  EXPECT_EQ(reduced({">=1.0.0", "<2.0.0"}), ">=1.0.0, <2.0.0");
  EXPECT_EQ(reduced({">=1.0.0", ">1.0.0", "<=3.0.0", "<3.0.0"}), ">1.0.0, <3.0.0");
  EXPECT_EQ(reduced({">=1.0.0", "1.5.0"}), "=1.5.0, =1.5.0");
  EXPECT_EQ(reduced({">1.5.0", "1.5.0"}), "none");
  EXPECT_EQ(reduced({"1.5.0", "1.6.0"}), "none");
  EXPECT_EQ(reduced({">=2.0.0", "<2.0.0"}), "none");
}

TEST(PackageVersions, PicksTheHighest) {
  const std::vector<std::string> all = {"1.0.0", "2.0.0-rc1", "1.9.0", "1.10.0", "2.0.0"};
  const auto stable = installable_versions(all, false);
  ASSERT_TRUE(stable);
  EXPECT_EQ(*stable, (std::vector<std::string>{"1.0.0", "1.9.0", "1.10.0", "2.0.0"}));
  const auto range = reduce_specs({spec(">=1.0.0"), spec("<2.0.0")});
  ASSERT_TRUE(range);
  EXPECT_EQ(highest_version(*range, *stable).value(), "1.10.0");
  // "<2.0.0" keeps prereleases of 2.0.0 out.
  EXPECT_EQ(highest_version(*range, *installable_versions(all, true)).value(), "1.10.0");
  EXPECT_EQ(highest_version({spec("3.0.0"), spec("3.0.0")}, *stable).value(), std::nullopt);
}

}  // namespace
}  // namespace floe::cli
