// SPDX-License-Identifier: Apache-2.0
#include "runtime/foreign_dbt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace floe::runtime {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Told : public EventSink {
 public:
  void on_event(const Event& event) override {
    if (event.kind == EventKind::kRunStart) lines.push_back("run " + std::to_string(event.total));
    if (event.kind == EventKind::kNodeStart) lines.push_back("start " + event.node_id);
    if (event.kind == EventKind::kNodeFinished) {
      lines.push_back("end " + event.node_id + " " +
                      std::string(status_name(event.result->status)));
    }
    if (event.kind == EventKind::kWarning) lines.push_back("warning " + event.message);
  }
  std::vector<std::string> lines;
};

/// A stand-in for dbt: a shell script that says and writes what a test wants.
class ForeignDbtTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("floe-foreign-" + std::to_string(::getpid()));
    place_.executable = folder_ / "bin" / "dbt";
    place_.folder = folder_;
    place_.target_path = folder_ / "target";
    fs::create_directories(place_.target_path);
  }
  void TearDown() override { fs::remove_all(folder_); }

  void be_dbt(const std::string& script) {
    ASSERT_TRUE(write_output(place_.executable, "#!/bin/sh\n" + script));
    fs::permissions(place_.executable, fs::perms::owner_all);
  }
  Result<RunResult> run() {
    return run_foreign_dbt(place_, {.words = {"build"}, .events = told_, .cancel = nullptr});
  }
  /// The script's line that logs an event.
  static std::string log(const std::string& name, const std::string& level,
                         const std::string& data) {
    return "echo '{\"info\": {\"name\": \"" + name + "\", \"level\": \"" + level +
           "\", \"msg\": \"said\"}, \"data\": " + data + "}'\n";
  }
  static std::string results(const std::string& status) {
    return "printf '%s' '{\"metadata\": {}, \"elapsed_time\": 1.5, \"results\": [{\"unique_id\": "
           "\"model.a.b\", \"status\": \"" +
           status +
           "\", \"message\": \"m\", \"failures\": 2, \"execution_time\": 0.5}]}' "
           "> target/run_results.json\n";
  }

  fs::path folder_;
  ForeignPlace place_;
  Told told_;
};

TEST_F(ForeignDbtTest, LogBecomesEventsAndResultsAreRead) {
  const std::string node =
      R"("index": 1, "total": 1, "node_info": {"unique_id": "model.a.b", "node_status": "success"})";
  be_dbt(log("ConcurrencyLine", "info", R"({"node_count": 1, "num_threads": 2})") +
         log("LogStartLine", "info", "{" + node + "}") +
         log("LogModelResult", "info", "{" + node + "}") +
         log("NodeFinished", "debug", "{" + node + "}") + log("Anything", "warn", "{}") +
         "echo plain text\n" + results("success"));
  const Result<RunResult> result = run();
  ASSERT_TRUE(result) << describe(result.error());
  EXPECT_THAT(told_.lines,
              ElementsAre("run 1", "start model.a.b", "end model.a.b success", "warning said"));
  ASSERT_EQ(result->results.size(), 1u);
  EXPECT_EQ(result->results[0].failures, 2);
  EXPECT_DOUBLE_EQ(result->elapsed, 1.5);
  EXPECT_TRUE(result->success);
}

TEST_F(ForeignDbtTest, FailedNodesAreResultsNotErrors) {
  be_dbt(results("error") + "exit 1\n");
  const Result<RunResult> result = run();
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->success);
  EXPECT_TRUE(result->results[0].failed());
}

TEST_F(ForeignDbtTest, BreakingOffTellsWhatDbtSaid) {
  // Results of an earlier run are not taken for those of this one.
  ASSERT_TRUE(write_output(place_.target_path / "run_results.json", R"({"results": []})"));
  be_dbt(log("MainEncounteredError", "error", "{}") + "exit 2\n");
  const Result<RunResult> result = run();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kEnvironment);
  EXPECT_THAT(result.error().message, HasSubstr("exit code 2"));
  EXPECT_THAT(result.error().message, HasSubstr("said"));
}

TEST_F(ForeignDbtTest, DisagreementIsAnError) {
  be_dbt("printf '%s' '{\"nodes\": {\"model.a.b\": {}}}' > target/manifest.json\n");
  const Status agreed = check_dbt_agrees(place_, dbt::Project(), {}, nullptr);
  ASSERT_FALSE(agreed);
  EXPECT_EQ(agreed.error().kind, ErrorKind::kViolation);
  EXPECT_THAT(agreed.error().message, HasSubstr("model.a.b: only dbt has it"));
}

TEST_F(ForeignDbtTest, AProjectThatDbtCannotReadIsAnError) {
  be_dbt(log("MainEncounteredError", "error", "{}") + "exit 2\n");
  const Status agreed = check_dbt_agrees(place_, dbt::Project(), {}, nullptr);
  ASSERT_FALSE(agreed);
  EXPECT_EQ(agreed.error().kind, ErrorKind::kUsage);
}

TEST_F(ForeignDbtTest, TheExecutableIsLookedForAndNeverFloeItself) {
  be_dbt("exit 0\n");
  const fs::path own = folder_ / "own";
  fs::create_directories(own);
  fs::create_symlink(fs::read_symlink("/proc/self/exe"), own / "dbt");
  const std::string path = own.string() + ":" + (folder_ / "bin").string();
  EXPECT_EQ(find_dbt_executable("", {{"PATH", path}}).value(), place_.executable);
  EXPECT_EQ(find_dbt_executable(place_.executable.string(), {}).value(), place_.executable);
  EXPECT_EQ(find_dbt_executable("", {{"FLOE_DBT_EXECUTABLE", place_.executable.string()}}).value(),
            place_.executable);
  const Result<fs::path> none = find_dbt_executable("", {{"PATH", own.string()}});
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("no dbt executable on PATH"));
  EXPECT_FALSE(find_dbt_executable("no-such-dbt", {{"PATH", path}}));
}

}  // namespace
}  // namespace floe::runtime
