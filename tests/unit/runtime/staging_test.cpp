// SPDX-License-Identifier: Apache-2.0
#include "runtime/staging.h"

#include <gtest/gtest.h>

namespace floe::runtime {
namespace {

TEST(StagingTest, DefinitionsBeginAfterTheNameOfTheTable) {
  EXPECT_EQ(definition_after_name("CREATE TABLE live(i INTEGER PRIMARY KEY);"),
            "(i INTEGER PRIMARY KEY)");
  EXPECT_EQ(definition_after_name("CREATE TABLE db.\"a b\".\"x \"\"y TABLE (\"(i INTEGER);"),
            "(i INTEGER)");
  EXPECT_EQ(definition_after_name("CREATE UNIQUE INDEX \"q ON z\" ON main.live(((i + 1)));"),
            "(((i + 1)))");
  EXPECT_EQ(definition_after_name("CREATE INDEX a ON \"ON\".\"TABLE\" USING HNSW (v);"),
            "USING HNSW (v)");
}

TEST(StagingTest, OtherTextsHaveNoDefinition) {
  for (const char* text : {"", ";", "   ", "CREATE", "(i)", "\"unclosed", "CREATE TABLE",
                           "CREATE VIEW v AS SELECT 1;", "a.b.c", "."}) {
    EXPECT_EQ(definition_after_name(text), "") << text;
  }
}

TEST(StagingTest, PlacesAreQuoted) {
  EXPECT_EQ((Place{"d", "my schema", "a\"b"}.quoted()), "\"d\".\"my schema\".\"a\"\"b\"");
}

}  // namespace
}  // namespace floe::runtime
