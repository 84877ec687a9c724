// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "base/process.h"
#include "core/artifact/mutability.h"
#include "core/artifact/publish.h"
#include "unit/core/artifact_support.h"

#include <gtest/gtest.h>

namespace floe::artifact {
namespace {

using testing::layout_at;
using testing::publish_platform;
using testing::sample_platform;
using testing::TempFolder;
using testing::Variable;
using value::Value;

core::Platform changed_platform(const std::string& version = "1.2.3") {
  core::Platform platform = sample_platform(version);
  platform.quality_gates.minimum_test_coverage = 10;
  return platform;
}

TEST(Publish, PacksTheSameBytesEachTime) {
  const Package one = *pack(sample_platform(), {"abc", "2026-11-23T00:00:00Z"});
  const Package two = *pack(sample_platform(), {"abc", "2026-11-23T00:00:00Z"});
  EXPECT_EQ(one.manifest, two.manifest);
  EXPECT_EQ(one.digest, oci_digest(one.manifest));
  const oci::Manifest manifest = *oci::read_manifest(one.manifest);
  EXPECT_EQ(manifest.artifact_type, "application/vnd.floe.platform.v1");
  EXPECT_EQ(manifest.config.media_type, "application/vnd.oci.empty.v1+json");
  EXPECT_EQ(manifest.layers.size(), 10u);
  EXPECT_EQ(manifest.layers[4].media_type, "application/vnd.floe.manifest.v1+json");
  EXPECT_EQ(manifest.layers[4].annotation(oci::kTitle), "manifest.json");
  EXPECT_EQ(manifest.annotations.at("org.opencontainers.image.version"), "1.2.3");
  EXPECT_EQ(manifest.annotations.at("org.opencontainers.image.revision"), "abc");
}

TEST(Publish, LeavesOutWhatIsNotKnownOfTheSource) {
  const oci::Manifest manifest = *oci::read_manifest(pack(sample_platform(), {})->manifest);
  EXPECT_FALSE(manifest.annotations.contains("org.opencontainers.image.created"));
  EXPECT_FALSE(manifest.annotations.contains("org.opencontainers.image.revision"));
}

TEST(Publish, NeverChangesAPublishedVersion) {
  const TempFolder folder;
  const auto first = publish_platform(sample_platform(), folder);
  ASSERT_TRUE(first) << describe(first.error());
  EXPECT_FALSE(first->already);
  const auto again = publish_platform(sample_platform(), folder);
  ASSERT_TRUE(again) << describe(again.error());
  EXPECT_TRUE(again->already);
  EXPECT_EQ(again->digest, first->digest);
  const auto other = publish_platform(changed_platform(), folder);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().kind, ErrorKind::kSecurity);
  EXPECT_NE(other.error().message.find(first->digest), std::string::npos);
  EXPECT_NE(other.error().message.find(pack(changed_platform(), {})->digest), std::string::npos);
  EXPECT_EQ((*layout_at(folder)->resolve("v1.2.3"))->digest, first->digest);
}

TEST(Publish, TakesTheSameFilesOfAnotherCommitAsPublished) {
  const TempFolder folder;
  const auto first = publish_platform(sample_platform(), folder);
  const Package package = *pack(sample_platform(), {"another", "2027-01-01T00:00:00Z"});
  EXPECT_NE(package.digest, first->digest);
  const auto again = publish(sample_platform(), package, "v1.2.3", layout_at(folder).get(), false);
  ASSERT_TRUE(again) << describe(again.error());
  EXPECT_TRUE(again->already);
  EXPECT_EQ(again->digest, first->digest);
}

TEST(Publish, WantsTheTagOfTheVersion) {
  EXPECT_TRUE(check_tag(sample_platform(), "v1.2.3"));
  for (const char* tag : {"v1.2.4", "1.2.3", "latest", "v1.2", "", "v1.2.3-rc.1"}) {
    const auto status = check_tag(sample_platform(), tag);
    ASSERT_FALSE(status) << tag;
    EXPECT_EQ(status.error().kind, ErrorKind::kUsage);
    EXPECT_NE(status.error().hint.find("v1.2.3"), std::string::npos) << status.error().hint;
  }
}

TEST(Publish, DryRunWritesNothing) {
  const TempFolder folder;
  ASSERT_TRUE(publish_platform(sample_platform(), folder));
  const auto before = *list_files(folder);
  const core::Platform platform = sample_platform("1.3.0");
  const auto registry = layout_at(folder);
  const auto outcome = publish(platform, *pack(platform, {}), "v1.3.0", registry.get(), true);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(*list_files(folder), before);
  EXPECT_FALSE(
      publish(changed_platform(), *pack(changed_platform(), {}), "v1.2.3", registry.get(), true));
}

TEST(Publish, MovesPrereleasesOnlyWhereTheManifestSaysSo) {
  const TempFolder folder;
  ASSERT_TRUE(publish_platform(sample_platform("1.0.0-rc.1"), folder));
  EXPECT_FALSE(publish_platform(changed_platform("1.0.0-rc.1"), folder));
  core::Platform loose = changed_platform("1.0.0-rc.1");
  Value immutability = Value::map();
  immutability.set("mutable_prereleases", true);
  loose.artifacts.set("immutability", immutability);
  EXPECT_TRUE(is_mutable_tag(loose, "v1.0.0-rc.1"));
  EXPECT_FALSE(is_mutable_tag(loose, "v1.0.0"));
  EXPECT_FALSE(is_mutable_tag(loose, "latest-dev"));
  EXPECT_FALSE(is_mutable_tag(loose, "anything"));
}

TEST(Publish, RefusesArtifactsOfOthers) {
  const Package package = *pack(sample_platform(), {});
  const auto fetch = [&](const std::vector<oci::Descriptor>& layers) {
    std::vector<std::string> out;
    for (const oci::Descriptor& layer : layers) {
      out.push_back(package.files.find(layer.annotation(oci::kTitle))->second);
    }
    return Result<std::vector<std::string>>(std::move(out));
  };
  EXPECT_TRUE(unpack(package.manifest, fetch));
  const auto altered = [&](const auto& alter) {
    oci::Manifest manifest = *oci::read_manifest(package.manifest);
    alter(manifest);
    return unpack(oci::write_manifest(manifest), fetch).has_value();
  };
  EXPECT_TRUE(altered([](oci::Manifest&) {}));
  EXPECT_FALSE(altered([](oci::Manifest& m) { m.artifact_type = "application/vnd.other"; }));
  EXPECT_FALSE(altered([](oci::Manifest& m) { m.layers.push_back(m.layers[0]); }));
  EXPECT_FALSE(altered([](oci::Manifest& m) { m.layers.pop_back(); }));
  EXPECT_FALSE(altered([](oci::Manifest& m) { m.layers[0].media_type = "text/html"; }));
  EXPECT_FALSE(altered([](oci::Manifest& m) { m.layers[0].size = 1ull << 40; }));
  EXPECT_FALSE(altered([](oci::Manifest& m) {
    m.layers[0].annotations[std::string(oci::kTitle)] = "../../../etc/passwd";
  }));
  EXPECT_FALSE(
      altered([](oci::Manifest& m) { m.annotations[std::string(oci::kVersion)] = "9.9.9"; }));
}

TEST(Origin, ComesFromTheCommitAndNeverFromTheClock) {
  const TempFolder folder;
  const auto git = [&](std::vector<std::string> arguments) {
    std::vector<std::string> command{"git", "-c", "user.name=t", "-c", "user.email=t@example.com"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const auto output = run_process(command, {.folder = folder.path()});
    return output && output->exit_code == 0;
  };
  EXPECT_EQ(find_origin(folder)->revision, "");
  EXPECT_EQ(find_origin(folder)->created, "");
  if (!git({"init", "-q"})) GTEST_SKIP() << "git is not installed";
  ASSERT_TRUE(write_file(folder.path() / "manifest.yaml", "a"));
  const Variable when("GIT_COMMITTER_DATE", "1700000000 +0000");
  ASSERT_TRUE(git({"add", "."}));
  ASSERT_TRUE(git({"commit", "-q", "-m", "x"}));
  const Origin clean = *find_origin(folder);
  EXPECT_EQ(clean.revision.size(), 40u);
  EXPECT_EQ(clean.created, "2023-11-14T22:13:20Z");
  ASSERT_TRUE(write_file(folder.path() / "manifest.yaml", "b"));
  EXPECT_EQ(find_origin(folder)->revision, clean.revision + "-dirty");
  const Variable epoch("SOURCE_DATE_EPOCH", "0");
  EXPECT_EQ(find_origin(folder)->created, "1970-01-01T00:00:00Z");
  const Variable nonsense("SOURCE_DATE_EPOCH", "yesterday");
  EXPECT_EQ(find_origin(folder).error().kind, ErrorKind::kUsage);
}

}  // namespace
}  // namespace floe::artifact
