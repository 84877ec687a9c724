// SPDX-License-Identifier: Apache-2.0
#include "cli/policy_tests.h"

#include "unit/core/artifact_support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace floe::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kManifest = R"(apiVersion: floe.dev/v1
kind: Manifest
metadata: {name: acme, version: "1.0.0", scope: enterprise}
plugins: {compute: {type: duckdb}}
data_architecture:
  pattern: medallion
  naming: {enforcement: strict}
)";

/// The compiled manifest of a new folder, with these `tests:`.
struct Compiled {
  testing::TempFolder folder;
  std::optional<CompiledManifest> manifest;

  explicit Compiled(const std::string& tests) {
    EXPECT_TRUE(write_file(folder.path() / "manifest.yaml", std::string(kManifest) + tests));
    Output output;
    output.quiet = true;
    auto compiled = compile_manifest_at(folder.path(), output);
    EXPECT_TRUE(compiled.has_value());
    if (compiled) manifest.emplace(std::move(*compiled));
  }
};

const std::string kTests = R"(tests:
  - name: prefix
    files: {models/stg_a.sql: select 1 as id}
    must: [N001]
  - name: clean
    files: {models/bronze_a.sql: select 1 as id}
    must_not: [N*]
  - name: wrong
    files: {models/stg_a.sql: select 1 as id}
)";

TEST(PolicyTests, CountWhatPassesAndWhichRulesFire) {
  const Compiled compiled(kTests);
  std::vector<std::string> told;
  PolicyTestOptions options;
  options.on_result = [&](const PolicyTestResult& result) { told.push_back(result.name); };
  const auto run = run_policy_tests(*compiled.manifest, options);
  ASSERT_TRUE(run.has_value()) << describe(run.error());
  EXPECT_EQ(run->passed, 2);
  EXPECT_EQ(run->failed, 1);
  EXPECT_THAT(told, ElementsAre("prefix", "clean", "wrong"));
  EXPECT_THAT(run->results[2].failures,
              ElementsAre(HasSubstr("unexpected: error N001 models/stg_")));
  EXPECT_THAT(run->active_rules, Contains("N001"));
  EXPECT_THAT(run->uncovered_rules, Not(Contains("N001")));
  EXPECT_THAT(run->uncovered_rules, Contains("A001"));
}

TEST(PolicyTests, ASelectionRunsTheseOnly) {
  const Compiled compiled(kTests);
  const auto run = run_policy_tests(*compiled.manifest, {{"cl*"}, {}});
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->passed, 1);
  EXPECT_EQ(run->results.size(), 1U);
  const auto none = run_policy_tests(*compiled.manifest, {{"claen"}, {}});
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().kind, ErrorKind::kUsage);
  EXPECT_THAT(none.error().hint, HasSubstr("'clean'"));
}

TEST(PolicyTests, NothingRunsWhileATestIsWrong) {
  const Compiled compiled(kTests + "    must_not: [N0001]\n");
  const auto run = run_policy_tests(*compiled.manifest);
  ASSERT_TRUE(run.has_value());
  EXPECT_TRUE(compiled.manifest->sink->has_errors());
  EXPECT_THAT(run->results, IsEmpty());
}

TEST(PolicyTests, LeaveNothingBehind) {
  const testing::TempFolder temporary;
  const testing::Variable variable("TMPDIR", temporary.path().string());
  const Compiled compiled(kTests);
  ASSERT_TRUE(run_policy_tests(*compiled.manifest).has_value());
  std::vector<std::string> left;
  for (const auto& entry : fs::directory_iterator(temporary.path())) {
    left.push_back(entry.path().filename().string());
  }
  // The manifest's own folder.
  EXPECT_THAT(left, ElementsAre(compiled.folder.path().filename().string()));
  EXPECT_THAT(*list_files(compiled.folder.path()), ElementsAre("manifest.yaml"));
}

}  // namespace
}  // namespace floe::cli
