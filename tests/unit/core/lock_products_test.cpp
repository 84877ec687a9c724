// SPDX-License-Identifier: Apache-2.0
// The products that floe.lock pins.
#include "base/files.h"
#include "core/lock/lock.h"

#include <gtest/gtest.h>

namespace floe::core {
namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');

Lock lock_with_products() {
  return {
      "oci-layout:../registry:v1.0.0",
      kDigest,
      "acme",
      "1.0.0",
      "",
      {{"orders", "oci-layout:../registry/products/orders:v1.0", kDigest, "orders", "1.0"},
       {"oci://registry.acme.com/x:v2.0", "oci://registry.acme.com/x:v2.0", kDigest, "x", "2.0"}}};
}

TEST(LockProducts, ReadBackAsWritten) {
  const auto folder = TemporaryFolder::make("floe-lock-");
  ASSERT_TRUE(folder);
  const Lock lock = lock_with_products();
  ASSERT_TRUE(write_lock(folder->path(), lock));
  const auto again = read_lock(folder->path());
  ASSERT_TRUE(again) << describe(again.error());
  EXPECT_EQ(**again, lock);
}

TEST(LockProducts, MistakesAreToldWithTheirPlace) {
  const std::string head = to_text(Lock{"oci-layout:r:v1.0.0", kDigest, "acme", "1.0.0"});
  const std::pair<const char*, const char*> bad[] = {
      {"products: 1\n", "floe.lock:8:11"},
      {"products: [1]\n", "floe.lock:8:12"},
      {"products: [{ref: a}]\n", "artifact of a product must be a text"},
      {"products: [{ref: a, artifact: 'oci://r/a:v1.0', digest: x, name: a, version: '1'}]\n",
       "sha256"},
  };
  for (const auto& [text, expected] : bad) {
    const auto folder = TemporaryFolder::make("floe-lock-");
    ASSERT_TRUE(folder);
    ASSERT_TRUE(write_file(folder->path() / kLockFile, head + text));
    const auto read = read_lock(folder->path());
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().kind, ErrorKind::kUsage);
    EXPECT_NE(read.error().message.find(expected), std::string::npos) << read.error().message;
  }
}

}  // namespace
}  // namespace floe::core
