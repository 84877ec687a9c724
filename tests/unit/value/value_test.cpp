// SPDX-License-Identifier: Apache-2.0
#include "value/value.h"

#include <gtest/gtest.h>

#include <thread>

namespace floe::value {
namespace {

Value sample() {
  return Value::map({{"list", Value::list({1, "two", Value::map({{"deep", 3}})})}, {"text", "x"}});
}

TEST(Value, CopiesShareUntilOneIsChanged) {
  const Value first = sample();
  Value second = first;
  EXPECT_EQ(second.identity(), first.identity());
  second.edit("list")->edit_list()[2].set("deep", 4);
  EXPECT_NE(second.identity(), first.identity());
  EXPECT_EQ(first, sample());
  EXPECT_EQ(second.find_path("list")->as_list()[2].find("deep")->as_int(), 4);
}

TEST(Value, LookingLeavesItShared) {
  Value first = sample();
  const Value second = first;
  EXPECT_EQ(first.edit("absent"), nullptr);
  EXPECT_FALSE(first.erase("absent"));
  EXPECT_NE(first.find("list"), nullptr);
  EXPECT_EQ(first.identity(), second.identity());
}

TEST(Value, WhatWasMovedFromCanBeUsed) {
  Value first = sample();
  const Value second = std::move(first);
  first = Value::map();
  first.set("a", 1);
  EXPECT_EQ(second, sample());
  EXPECT_EQ(first.size(), 1U);
  EXPECT_EQ(Value::map().identity(), nullptr);
}

TEST(Value, CopiesAreOfTheirThreadsAlone) {
  const Value first = sample();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([copy = first, i]() mutable {
      for (int round = 0; round < 2000; ++round) {
        Value mine = copy;
        mine.edit("list")->push(i);
        copy = mine;
        if (round % 100 == 0) copy = sample();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(first, sample());
}

}  // namespace
}  // namespace floe::value
