// SPDX-License-Identifier: Apache-2.0
#include "base/files.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>

namespace floe {
namespace {

class FilesTest : public testing::Test {
 protected:
  FilesTest() {
    root_ = fs::temp_directory_path() / ("floe-files-" + std::to_string(std::random_device{}()));
    fs::create_directories(root_);
  }
  ~FilesTest() override { fs::remove_all(root_); }
  fs::path root_;
};

TEST_F(FilesTest, ScratchMakesItsFolders) {
  const fs::path file = root_ / "a/b/c.sql";
  ASSERT_TRUE(write_scratch(file, "one"));
  EXPECT_EQ(read_file(file).value(), "one");
  ASSERT_TRUE(write_scratch(file, "two, longer"));
  EXPECT_EQ(read_file(file).value(), "two, longer");
  EXPECT_EQ(list_files(root_).value(), std::vector<std::string>{"a/b/c.sql"});
}

TEST_F(FilesTest, ScratchDoesNotWriteThroughLinks) {
  const fs::path precious = root_ / "precious";
  ASSERT_TRUE(write_file(precious, "keep"));
  fs::create_symlink(precious, root_ / "link.sql");
  fs::create_hard_link(precious, root_ / "hard.sql");
  ASSERT_TRUE(write_scratch(root_ / "link.sql", "x"));
  ASSERT_TRUE(write_scratch(root_ / "hard.sql", "x"));
  EXPECT_EQ(read_file(precious).value(), "keep");
}

TEST_F(FilesTest, ScratchTellsWhatCannotBe) {
  ASSERT_TRUE(write_file(root_ / "file", ""));
  EXPECT_FALSE(write_scratch(root_ / "file/below.sql", "x"));
}

TEST_F(FilesTest, OutputFileReplacesWhenItIsDone) {
  const fs::path path = root_ / "deep/out.json";
  ASSERT_TRUE(write_output(path, "old"));
  {
    OutputFile abandoned(path);
    abandoned.write("half");
  }
  EXPECT_EQ(read_file(path).value(), "old");
  OutputFile file(path);
  file.write("new, ");
  file.write("whole");
  EXPECT_EQ(read_file(path).value(), "old");
  ASSERT_TRUE(file.commit());
  EXPECT_EQ(read_file(path).value(), "new, whole");
  EXPECT_EQ(list_files(root_).value(), std::vector<std::string>{"deep/out.json"});
}

}  // namespace
}  // namespace floe
