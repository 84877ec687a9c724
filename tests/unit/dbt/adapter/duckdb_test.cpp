// SPDX-License-Identifier: Apache-2.0
#include "dbt/adapter/duckdb.h"

#include "unit/dbt/adapter/duckdb_fixture.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

namespace floe::dbt {
namespace {

class DuckDbTest : public NeedsDuckDb {
 protected:
  static Connection connect() {
    auto database = Database::open(":memory:");
    EXPECT_TRUE(database.has_value());
    auto connection = database->connect();
    EXPECT_TRUE(connection.has_value());
    return std::move(*connection);
  }
};

TEST_F(DuckDbTest, ReadsEveryKindOfValue) {
  Connection connection = connect();
  const auto table = connection.query(
      "select 1::tinyint a, -5::bigint b, 170141183460469231731687303715884105727::hugeint c, "
      "1.50::decimal(10,2) d, -0.007::decimal(5,3) e, 1e300::double f, 'héllo' g, "
      "date '2024-02-29' h, timestamp '1969-12-31 23:59:59.5' i, [1, null, 3] j, "
      "{'x': 1, 'y z': 'q'} k, map {'a': 1} l, null m, true n, "
      "'6f0d7e2e-1c1a-4b0e-9f0a-000000000001'::uuid o, 'b'::enum('a', 'b') p, "
      "18446744073709551615::ubigint q, interval '1 day 2 hours' r, repeat('z', 100) s");
  ASSERT_TRUE(table.has_value()) << table.error().message;
  ASSERT_EQ(table->rows.size(), 1u);
  const auto& row = table->rows[0];
  EXPECT_EQ(row[0].integer, 1);
  EXPECT_EQ(row[1].integer, -5);
  EXPECT_EQ(row[2].text, "170141183460469231731687303715884105727");
  EXPECT_EQ(row[3].text, "1.50");
  EXPECT_EQ(row[4].text, "-0.007");
  EXPECT_EQ(row[5].real, 1e300);
  EXPECT_EQ(row[6].text, "héllo");
  EXPECT_EQ(row[7].to_text(), "2024-02-29");
  EXPECT_EQ(row[8].to_text(), "1969-12-31 23:59:59.5");
  EXPECT_EQ(row[9].to_text(), "[1, NULL, 3]");
  EXPECT_EQ(row[10].to_text(), "{'x': 1, 'y z': q}");
  EXPECT_EQ(row[11].to_text(), "{a=1}");
  EXPECT_TRUE(row[12].is_null());
  EXPECT_EQ(row[13].to_text(), "true");
  EXPECT_EQ(row[14].text, "6f0d7e2e-1c1a-4b0e-9f0a-000000000001");
  EXPECT_EQ(row[15].text, "b");
  EXPECT_EQ(row[16].text, "18446744073709551615");
  EXPECT_EQ(row[17].to_text(), "1 day 02:00:00");
  EXPECT_EQ(row[18].text.size(), 100u);
  EXPECT_EQ(table->columns[3].type, "DECIMAL(10,2)");
  EXPECT_EQ(table->columns[9].type, "INTEGER[]");
  EXPECT_EQ(table->columns[10].type, "STRUCT(x INTEGER, \"y z\" VARCHAR)");
}

TEST_F(DuckDbTest, SeveralStatementsGiveTheLastResult) {
  Connection connection = connect();
  const auto table = connection.query(
      "create table t (i int); insert into t values (1), (2); select count(*) as n from t;");
  ASSERT_TRUE(table.has_value()) << table.error().message;
  EXPECT_EQ(table->columns[0].name, "n");
  EXPECT_EQ(table->rows[0][0].integer, 2);
  EXPECT_EQ(connection.execute("delete from t").value_or(-1), 2);
}

TEST_F(DuckDbTest, EmptyTextAndCommentsAreNoError) {
  Connection connection = connect();
  EXPECT_TRUE(connection.query("").has_value());
  EXPECT_TRUE(connection.query("-- nothing\n").has_value());
}

TEST_F(DuckDbTest, ErrorsKeepDuckDbsText) {
  Connection connection = connect();
  const auto missing = connection.query("select * from nope");
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().kind, ErrorKind::kViolation);
  EXPECT_TRUE(missing.error().message.starts_with("Catalog Error: Table with name nope"))
      << missing.error().message;
  const auto syntax = connection.query("selec 1");
  ASSERT_FALSE(syntax.has_value());
  EXPECT_TRUE(syntax.error().message.starts_with("Parser Error"));
  const auto cast = connection.query("select 'x'::int");
  ASSERT_FALSE(cast.has_value());
  EXPECT_TRUE(cast.error().message.starts_with("Conversion Error"));
  EXPECT_FALSE(connection.query(std::string_view("select 1\0, 2", 12)).has_value());
}

TEST_F(DuckDbTest, ParametersAreCastToTheColumns) {
  Connection connection = connect();
  ASSERT_TRUE(connection.execute("create table t (i int, d date, s varchar)").has_value());
  const auto done =
      connection.query_with("insert into t values (?, ?, ?)", {"7", "2024-01-02", std::nullopt});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  const auto table = connection.query("from t");
  EXPECT_EQ(table->rows[0][0].integer, 7);
  EXPECT_EQ(table->rows[0][1].to_text(), "2024-01-02");
  EXPECT_TRUE(table->rows[0][2].is_null());
}

TEST_F(DuckDbTest, MaxRowsCutsTheResult) {
  Connection connection = connect();
  EXPECT_EQ(connection.query("select * from range(10000)", 3)->rows.size(), 3u);
  EXPECT_EQ(connection.query("select * from range(10000)")->rows.size(), 10000u);
}

TEST_F(DuckDbTest, OnlyASelectRunsWhereOnlyThatMay) {
  Connection connection = connect();
  int told = 0;
  const auto tell = [&] { ++told; };
  const auto one = connection.query_if_select("-- a\nwith x as (select 7) from x", {}, tell);
  ASSERT_TRUE(one && *one);
  EXPECT_EQ((*one)->rows[0][0].integer, 7);
  EXPECT_EQ(told, 1);
  for (const char* other : {"create table t as select 1", "select 1; select 2", "select no_such",
                            "", "drop table if exists t"}) {
    const auto none = connection.query_if_select(other, {}, tell);
    EXPECT_TRUE(none && !*none) << other;
  }
  EXPECT_EQ(told, 1);
  EXPECT_FALSE(connection.query("from t"));
  EXPECT_FALSE(connection.query_if_select("select error('no')", {}, tell));
}

TEST_F(DuckDbTest, InterruptStopsARunningQuery) {
  Connection connection = connect();
  std::atomic<bool> done{false};
  std::thread stopper([&] {
    while (!done) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      connection.interrupt();
    }
  });
  const auto result =
      connection.query("select sum(a.range * b.range) from range(1000000) a, range(1000000) b");
  done = true;
  stopper.join();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind, ErrorKind::kInterrupted);
  EXPECT_TRUE(connection.query("select 1").has_value());
}

TEST_F(DuckDbTest, AFileThatIsNoDatabaseIsAnEnvironmentError) {
  const auto path = std::filesystem::temp_directory_path() / "floe_not_a_database.duckdb";
  std::ofstream(path) << std::string(20000, 'x');
  const auto opened = Database::open(path.string());
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().kind, ErrorKind::kEnvironment);
  EXPECT_FALSE(opened.error().hint.empty());
  std::filesystem::remove(path);
}

TEST_F(DuckDbTest, UnknownSettingsAreUsageErrors) {
  OpenOptions options;
  options.config.emplace_back("no_such_setting", "1");
  const auto opened = Database::open(":memory:", options);
  ASSERT_FALSE(opened.has_value());
}

TEST(Quoting, DoublesQuotes) {
  EXPECT_EQ(quote_identifier("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(quote_literal("it's"), "'it''s'");
}

}  // namespace
}  // namespace floe::dbt
