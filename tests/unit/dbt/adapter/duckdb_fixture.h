// SPDX-License-Identifier: Apache-2.0
// For tests that need libduckdb.so, which scripts/setup installs.
#pragma once

#include "base/install_paths.h"

#include <gtest/gtest.h>

namespace floe::dbt {

class NeedsDuckDb : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(find_data_file("duckdb/libduckdb.so")) << "run scripts/setup";
  }
};

}  // namespace floe::dbt
