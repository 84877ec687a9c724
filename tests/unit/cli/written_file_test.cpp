// SPDX-License-Identifier: Apache-2.0
#include "cli/dbt/written_file.h"

#include "base/hash.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace floe::cli {
namespace {

class WrittenFileTest : public ::testing::Test {
 protected:
  void write(const std::string& text) { ASSERT_TRUE(write_output(path_, text)); }
  std::string text() const { return read_file(path_).value(); }

  void TearDown() override { fs::remove_all(dir_); }

  const fs::path dir_ =
      fs::temp_directory_path() / ("floe-written-file-" + std::to_string(::getpid()));
  const fs::path path_ = dir_ / "manifest.json";
  const WrittenFile written_ = {4, 9, xxh128_hex("+rest")};
};

TEST_F(WrittenFileTest, HeadsOfTheSameLengthAreReplacedInPlace) {
  write("old:+rest");
  EXPECT_TRUE(is_as_written(path_, written_));
  EXPECT_TRUE(replace_head(path_, written_, "new:"));
  EXPECT_EQ(text(), "new:+rest");
  EXPECT_FALSE(replace_head(path_, written_, "longer:"));
  EXPECT_EQ(text(), "new:+rest");
}

TEST_F(WrittenFileTest, OtherContentStays) {
  for (const char* other : {"old:-rest", "old:+res", "old:+rest!", ""}) {
    write(other);
    EXPECT_FALSE(is_as_written(path_, written_)) << other;
    EXPECT_FALSE(read_written(path_, written_)) << other;
    EXPECT_FALSE(replace_head(path_, written_, "new:")) << other;
    EXPECT_EQ(text(), other);
  }
  EXPECT_FALSE(is_as_written(dir_ / "missing", written_));
}

TEST_F(WrittenFileTest, WhatGoesByTwoNamesIsNotChangedBelowTheOther) {
  write("old:+rest");
  fs::create_hard_link(path_, dir_ / "kept.json");
  EXPECT_FALSE(replace_head(path_, written_, "new:"));
  EXPECT_EQ(text(), "old:+rest");
  fs::remove(path_);
  fs::create_symlink(dir_ / "kept.json", path_);
  EXPECT_FALSE(replace_head(path_, written_, "new:"));
  EXPECT_EQ(text(), "old:+rest");
}

}  // namespace
}  // namespace floe::cli
