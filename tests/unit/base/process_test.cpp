// SPDX-License-Identifier: Apache-2.0
#include "base/process.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace floe {
namespace {

TEST(Process, CapturesBothStreamsAndTheExitCode) {
  const auto output = run_process({"sh", "-c", "echo out; echo err >&2; exit 7"});
  ASSERT_TRUE(output);
  EXPECT_EQ(output->out, "out\n");
  EXPECT_EQ(output->err, "err\n");
  EXPECT_EQ(output->exit_code, 7);
}

TEST(Process, FeedsMoreInputThanAPipeHolds) {
  ProcessOptions options;
  options.input = std::string(1 << 20, 'x');
  const auto output = run_process({"cat"}, options);
  ASSERT_TRUE(output);
  EXPECT_EQ(output->out, options.input);
}

TEST(Process, SurvivesAProgramThatDoesNotReadItsInput) {
  ProcessOptions options;
  options.input = std::string(1 << 20, 'x');
  const auto output = run_process({"true"}, options);
  ASSERT_TRUE(output);
  EXPECT_EQ(output->exit_code, 0);
}

TEST(Process, EndsWhatTakesTooLong) {
  ProcessOptions options;
  options.timeout = std::chrono::milliseconds(200);
  const auto begin = std::chrono::steady_clock::now();
  const auto output = run_process({"sleep", "60"}, options);
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().kind, ErrorKind::kEnvironment);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(Process, KillsWhatIgnoresSigterm) {
  ProcessOptions options;
  options.timeout = std::chrono::milliseconds(200);
  const auto output = run_process({"sh", "-c", "trap '' TERM; sleep 60 & wait; wait"}, options);
  ASSERT_FALSE(output);
}

TEST(Process, StopsWhenCancelled) {
  std::atomic<bool> cancel = true;
  ProcessOptions options;
  options.cancel = &cancel;
  const auto output = run_process({"sleep", "60"}, options);
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().kind, ErrorKind::kInterrupted);
}

TEST(Process, RefusesTooMuchOutput) {
  ProcessOptions options;
  options.max_output = 1000;
  const auto output = run_process({"head", "-c", "100000", "/dev/zero"}, options);
  ASSERT_FALSE(output);
  EXPECT_NE(describe(output.error()).find("1000 bytes"), std::string::npos);
}

TEST(Process, SaysThatAProgramIsMissing) {
  const auto output = run_process({"no-such-program-floe"});
  ASSERT_FALSE(output);
  EXPECT_NE(output.error().message.find("no-such-program-floe"), std::string::npos);
}

TEST(Process, PassesEnvironmentAndFolder) {
  ProcessOptions options;
  options.environment = {{"FLOE_TEST_VALUE", "a b"}};
  options.folder = "/";
  const auto output =
      run_process({"sh", "-c", "printf '%s %s' \"$FLOE_TEST_VALUE\" \"$PWD\""}, options);
  ASSERT_TRUE(output);
  EXPECT_EQ(output->out, "a b /");
}

TEST(Process, StreamsItsOutput) {
  std::string seen;
  ProcessOptions options;
  options.on_output = [&](std::string_view bytes) { seen += bytes; };
  const auto output = run_process({"echo", "hello"}, options);
  ASSERT_TRUE(output);
  EXPECT_EQ(seen, "hello\n");
  EXPECT_EQ(output->out, "");
}

TEST(Process, FindsPrograms) {
  EXPECT_TRUE(find_program("sh"));
  EXPECT_FALSE(find_program("no-such-program-floe"));
}

}  // namespace
}  // namespace floe
