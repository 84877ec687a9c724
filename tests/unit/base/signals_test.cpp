// SPDX-License-Identifier: Apache-2.0
#include "base/signals.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

namespace floe {
namespace {

TEST(Cancellation, TheFirstSignalAsks) {
  Cancellation cancellation;
  EXPECT_FALSE(cancellation.flag());
  std::raise(SIGINT);
  EXPECT_TRUE(cancellation.flag());
}

TEST(Cancellation, StartsAnew) {
  {
    Cancellation cancellation;
    std::raise(SIGTERM);
  }
  Cancellation cancellation;
  EXPECT_FALSE(cancellation.flag());
}

TEST(CancellationDeathTest, TheSecondSignalEndsAtOnce) {
  const auto twice = [] {
    const Cancellation cancellation;
    std::raise(SIGINT);
    std::raise(SIGINT);
    std::exit(0);
  };
  EXPECT_EXIT(twice(), testing::ExitedWithCode(130), "");
}

TEST(CancellationDeathTest, OutsideOfItSignalsEndTheProcess) {
  const auto outside = [] {
    {
      const Cancellation cancellation;
    }
    std::raise(SIGINT);
    std::exit(0);
  };
  EXPECT_EXIT(outside(), testing::KilledBySignal(SIGINT), "");
}

}  // namespace
}  // namespace floe
