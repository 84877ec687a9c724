// SPDX-License-Identifier: Apache-2.0
#include "base/threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

namespace floe {
namespace {

TEST(ParallelFor, CallsEachIndexOnce) {
  std::vector<std::atomic<int>> calls(1000);
  parallel_for(calls.size(), 8, [&](std::size_t i) { ++calls[i]; });
  for (const std::atomic<int>& count : calls) EXPECT_EQ(count, 1);
}

TEST(ParallelFor, ThrowsWhatACallThrew) {
  const auto work = [](std::size_t i) {
    if (i == 3) throw std::runtime_error("three");
  };
  EXPECT_THROW(parallel_for(10, 4, work), std::runtime_error);
  EXPECT_THROW(parallel_for(10, 1, work), std::runtime_error);
}

TEST(ThreadPool, RunsTasksThatQueueTasks) {
  std::atomic<int> sum = 0;
  ThreadPool pool(4);
  for (int i = 0; i < 100; ++i) {
    pool.submit([&] {
      ++sum;
      pool.submit([&] { ++sum; });
    });
  }
  pool.wait();
  EXPECT_EQ(sum, 200);
}

TEST(ThreadPool, WaitThrowsTheFirstFailureOnce) {
  ThreadPool pool(2);
  pool.submit([] { throw std::runtime_error("failed"); });
  EXPECT_THROW(pool.wait(), std::runtime_error);
  EXPECT_NO_THROW(pool.wait());
}

TEST(ThreadPool, FinishesItsQueueBeforeItEnds) {
  std::atomic<int> sum = 0;
  {
    ThreadPool pool(2);
    for (int i = 0; i < 50; ++i) pool.submit([&] { ++sum; });
  }
  EXPECT_EQ(sum, 50);
}

TEST(Parallel, StopsAfterTheFirstFailure) {
  for (const std::size_t threads : {1u, 4u}) {
    std::atomic<int> begun = 0;
    const Status done = parallel_until_failure(1000, threads, [&](std::size_t i) -> Status {
      ++begun;
      if (i >= 5) return fail(ErrorKind::kUsage, "no");
      return {};
    });
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message, "no");
    EXPECT_LT(begun, 50);
  }
  EXPECT_TRUE(parallel_until_failure(10, 4, [](std::size_t) -> Status { return {}; }));
}

}  // namespace
}  // namespace floe
