// SPDX-License-Identifier: Apache-2.0
// Which published versions may go, and what the cache keeps.
#include "base/hash.h"
#include "core/artifact/retention.h"
#include "core/cache/cache.h"
#include "core/oci/layout.h"
#include "unit/core/artifact_support.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace floe {
namespace {

using artifact::Retention;
using artifact::StoredVersion;
using floe::testing::TempFolder;

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kNow = 1000 * kDay;

/// The tags that may go.
std::vector<std::string> going(std::vector<StoredVersion> versions, const Retention& retention) {
  std::vector<std::string> out;
  for (const artifact::Fate& fate : artifact::decide(std::move(versions), retention, kNow)) {
    if (fate.kept_because.empty()) out.push_back(fate.version.tag);
  }
  return out;
}

TEST(Retention, KeepsTheLastReleasesAndAsManyCandidates) {
  const std::vector<StoredVersion> versions{{"v1.9.0", "a", {}},      {"v1.10.0", "b", {}},
                                            {"v1.2.0", "c", {}},      {"v2.0.0-rc.1", "d", {}},
                                            {"v2.0.0-rc.2", "e", {}}, {"latest", "f", {}}};
  Retention retention;
  retention.keep_last = 1;
  EXPECT_EQ(going(versions, retention),
            (std::vector<std::string>{"v2.0.0-rc.1", "v1.9.0", "v1.2.0"}));
  retention.protected_tags = {"v1.2.*"};
  retention.referenced = {"a"};
  EXPECT_EQ(going(versions, retention), std::vector<std::string>{"v2.0.0-rc.1"});
}

TEST(Retention, KeepsWhatIsYoungOrOfUnknownAge) {
  Retention retention;
  retention.keep_last = 1;
  retention.keep_days = 10;
  EXPECT_EQ(going({{"v3.0.0", "c", kNow},
                   {"v2.0.0", "b", kNow - 9 * kDay},
                   {"v1.1.0", "d", std::nullopt},
                   {"v1.0.0", "a", kNow - 11 * kDay}},
                  retention),
            std::vector<std::string>{"v1.0.0"});
}

TEST(Retention, KeepsEveryTagOfADigestThatStays) {
  Retention retention;
  retention.keep_last = 1;
  EXPECT_TRUE(going({{"v2.0.0", "same", {}}, {"v1.0.0", "same", {}}}, retention).empty());
}

TEST(Cache, ThrowsAwayWhatWasNotUsedForLongest) {
  const TempFolder folder;
  ::setenv("FLOE_CACHE_SIZE", "1", 1);
  const std::string old_blob(400 << 10, 'o');
  const std::string used_blob(400 << 10, 'u');
  const std::string new_blob(400 << 10, 'n');
  const auto path = [&](const std::string& blob) {
    return oci::blob_path(folder.path(), oci_digest(blob));
  };
  {
    const core::Cache cache(folder.path());
    for (const std::string& blob : {old_blob, used_blob, new_blob}) {
      ASSERT_TRUE(cache.put_blob(blob));
    }
    const auto before = fs::file_time_type::clock::now() - std::chrono::hours(48);
    fs::last_write_time(path(old_blob), before);
    fs::last_write_time(path(used_blob), before - std::chrono::hours(1));
    EXPECT_TRUE(cache.blob(oci_digest(used_blob), 1 << 20));
  }
  const core::Cache next(folder.path());
  ASSERT_TRUE(next.put_blob("small"));
  ::unsetenv("FLOE_CACHE_SIZE");
  EXPECT_FALSE(fs::exists(path(old_blob)));
  EXPECT_TRUE(fs::exists(path(used_blob)));
  EXPECT_TRUE(fs::exists(path(new_blob)));
}

}  // namespace
}  // namespace floe
