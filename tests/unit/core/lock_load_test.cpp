// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "core/cache/cache.h"
#include "core/lock/lock.h"
#include "core/oci/layout.h"
#include "core/platform/load.h"
#include "unit/core/artifact_support.h"

#include <gtest/gtest.h>

namespace floe::core {
namespace {

using testing::publish_platform;
using testing::sample_platform;
using testing::TempFolder;
using testing::text_of;
using testing::Variable;

const std::string kReference = "oci-layout:../registry:v1.2.3";

/// A registry with v1.2.3 beside an empty product folder, and a cache of its own.
struct Scene {
  TempFolder folder;
  Variable cache{"XDG_CACHE_HOME", (folder.path() / "cache").string()};
  std::string digest;
  fs::path registry() const { return folder.path() / "registry"; }
  fs::path product() const { return folder.path() / "product"; }
  Scene() {
    fs::create_directory(product());
    const auto published = publish_platform(sample_platform(), registry());
    EXPECT_TRUE(published) << describe(published.error());
    digest = published ? published->digest : "";
  }
  /// Replaces the registry by one in which v1.2.3 has weaker rules.
  void move_tag() const {
    fs::remove_all(registry());
    Platform weaker = sample_platform();
    weaker.quality_gates.minimum_test_coverage = 0;
    EXPECT_TRUE(publish_platform(weaker, registry()));
  }
};

TEST(Lock, WritesAndReadsItsText) {
  const TempFolder folder;
  const Lock lock{kReference, "sha256:" + std::string(64, 'a'), "acme", "1.2.3"};
  EXPECT_EQ(to_text(lock),
            "# Written by floe. Commit this file: it pins the platform's rules to "
            "exact bytes.\n"
            "version: 1\n"
            "platform:\n"
            "  ref: \"oci-layout:../registry:v1.2.3\"\n"
            "  digest: \"sha256:" +
                std::string(64, 'a') +
                "\"\n"
                "  name: \"acme\"\n"
                "  version: \"1.2.3\"\n");
  EXPECT_EQ(*read_lock(folder), std::nullopt);
  ASSERT_TRUE(write_lock(folder, lock));
  EXPECT_EQ(**read_lock(folder), lock);
}

TEST(Lock, RefusesWhatIsWrongWithItsPlace) {
  const TempFolder folder;
  const std::string digest = "sha256:" + std::string(64, 'a');
  const std::string wrong[] = {
      "",
      "[]",
      "version: 1\n",
      "version: one\n",
      "version: 1\nplatform: 3\n",
      "version: 1\nplatform:\n  ref: oci-layout:r:v1.2.3\n  digest: abc\n  name: a\n  version: b\n",
      "version: 1\nplatform:\n  ref: nonsense\n  digest: " + digest + "\n  name: a\n  version: b\n",
      "version: 1\nplatform:\n  ref: [oci-layout:r:v1.2.3]\n",
      "version: 99\nplatform:\n  ref: oci-layout:r:v1.2.3\n  digest: " + digest +
          "\n  name: a\n  version: b\n",
      "version: 1\nversion: 1\n",
      "\xff\xfe",
      "<<<<<<< HEAD\n",
  };
  for (const std::string& text : wrong) {
    ASSERT_TRUE(write_file(folder.path() / "floe.lock", text));
    const auto lock = read_lock(folder);
    ASSERT_FALSE(lock) << text;
    EXPECT_EQ(lock.error().kind, ErrorKind::kUsage);
    EXPECT_NE(lock.error().message.find("floe.lock"), std::string::npos);
  }
}

TEST(Cache, HealsWhatIsDamaged) {
  const TempFolder folder;
  const Cache cache(folder.path());
  const std::string digest = oci_digest("content");
  EXPECT_EQ(cache.blob(digest, 100), std::nullopt);
  ASSERT_TRUE(cache.put_blob("content"));
  EXPECT_EQ(cache.blob(digest, 100), "content");
  ASSERT_TRUE(write_file(oci::blob_path(folder, digest), "CONTENT"));
  EXPECT_EQ(cache.blob(digest, 100), std::nullopt);
  EXPECT_FALSE(fs::exists(oci::blob_path(folder, digest)));
  EXPECT_EQ(cache.blob("sha256:../../x", 100), std::nullopt);
}

TEST(Cache, RemembersTags) {
  const TempFolder folder;
  const Cache cache(folder.path());
  const std::string digest = oci_digest("content");
  EXPECT_EQ(cache.tag_digest("key"), std::nullopt);
  ASSERT_TRUE(cache.record_tag("key", digest));
  EXPECT_EQ(cache.tag_digest("key"), digest);
  const std::vector<std::string> files = *list_files(folder);
  for (const std::string& file : files) {
    ASSERT_TRUE(write_file(folder.path() / file, "{\"digest\":\"nonsense\"}"));
  }
  EXPECT_EQ(cache.tag_digest("key"), std::nullopt);
}

TEST(LoadPlatform, GivesWhatWasPublishedAndLocksIt) {
  const Scene scene;
  const auto loaded = load_platform_with_origin(kReference, scene.product(), LockUse::kRecord);
  ASSERT_TRUE(loaded) << describe(loaded.error());
  EXPECT_EQ(text_of(loaded->platform), text_of(sample_platform()));
  EXPECT_EQ(loaded->platform.reference, kReference);
  EXPECT_EQ(loaded->platform.digest, scene.digest);
  EXPECT_EQ(
      loaded->lock_changes,
      std::vector<std::string>{"wrote floe.lock: platform acme-data-platform v1.2.3 is pinned at " +
                               scene.digest});
  EXPECT_FALSE(loaded->from_cache);
  EXPECT_EQ((*read_lock(scene.product()))->digest, scene.digest);
  const auto again = load_platform_with_origin(kReference, scene.product(), LockUse::kRecord);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->from_cache);
  EXPECT_TRUE(again->lock_changes.empty());
}

TEST(LoadPlatform, RefusesATagThatMovedAgainstTheLock) {
  const Scene scene;
  ASSERT_TRUE(load_platform(kReference, scene.product(), LockUse::kRecord));
  scene.move_tag();
  fs::remove_all(scene.folder.path() / "cache");  // another machine: only the lock knows
  const auto loaded = load_platform(kReference, scene.product(), LockUse::kRecord);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(exit_code(loaded.error().kind), 4);
  EXPECT_NE(loaded.error().message.find(scene.digest), std::string::npos);
  EXPECT_NE(loaded.error().message.find("floe.lock"), std::string::npos);
}

TEST(LoadPlatform, RefusesATagThatMovedAgainstTheRecord) {
  const Scene scene;
  ASSERT_TRUE(load_platform(kReference, scene.product(), LockUse::kIgnore));
  scene.move_tag();
  for (const LockUse use : {LockUse::kIgnore, LockUse::kRecord}) {
    const auto loaded = load_platform(kReference, scene.product(), use);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().kind, ErrorKind::kSecurity);
  }
  EXPECT_FALSE(fs::exists(scene.product() / "floe.lock"));
}

TEST(LoadPlatform, RefusesALockEditedToAnotherArtifact) {
  const Scene scene;
  Platform weaker = sample_platform("1.2.2");
  weaker.quality_gates.minimum_test_coverage = 0;
  const auto old = publish_platform(weaker, scene.registry());
  ASSERT_TRUE(write_lock(scene.product(), {kReference, old->digest, "acme", "1.2.3"}));
  const auto loaded = load_platform(kReference, scene.product(), LockUse::kRecord);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().kind, ErrorKind::kSecurity);
  // Without the registry, the artifact's own version gives it away.
  ASSERT_TRUE(load_platform("oci-layout:../registry:v1.2.2", scene.product(), LockUse::kIgnore));
  fs::remove_all(scene.registry());
  const auto offline = load_platform(kReference, scene.product(), LockUse::kRecord);
  ASSERT_FALSE(offline);
  EXPECT_EQ(offline.error().kind, ErrorKind::kSecurity);
}

TEST(LoadPlatform, WorksFromLockAndCacheAlone) {
  const Scene scene;
  ASSERT_TRUE(load_platform(kReference, scene.product(), LockUse::kRecord));
  fs::remove_all(scene.registry());
  const auto loaded = load_platform_with_origin(kReference, scene.product(), LockUse::kRequire);
  ASSERT_TRUE(loaded) << describe(loaded.error());
  EXPECT_TRUE(loaded->from_cache);
  fs::remove_all(scene.folder.path() / "cache");
  const auto gone = load_platform(kReference, scene.product(), LockUse::kRequire);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind, ErrorKind::kEnvironment);
}

TEST(LoadPlatform, HealsACorruptCacheAndIgnoresAnEditedOne) {
  const Scene scene;
  ASSERT_TRUE(load_platform(kReference, scene.product(), LockUse::kRecord));
  const fs::path blobs = scene.folder.path() / "cache" / "floe" / "blobs" / "sha256";
  const std::vector<std::string> files = *list_files(blobs);
  for (const std::string& file : files) {
    ASSERT_TRUE(write_file(blobs / file, R"({"schemaVersion":"1.0","quality_gates":{}})"));
  }
  const auto loaded = load_platform_with_origin(kReference, scene.product(), LockUse::kRecord);
  ASSERT_TRUE(loaded) << describe(loaded.error());
  EXPECT_EQ(text_of(loaded->platform), text_of(sample_platform()));
  EXPECT_FALSE(loaded->from_cache);
  EXPECT_TRUE(load_platform_with_origin(kReference, scene.product(), LockUse::kRecord)->from_cache);
}

TEST(LoadPlatform, RefusesAVersionServedUnderAnotherTag) {
  const Scene scene;
  const fs::path index = scene.registry() / "index.json";
  std::string text = *read_file(index);
  text.replace(text.find("v1.2.3"), 6, "v2.0.0");
  ASSERT_TRUE(write_file(index, text));
  const auto loaded =
      load_platform("oci-layout:../registry:v2.0.0", scene.product(), LockUse::kRecord);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().kind, ErrorKind::kSecurity);
  EXPECT_FALSE(fs::exists(scene.product() / "floe.lock"));
}

TEST(LoadPlatform, MovesTheLockWithTheReference) {
  const Scene scene;
  ASSERT_TRUE(publish_platform(sample_platform("1.3.0"), scene.registry()));
  ASSERT_TRUE(load_platform(kReference, scene.product(), LockUse::kRecord));
  const std::string next = "oci-layout:../registry:v1.3.0";
  EXPECT_EQ(load_platform(next, scene.product(), LockUse::kRequire).error().kind,
            ErrorKind::kUsage);
  const auto ignored = load_platform_with_origin(next, scene.product(), LockUse::kIgnore);
  ASSERT_TRUE(ignored);
  EXPECT_EQ((*read_lock(scene.product()))->version, "1.2.3");
  ASSERT_TRUE(load_platform(next, scene.product(), LockUse::kRecord));
  EXPECT_EQ((*read_lock(scene.product()))->version, "1.3.0");
}

TEST(LoadPlatform, TakesADigestAndAsksForExactness) {
  const Scene scene;
  EXPECT_TRUE(
      load_platform("oci-layout:../registry@" + scene.digest, scene.product(), LockUse::kRecord));
  EXPECT_EQ(load_platform("oci-layout:../registry", scene.product(), LockUse::kRecord).error().kind,
            ErrorKind::kUsage);
  const auto missing =
      load_platform("oci-layout:../registry:v9.9.9", scene.product(), LockUse::kRecord);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::kEnvironment);
}

TEST(LoadPlatform, DoesNotLetAnUnverifiedSignaturePass) {
  const Scene scene;
  Platform platform = sample_platform("2.0.0");
  platform.artifacts.set("verification", "enforce");
  ASSERT_TRUE(publish_platform(platform, scene.registry()));
  const auto refused =
      load_platform("oci-layout:../registry:v2.0.0", scene.product(), LockUse::kRecord);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kSecurity);
  EXPECT_FALSE(fs::exists(scene.product() / "floe.lock"));
  platform.version = "2.0.1";
  platform.artifacts.set("verification", "warn");
  ASSERT_TRUE(publish_platform(platform, scene.registry()));
  const auto warned =
      load_platform_with_origin("oci-layout:../registry:v2.0.1", scene.product(), LockUse::kRecord);
  ASSERT_TRUE(warned) << describe(warned.error());
  EXPECT_EQ(warned->warnings.size(), 1u);
}

/// A pre-release that the manifest lets move: floe.lock stays what counts, the record does not.
TEST(LoadPlatform, FollowsAMutableTagOnlyWithoutALock) {
  const Scene scene;
  const std::string reference = "oci-layout:../registry:v2.0.0-rc.1";
  value::Value immutability = value::Value::map();
  immutability.set("mutable_prereleases", true);
  Platform platform = sample_platform("2.0.0-rc.1");
  platform.artifacts.set("immutability", immutability);
  const auto first = publish_platform(platform, scene.registry());
  ASSERT_TRUE(load_platform(reference, scene.product(), LockUse::kRecord));
  platform.description = "another candidate";
  const auto second = publish_platform(platform, scene.registry());
  ASSERT_TRUE(second) << describe(second.error());
  const auto locked = load_platform(reference, scene.product(), LockUse::kRecord);
  ASSERT_TRUE(locked) << describe(locked.error());
  EXPECT_EQ(locked->digest, first->digest);
  const auto free = load_platform(reference, scene.product(), LockUse::kIgnore);
  ASSERT_TRUE(free) << describe(free.error());
  EXPECT_EQ(free->digest, second->digest);
}

TEST(LoadPlatform, WorksWithoutACacheFolder) {
  const Scene scene;
  const Variable cache("XDG_CACHE_HOME", "/proc/none");
  const auto loaded = load_platform(kReference, scene.product(), LockUse::kRecord);
  EXPECT_TRUE(loaded) << describe(loaded.error());
}

}  // namespace
}  // namespace floe::core
