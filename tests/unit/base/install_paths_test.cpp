// SPDX-License-Identifier: Apache-2.0
#include "base/install_paths.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>

namespace floe {
namespace {

class InstallPaths : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "floe-paths-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    fs::create_directories(root_ / "near" / "dbt");
    fs::create_directories(root_ / "far" / "dbt" / "dbt");
    fs::create_directories(root_ / "far" / "duckdb");
    ASSERT_TRUE(write_output(root_ / "near" / "duckdb" / "libduckdb.so", "near"));
    ASSERT_TRUE(write_output(root_ / "far" / "duckdb" / "libduckdb.so", "far"));
  }
  void TearDown() override {
    ::unsetenv("FLOE_HOME");
    fs::remove_all(root_);
  }

  fs::path root_;
};

TEST_F(InstallPaths, NearestFolderWins) {
  EXPECT_EQ(find_data_file("duckdb/libduckdb.so", {root_ / "near", root_ / "far"}),
            root_ / "near" / "duckdb" / "libduckdb.so");
  EXPECT_EQ(find_data_file("duckdb/libduckdb.so", {root_ / "far", root_ / "near"}),
            root_ / "far" / "duckdb" / "libduckdb.so");
}

TEST_F(InstallPaths, FallsBackFileByFile) {
  EXPECT_EQ(find_data_file("dbt/dbt", {root_ / "missing", root_ / "near", root_ / "far"}),
            root_ / "far" / "dbt" / "dbt");
}

TEST_F(InstallPaths, NothingFound) {
  EXPECT_EQ(find_data_file("dbt/none", {root_ / "near", root_ / "far"}), std::nullopt);
  EXPECT_EQ(find_data_file("dbt/dbt", {}), std::nullopt);
}

TEST_F(InstallPaths, FloeHomeComesFirst) {
  ::setenv("FLOE_HOME", (root_ / "near").c_str(), 1);
  ASSERT_FALSE(data_folders().empty());
  EXPECT_EQ(data_folders().front(), root_ / "near");
  EXPECT_EQ(find_data_file("duckdb/libduckdb.so"), root_ / "near" / "duckdb" / "libduckdb.so");
}

TEST_F(InstallPaths, EmptyFloeHomeIsNotTheCurrentFolder) {
  ::setenv("FLOE_HOME", "", 1);
  const std::vector<fs::path> folders = data_folders();
  EXPECT_TRUE(std::none_of(folders.begin(), folders.end(),
                           [](const fs::path& folder) { return folder.empty(); }));
}

TEST_F(InstallPaths, ShareFolderIsBesideTheBinarysFolder) {
  ::unsetenv("FLOE_HOME");
  const fs::path binary = fs::read_symlink("/proc/self/exe");
  EXPECT_EQ(data_folders().front(), binary.parent_path().parent_path() / "share" / "floe");
}

}  // namespace
}  // namespace floe
