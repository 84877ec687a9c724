// SPDX-License-Identifier: Apache-2.0
#include "fix/edit.h"

#include "fix/diff.h"

#include <gtest/gtest.h>

namespace floe::fix {
namespace {

TEST(EditedText, MakesEditsInAnyOrder) {
  EXPECT_EQ(*edited_text("abcdef", {{4, 6, "Z"}, {0, 1, ""}, {2, 2, "+"}}), "b+cdZ");
}

TEST(EditedText, EqualReplacementsCountOnceInsertionsDoNot) {
  EXPECT_EQ(*edited_text("ab", {{0, 1, "x"}, {0, 1, "x"}}), "xb");
  EXPECT_EQ(*edited_text("ab", {{1, 1, "x"}, {1, 1, "x"}}), "axxb");
}

TEST(EditedText, RefusesWhatClashesOrLeavesTheText) {
  EXPECT_FALSE(edited_text("abc", {{0, 2, "x"}, {1, 3, "y"}}));
  EXPECT_FALSE(edited_text("abc", {{2, 4, "x"}}));
  EXPECT_FALSE(edited_text("abc", {{2, 1, "x"}}));
}

TEST(Tree, FilesCanChangePlaces) {
  Tree tree({{"a", "1"}, {"b", "2"}}, {});
  ASSERT_TRUE(tree.move({{"a", "b"}, {"b", "a"}}));
  EXPECT_EQ(*tree.find("a"), "2");
  EXPECT_EQ(*tree.find("b"), "1");
}

TEST(Tree, NothingIsWrittenOverAndLinksStay) {
  Tree tree({{"a", "1"}, {"b", "2"}, {"c", "3"}}, {"link"});
  EXPECT_FALSE(tree.move({{"a", "b"}}));
  EXPECT_FALSE(tree.move({{"a", "link"}}));
  EXPECT_FALSE(tree.move({{"a", "d"}, {"b", "d"}}));
  EXPECT_FALSE(tree.create("link", ""));
  EXPECT_FALSE(tree.edit("link", {}));
  EXPECT_EQ(tree.texts().size(), 3u);
}

TEST(Tree, NothingGoesThroughALink) {
  Tree tree({{"a.sql", "1"}}, {"models/out"});
  EXPECT_FALSE(tree.move({{"a.sql", "models/out/a.sql"}}));
  EXPECT_FALSE(tree.move({{"a.sql", "models/out/deeper/a.sql"}}));
  EXPECT_FALSE(tree.create("models/out/b.yml", ""));
  EXPECT_TRUE(tree.move({{"a.sql", "models/outer/a.sql"}}));
}

TEST(Tree, RollbackTakesBackEditsAndNewFiles) {
  Tree tree({{"a", "1"}}, {});
  ASSERT_TRUE(tree.edit("a", {{0, 0, "0"}}));
  tree.checkpoint();
  ASSERT_TRUE(tree.edit("a", {{0, 1, "x"}}));
  ASSERT_TRUE(tree.edit("a", {{0, 1, "y"}}));
  ASSERT_TRUE(tree.create("b", ""));
  tree.rollback();
  EXPECT_EQ(*tree.find("a"), "01");
  EXPECT_EQ(tree.find("b"), nullptr);
}

TEST(Changes, MovedNewGoneAndChanged) {
  const auto changes = changes_between({{"a", "1"}, {"b", "2"}, {"c", "3"}},
                                       {{"z", "1x"}, {"b", "2"}, {"n", "9"}}, {{"a", "z"}});
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(changes[0].before, "c");
  EXPECT_EQ(changes[0].after, "");
  EXPECT_EQ(changes[1].after, "n");
  EXPECT_EQ(changes[2].before + changes[2].after, "az");
}

TEST(Changes, AFileThatTookAnothersPlaceIsOneMove) {
  const auto changes =
      changes_between({{"a", "1"}, {"b", "2"}}, {{"b", "1"}, {"c", "2"}}, {{"a", "b"}, {"b", "c"}});
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].before, "a");
  EXPECT_EQ(changes[1].before, "b");
}

TEST(Diff, HunksAsDiffWritesThem) {
  EXPECT_EQ(unified_hunks("a\nb\nc\n", "a\nB\nc\n"), "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n");
  EXPECT_EQ(unified_hunks("a\n", "a\n"), "");
  EXPECT_EQ(unified_hunks("", "a\n"), "@@ -0,0 +1 @@\n+a\n");
  EXPECT_EQ(unified_hunks("a", "a\n"), "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
}

TEST(Diff, FarChangesHaveHunksOfTheirOwn) {
  std::string before;
  for (int i = 1; i <= 20; ++i) before += std::to_string(i) + "\n";
  std::string after = before;
  after.replace(after.find("2\n"), 2, "two\n");
  after.replace(after.find("19\n"), 3, "nineteen\n");
  EXPECT_EQ(unified_hunks(before, after),
            "@@ -1,5 +1,5 @@\n 1\n-2\n+two\n 3\n 4\n 5\n"
            "@@ -16,5 +16,5 @@\n 16\n 17\n 18\n-19\n+nineteen\n 20\n");
}

TEST(Diff, RenamesAndControlCharacters) {
  const FileChange change{"a.sql", "b.sql", "x\n", "x\n"};
  EXPECT_EQ(unified_diff(change),
            "diff --git a/a.sql b/b.sql\nrename from a.sql\nrename to b.sql\n");
  EXPECT_EQ(shown_diff({{"a", "a", "", "\x1b[31m\n"}}, false).find('\x1b'), std::string::npos);
  EXPECT_EQ(unified_diffs({{"a", "a", "x\r\n", "y\r\n"}}),
            "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-x\r\n+y\r\n");
}

}  // namespace
}  // namespace floe::fix
