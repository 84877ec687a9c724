// SPDX-License-Identifier: Apache-2.0
#include "cli/dbt/event_log.h"

#include "value/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace floe::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class EventLogTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("floe-event-log-" + std::to_string(::getpid()));
    options_.console.off = true;
    options_.file_path = folder_ / "logs" / "dbt.log";
    options_.invocation_id = "0000-1111";
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(EventLog& log, LogLevel level, std::string_view name, std::string_view text) {
    value::Value data = value::Value::map();
    data.set("msg", text);
    log.write({.level = level, .name = name, .text = text, .data = data});
  }
  std::string written() { return read_file(options_.file_path).value_or(""); }

  fs::path folder_;
  EventLogOptions options_;
};

TEST_F(EventLogTest, TheFileHasLevelThreadAndDebugMessages) {
  {
    EventLog log(options_);
    write(log, LogLevel::kInfo, "MainReportVersion", "Running with dbt=1");
    write(log, LogLevel::kDebug, "NodeStart", "Began running node a");
    write(log, LogLevel::kInfo, "CheckCleanPath", "Checking target");
  }
  EXPECT_THAT(written(), HasSubstr("| 0000-1111 =============================="));
  EXPECT_THAT(written(), HasSubstr(" [info ] [MainThread]: Running with dbt=1\n"));
  EXPECT_THAT(written(), HasSubstr(" [debug] [MainThread]: Began running node a\n"));
  EXPECT_THAT(written(), Not(HasSubstr("Checking target")));
}

TEST_F(EventLogTest, JsonLinesCarryInfoAndData) {
  options_.file = {LineFormat::kJson, LogLevel::kInfo, false};
  options_.extra.set("team", "blue");
  {
    EventLog log(options_);
    write(log, LogLevel::kDebug, "NodeStart", "not shown");
    write(log, LogLevel::kWarn, "NothingToDo", "Nothing to do");
  }
  const Result<value::Value> line = value::read_json(written());
  ASSERT_TRUE(line);
  EXPECT_EQ(line->find_path("info.name")->as_string(), "NothingToDo");
  EXPECT_EQ(line->find_path("info.code")->as_string(), "Q035");
  EXPECT_EQ(line->find_path("info.level")->as_string(), "warn");
  EXPECT_EQ(line->find_path("info.invocation_id")->as_string(), "0000-1111");
  EXPECT_EQ(line->find_path("info.extra.team")->as_string(), "blue");
  EXPECT_EQ(line->find_path("data.msg")->as_string(), "Nothing to do");
}

TEST_F(EventLogTest, OutputPassesEveryLevel) {
  options_.file.level = LogLevel::kError;
  EventLog log(options_);
  EXPECT_TRUE(log.wants(LogLevel::kInfo, "PrintEvent"));
  EXPECT_FALSE(log.wants(LogLevel::kInfo, "FoundStats"));
}

TEST_F(EventLogTest, SecretsAndColoursAreLeftOut) {
  options_.secrets = {"hunter2"};
  {
    EventLog log(options_);
    write(log, LogLevel::kInfo, "Note", "\x1b[32mOK\x1b[0m with hunter2");
  }
  EXPECT_THAT(written(), HasSubstr(": OK with *****\n"));
}

TEST_F(EventLogTest, AFullFileIsPutAside) {
  options_.file_bytes = 200;
  {
    EventLog log(options_);
    for (int i = 0; i < 8; ++i) write(log, LogLevel::kInfo, "Note", std::string(60, 'x'));
  }
  EXPECT_TRUE(fs::exists(folder_ / "logs" / "dbt.log.1"));
  EXPECT_LE(written().size(), 200u);
}

TEST_F(EventLogTest, AFolderThatCannotBeWrittenIsSaid) {
  options_.file_path = "/proc/no-such-folder/dbt.log";
  EventLog log(options_);
  const std::optional<std::string> problem = log.take_problem();
  ASSERT_TRUE(problem);
  EXPECT_THAT(*problem, HasSubstr("cannot write"));
  EXPECT_FALSE(log.take_problem());
}

}  // namespace
}  // namespace floe::cli
