// SPDX-License-Identifier: Apache-2.0
#include "dbt/adapter/warehouse.h"

#include "unit/dbt/adapter/duckdb_fixture.h"

#include <gtest/gtest.h>

namespace floe::dbt {
namespace {

class WarehouseTest : public NeedsDuckDb {
 protected:
  static WarehouseOptions options(std::vector<std::string>& sent) {
    WarehouseOptions options;
    options.credentials = value::Value::map({{"type", "duckdb"}, {"path", ":memory:"}});
    options.database = "memory";
    options.on_query = [&sent](std::string_view sql) { sent.emplace_back(sql); };
    return options;
  }
  std::vector<std::string> sent_;
  Warehouse warehouse_{options(sent_)};
  WarehouseSession session_{warehouse_};
};

TEST_F(WarehouseTest, ASelectThatComesAloneOpensNoTransaction) {
  session_.read_once();
  EXPECT_EQ(session_.run("select 7", true).rows[0][0].integer, 7);
  EXPECT_FALSE(session_.transaction_open());
  EXPECT_EQ(sent_, std::vector<std::string>{"select 7"});
}

TEST_F(WarehouseTest, WhatComesAfterItIsRolledBackAsEver) {
  session_.read_once();
  session_.run("select 7", true);
  session_.run("create table t as select 1", false);
  EXPECT_TRUE(session_.transaction_open());
  session_.release();
  EXPECT_ANY_THROW(session_.run("from t", false));
  session_.run("create table t as select 1", false);  // nothing is left of the promise
  EXPECT_FALSE(session_.transaction_open());
}

TEST_F(WarehouseTest, OtherStatementsBeginAsEver) {
  session_.read_once();
  session_.run("create table t as select 1", true);
  EXPECT_TRUE(session_.transaction_open());
  EXPECT_EQ(sent_.front(), "BEGIN");
  session_.commit();
  session_.run("select 1", true);
  EXPECT_TRUE(session_.transaction_open());
}

}  // namespace
}  // namespace floe::dbt
