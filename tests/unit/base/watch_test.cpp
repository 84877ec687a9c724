// SPDX-License-Identifier: Apache-2.0
#include "base/watch.h"

#include <gtest/gtest.h>

#include <thread>

namespace floe {
namespace {

class FolderWatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "floe-watch-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    ASSERT_TRUE(make_directories(root_ / "models/deep"));
    ASSERT_TRUE(make_directories(root_ / "target"));
  }
  void TearDown() override { (void)floe::remove_all(root_); }

  /// Whether writing the file is noticed.
  bool notices(const char* file) {
    const Result<FolderWatch> watch = FolderWatch::start(root_, {"target"});
    if (!watch) return false;
    EXPECT_TRUE(write_output(root_ / file, "x"));
    std::atomic<bool> cancel = false;
    std::thread patience([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(400));
      cancel = true;
    });
    const bool changed = watch->wait(cancel, {"floe.lock"}, std::chrono::milliseconds(1));
    patience.join();
    return changed;
  }

  fs::path root_;
};

TEST_F(FolderWatchTest, NoticesChangesInEveryFolder) {
  EXPECT_TRUE(notices("floe.yaml"));
  EXPECT_TRUE(notices("models/deep/a.sql"));
}

TEST_F(FolderWatchTest, TakesNoNoticeOfWhatItIsToSkip) {
  EXPECT_FALSE(notices("target/manifest.json"));
}

TEST_F(FolderWatchTest, SaysWhatItCannotWatch) {
  const Result<FolderWatch> watch = FolderWatch::start(root_ / "models/nothing/here", {});
  EXPECT_TRUE(watch || !watch.error().message.empty());
}

}  // namespace
}  // namespace floe
