// SPDX-License-Identifier: Apache-2.0
#include "base/tar.h"

#include <gtest/gtest.h>

#include <cstring>

namespace floe {
namespace {

/// A block with a right checksum.
std::string header(const std::string& name, std::size_t size, char type = '0') {
  std::string block(512, '\0');
  const auto put = [&](std::size_t at, const std::string& text) {
    std::memcpy(&block[at], text.data(), text.size());
  };
  put(0, name.substr(0, 100));
  char octal[16];
  std::snprintf(octal, sizeof octal, "%011zo", size);
  put(124, octal);
  block[156] = type;
  put(257, "ustar");
  unsigned sum = 8 * ' ';
  for (const char c : block) sum += static_cast<unsigned char>(c);
  std::snprintf(octal, sizeof octal, "%06o", sum);
  put(148, octal);
  block[155] = ' ';
  return block;
}

std::string entry(const std::string& name, const std::string& content, char type = '0') {
  return header(name, content.size(), type) + content +
         std::string((512 - content.size() % 512) % 512, '\0');
}

const std::string kEnd(1024, '\0');

class Tar : public testing::Test {
 protected:
  Result<TarIndex> index(const std::string& bytes) {
    EXPECT_TRUE(write_file(file(), bytes));
    return read_tar_index(file());
  }
  /// What the archive is refused as; nothing if it is not.
  std::optional<ErrorKind> refused(const std::string& bytes) {
    const auto found = index(bytes);
    if (found) return std::nullopt;
    return found.error().kind;
  }
  fs::path file() const { return folder_.path() / "x.tar"; }
  fs::path root() const { return folder_.path(); }

 private:
  TemporaryFolder folder_ = std::move(*TemporaryFolder::make("floe-test-"));
};

TEST_F(Tar, FindsWhatItHasWritten) {
  const std::string large(300'000, 'x');
  ASSERT_TRUE(write_file(root() / "in" / "a" / "large", large));
  ASSERT_TRUE(write_file(root() / "in" / "empty", ""));
  ASSERT_TRUE(write_tar(root() / "in", file()));
  const auto first = read_file(file());
  const auto found = read_tar_index(file());
  ASSERT_TRUE(found) << describe(found.error());
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ(found->at("empty").size, 0u);
  std::string back;
  ASSERT_TRUE(read_pieces(found->at("a/large"), [&](std::string_view piece) -> Status {
    back += piece;
    return {};
  }));
  EXPECT_EQ(back, large);
  ASSERT_TRUE(write_tar(root() / "in", file()));
  EXPECT_EQ(*read_file(file()), *first);
}

TEST_F(Tar, ReadsNamesOfEveryKind) {
  const std::string name(200, 'n');
  const std::string record = "path=" + name + "\n";
  const std::string pax = std::to_string(record.size() + 4) + " " + record;
  EXPECT_EQ(index(entry("././@LongLink", name, 'L') + entry("cut", "1") + kEnd)->count(name), 1u);
  EXPECT_EQ(index(entry("pax", pax, 'x') + entry("cut", "1") + kEnd)->count(name), 1u);
  EXPECT_EQ(index(entry("./a//b", "1") + entry("d/", "", '5') + kEnd)->count("a/b"), 1u);
}

TEST_F(Tar, RefusesWhatMeansHarm) {
  using enum ErrorKind;
  EXPECT_EQ(refused(entry("../out", "1") + kEnd), kSecurity);
  EXPECT_EQ(refused(entry("a/../../out", "1") + kEnd), kSecurity);
  EXPECT_EQ(refused(entry("/etc/passwd", "1") + kEnd), kSecurity);
  EXPECT_EQ(refused(entry("link", "", '2') + kEnd), kSecurity);
  EXPECT_EQ(refused(entry("hard", "", '1') + kEnd), kSecurity);
  EXPECT_EQ(refused(entry("device", "", '3') + kEnd), kSecurity);
  EXPECT_EQ(refused(entry("a", "1") + entry("./a", "2") + kEnd), kSecurity);
  EXPECT_EQ(refused(header("long", 70'000, 'L') + std::string(71'680, 'n') + kEnd), kSecurity);
}

TEST_F(Tar, SaysWhatIsBroken) {
  using enum ErrorKind;
  const std::string whole = entry("a", std::string(600, 'x')) + entry("b", "1") + kEnd;
  EXPECT_EQ(refused(whole), std::nullopt);
  EXPECT_EQ(refused(""), kEnvironment);
  EXPECT_EQ(refused("no tar file at all"), kEnvironment);
  EXPECT_EQ(refused(std::string(2000, 'x')), kEnvironment);
  EXPECT_EQ(refused(whole.substr(0, 1000)), kEnvironment);
  EXPECT_EQ(refused(whole.substr(0, 2048)), kEnvironment);
  EXPECT_EQ(refused(header("huge", 07777777777) + kEnd), kEnvironment);
  std::string flipped = whole;
  flipped[3] ^= 1;
  EXPECT_EQ(refused(flipped), kEnvironment);
  EXPECT_FALSE(read_tar_index(root() / "missing.tar"));
  EXPECT_FALSE(read_tar_index(root()));
}

}  // namespace
}  // namespace floe
