// SPDX-License-Identifier: Apache-2.0
// For tests that need libduckdb.so: skipped, and said so, where it is not set up.
#pragma once

#include "base/install_paths.h"

#include <gtest/gtest.h>

namespace floe::dbt {

class NeedsDuckDb : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!find_data_file("duckdb/libduckdb.so")) GTEST_SKIP() << "libduckdb.so is not set up";
  }
};

}  // namespace floe::dbt
