// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "base/process.h"
#include "core/oci/layout.h"
#include "unit/core/artifact_support.h"
#include "value/json.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

namespace floe::oci {
namespace {

using testing::layout_at;
using testing::publish_platform;
using testing::sample_platform;
using testing::TempFolder;

core::Platform platform_with(double coverage) {
  core::Platform platform = sample_platform();
  platform.quality_gates.minimum_test_coverage = coverage;
  return platform;
}

/// A tag that is there must lead to a whole platform; gives its digest, or "" without the tag.
std::string digest_of_whole(const fs::path& folder, const std::string& tag) {
  const auto registry = layout_at(folder, Access::kRead);
  if (registry == nullptr) return "";
  const auto descriptor = registry->resolve(tag);
  EXPECT_TRUE(descriptor) << describe(descriptor.error());
  if (!descriptor || !*descriptor) return "";
  const auto manifest = registry->fetch_manifest((*descriptor)->digest);
  EXPECT_TRUE(manifest) << describe(manifest.error());
  if (!manifest) return "";
  const auto platform = artifact::unpack(
      *manifest, [&](const auto& layers) { return registry->fetch_blobs(layers); });
  EXPECT_TRUE(platform) << describe(platform.error());
  return (*descriptor)->digest;
}

/// Runs `work` in a child process, which exits with what it returns.
template <class Work>
pid_t in_child(const Work& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      ::_exit(work());
    } catch (const std::exception&) {
      ::_exit(70);
    }
  }
  return child;
}

int wait_for(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Publishes into a fresh folder, then writes `bytes` over a file of the layout.
struct Published {
  TempFolder folder;
  std::string digest;
  fs::path root() const { return folder.path() / "registry"; }
  Published() {
    const auto published = publish_platform(sample_platform(), root());
    EXPECT_TRUE(published) << describe(published.error());
    digest = published ? published->digest : "";
  }
};

TEST(OciLayout, HasTheFilesOfTheSpecification) {
  const Published published;
  EXPECT_EQ(*read_file(published.root() / "oci-layout"), R"({"imageLayoutVersion":"1.0.0"})");
  const auto index = value::read_json(*read_file(published.root() / "index.json"));
  ASSERT_TRUE(index);
  EXPECT_EQ(index->find("schemaVersion")->as_int(), 2);
  const value::Value& entry = index->find("manifests")->as_list().at(0);
  EXPECT_EQ(entry.find("digest")->as_string(), published.digest);
  EXPECT_EQ(entry.find("annotations")->find(kRefName)->as_string(), "v1.2.3");
  EXPECT_TRUE(fs::exists(blob_path(published.root(), oci_digest("{}"))));
}

TEST(OciLayout, ListsAndResolvesTags) {
  const Published published;
  ASSERT_TRUE(publish_platform(sample_platform("1.3.0"), published.root()));
  const auto registry = layout_at(published.root());
  const auto tags = registry->tags();
  ASSERT_TRUE(tags);
  ASSERT_EQ(tags->size(), 2u);
  EXPECT_EQ((*tags)[0], "v1.2.3");
  EXPECT_EQ((*tags)[1], "v1.3.0");
  EXPECT_EQ((*registry->resolve("v1.2.3"))->digest, published.digest);
  EXPECT_EQ(*registry->resolve("v9.9.9"), std::nullopt);
}

TEST(OciLayout, RefusesToOpenWhatIsNone) {
  const TempFolder folder;
  EXPECT_EQ(layout_at(folder, Access::kRead), nullptr);
  ASSERT_TRUE(write_file(folder.path() / "precious.txt", "mine"));
  EXPECT_EQ(layout_at(folder, Access::kPublish), nullptr);
  EXPECT_EQ(layout_at(folder.path() / "precious.txt", Access::kPublish), nullptr);
  ASSERT_TRUE(
      write_file(folder.path() / "new" / "oci-layout", R"({"imageLayoutVersion":"2.0.0"})"));
  EXPECT_EQ(layout_at(folder.path() / "new", Access::kRead), nullptr);
}

TEST(OciLayout, DetectsACorruptBlob) {
  const Published published;
  const std::string digest = oci_digest("{}");
  ASSERT_TRUE(write_file(blob_path(published.root(), digest), "[]"));
  const auto registry = layout_at(published.root());
  Descriptor descriptor = describe_bytes("x", "{}");
  const auto bytes = registry->fetch_blob(descriptor);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().kind, ErrorKind::kSecurity);
  // A publisher heals it.
  const std::vector<BlobSource> blobs{blob_of("{}")};
  ASSERT_TRUE(registry->push_blobs(blobs));
  EXPECT_TRUE(registry->fetch_blob(descriptor));
}

TEST(OciLayout, RefusesSizesThatLieAndFilesThatAreNone) {
  const Published published;
  const auto registry = layout_at(published.root());
  Descriptor descriptor = describe_bytes("x", "{}");
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1} << 62, std::uint64_t{3}}) {
    descriptor.size = size;
    const auto bytes = registry->fetch_blob(descriptor);
    ASSERT_FALSE(bytes);
    EXPECT_EQ(bytes.error().kind, ErrorKind::kSecurity);
  }
  const fs::path path = blob_path(published.root(), descriptor.digest);
  descriptor.size = 2;
  ASSERT_TRUE(write_file(published.folder.path() / "elsewhere", "{}"));
  fs::remove(path);
  fs::create_symlink(published.folder.path() / "elsewhere", path);
  EXPECT_EQ(registry->fetch_blob(descriptor).error().kind, ErrorKind::kSecurity);
  fs::remove(path);
  fs::create_directory(path);
  EXPECT_EQ(registry->fetch_blob(descriptor).error().kind, ErrorKind::kSecurity);
  fs::remove(path);
  EXPECT_EQ(registry->fetch_blob(descriptor).error().kind, ErrorKind::kEnvironment);
  descriptor.digest = "sha256:../../../../etc/passwd";
  EXPECT_FALSE(registry->fetch_blob(descriptor));
}

TEST(OciLayout, RefusesAHostileIndex) {
  const Published published;
  const auto registry = layout_at(published.root());
  const std::string digest = "\"sha256:" + std::string(64, 'a') + "\"";
  const auto entry = [&](const std::string& hash, const std::string& size, const std::string& tag) {
    return R"({"mediaType":"m","digest":)" + hash + R"(,"size":)" + size +
           R"(,"annotations":{"org.opencontainers.image.ref.name":)" + tag + "}}";
  };
  const auto index = [](const std::string& entries) {
    return R"({"schemaVersion":2,"manifests":[)" + entries + "]}";
  };
  const std::string hostile[] = {
      "",
      "null",
      "[]",
      "{",
      std::string(200'000, '['),
      R"({"schemaVersion":3,"manifests":[]})",
      R"({"schemaVersion":2})",
      R"({"schemaVersion":2,"manifests":{}})",
      R"({"schemaVersion":2,"schemaVersion":2,"manifests":[]})",
      R"({"schemaVersion":2,"mediaType":"text/html","manifests":[]})",
      index("7"),
      index("{}"),
      index(entry("7", "7", "\"v1.2.3\"")),
      index(entry("\"sha256:short\"", "7", "\"v1.2.3\"")),
      index(entry(digest, "-1", "\"v1.2.3\"")),
      index(entry(digest, "1.5", "\"v1.2.3\"")),
      index(entry(digest, "1e99", "\"v1.2.3\"")),
      index(entry(digest, "99999999999999999999", "\"v1.2.3\"")),
      index(entry(digest, "7", "7")),
      index(entry(digest, "7", "\"v1.2.3\"") + "," +
            entry("\"sha256:" + std::string(64, 'b') + "\"", "7", "\"v1.2.3\"")),
  };
  for (const std::string& bytes : hostile) {
    ASSERT_TRUE(write_file(published.root() / "index.json", bytes));
    EXPECT_FALSE(registry->resolve("v1.2.3")) << bytes.substr(0, 200);
    EXPECT_FALSE(publish_platform(sample_platform("1.2.4"), published.root()) &&
                 bytes.find("v1.2.3") == std::string::npos)
        << bytes.substr(0, 200);
  }
}

TEST(OciLayout, KeepsWhatItDoesNotKnow) {
  const Published published;
  const fs::path path = published.root() / "index.json";
  value::Value index = *value::read_json(*read_file(path));
  index.set("annotations", value::Value::map({{"x", "y"}}));
  value::Value other = value::Value::map();
  other.set("mediaType", kManifestType);
  other.set("digest", "sha256:" + std::string(64, 'c'));
  other.set("size", 5);
  other.set("platform", value::Value::map({{"os", "plan9"}}));
  index.edit("manifests")->push(other);
  ASSERT_TRUE(write_file(path, value::write_json(index)));
  ASSERT_TRUE(publish_platform(sample_platform("1.3.0"), published.root()));
  const value::Value after = *value::read_json(*read_file(path));
  EXPECT_EQ(after.find("annotations")->find("x")->as_string(), "y");
  ASSERT_EQ(after.find("manifests")->size(), 3u);
  EXPECT_EQ(after.find("manifests")->as_list()[1], other);
}

TEST(OciLayout, ConcurrentPublishersKeepEachOthersTags) {
  const TempFolder folder;
  const fs::path root = folder.path() / "registry";
  std::vector<pid_t> children;
  for (int i = 0; i < 6; ++i) {
    children.push_back(in_child([&] {
      return publish_platform(sample_platform("1.0." + std::to_string(i)), root) ? 0 : 1;
    }));
  }
  for (const pid_t child : children) EXPECT_EQ(wait_for(child), 0);
  EXPECT_EQ(layout_at(root)->tags()->size(), 6u);
  for (int i = 0; i < 6; ++i) EXPECT_NE(digest_of_whole(root, "v1.0." + std::to_string(i)), "");
}

TEST(OciLayout, OneOfTwoPublishersOfAVersionWins) {
  for (int round = 0; round < 8; ++round) {
    const TempFolder folder;
    const fs::path root = folder.path() / "registry";
    std::vector<pid_t> children;
    for (const double coverage : {50.0, 60.0}) {
      children.push_back(in_child([&] {
        const auto published = publish_platform(platform_with(coverage), root);
        if (published) return 0;
        return published.error().kind == ErrorKind::kSecurity ? 4 : 1;
      }));
    }
    const int first = wait_for(children[0]);
    const int second = wait_for(children[1]);
    EXPECT_EQ(std::min(first, second), 0);
    EXPECT_EQ(std::max(first, second), 4);
    const std::string winner = artifact::pack(platform_with(first == 0 ? 50 : 60), {})->digest;
    EXPECT_EQ(digest_of_whole(root, "v1.2.3"), winner);
  }
}

TEST(OciLayout, AKilledPublisherLeavesAllOrNothing) {
  std::mt19937 random(30);
  int nothing = 0;
  for (int round = 0; round < 30; ++round) {
    const Published before;
    const pid_t child =
        in_child([&] { return publish_platform(sample_platform("2.0.0"), before.root()) ? 0 : 1; });
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 15'000));
    ::kill(child, SIGKILL);
    wait_for(child);
    EXPECT_EQ(digest_of_whole(before.root(), "v1.2.3"), before.digest);
    if (digest_of_whole(before.root(), "v2.0.0").empty()) ++nothing;
    const auto again = publish_platform(sample_platform("2.0.0"), before.root());
    ASSERT_TRUE(again) << describe(again.error());
    EXPECT_EQ(digest_of_whole(before.root(), "v2.0.0"), again->digest);
  }
  RecordProperty("rounds_without_the_tag", nothing);
}

TEST(OciLayout, AFullDiskLeavesTheOldStateWhole) {
  const Published before;
  // Files may not grow beyond 600 bytes: some part of the platform is larger than that.
  const pid_t child = in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{600, 600};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto published = publish_platform(sample_platform("2.0.0"), before.root());
    if (published) return 0;
    const std::string text = describe(published.error());
    return text.find("cannot write") != std::string::npos &&
                   published.error().kind == ErrorKind::kEnvironment
               ? 3
               : 1;
  });
  EXPECT_EQ(wait_for(child), 3);
  EXPECT_EQ(digest_of_whole(before.root(), "v1.2.3"), before.digest);
  EXPECT_EQ(digest_of_whole(before.root(), "v2.0.0"), "");
  const std::vector<std::string> files = *list_files(before.root() / "blobs" / "sha256");
  for (const std::string& file : files) {
    EXPECT_EQ(file.size(), 64u) << "a temporary file was left: " << file;
  }
}

TEST(OciLayout, AReadOnlyFolderIsAClearError) {
  const Published before;
  for (const fs::path& folder : {before.root(), before.root() / "blobs" / "sha256"}) {
    fs::permissions(folder, fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read |
                                fs::perms::others_exec);
  }
  fs::permissions(before.folder,
                  fs::perms::owner_all | fs::perms::others_exec | fs::perms::others_read);
  const pid_t child = in_child([&] {
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) return 77;
    // What is there already needs no writing.
    if (!publish_platform(sample_platform(), before.root())) return 2;
    const auto published = publish_platform(sample_platform("2.0.0"), before.root());
    if (published) return 0;
    return published.error().kind == ErrorKind::kEnvironment && !published.error().hint.empty() ? 3
                                                                                                : 1;
  });
  const int code = wait_for(child);
  for (const fs::path& folder : {before.root(), before.root() / "blobs" / "sha256"}) {
    fs::permissions(folder, fs::perms::owner_all);
  }
  if (code == 77) GTEST_SKIP() << "cannot give up root's rights here";
  EXPECT_EQ(code, 3);
  EXPECT_EQ(digest_of_whole(before.root(), "v1.2.3"), before.digest);
}

TEST(OciLayout, RemovesWhatKilledWritersLeftLongAgo) {
  const Published before;
  const fs::path old_file = before.root() / "blobs" / "sha256" / (std::string(64, 'a') + ".AbCdEf");
  const fs::path new_file = before.root() / "blobs" / "sha256" / (std::string(64, 'b') + ".AbCdEf");
  ASSERT_TRUE(write_file(old_file, "x"));
  ASSERT_TRUE(write_file(new_file, "x"));
  fs::last_write_time(old_file, fs::file_time_type::clock::now() - std::chrono::hours(2));
  ASSERT_TRUE(publish_platform(sample_platform("2.0.0"), before.root()));
  EXPECT_FALSE(fs::exists(old_file));
  EXPECT_TRUE(fs::exists(new_file));
}

TEST(OciLayout, IsReadBySkopeo) {
  if (!run_process({"skopeo", "--version"})) GTEST_SKIP() << "skopeo is not installed";
  const Published published;
  const std::string source = "oci:" + published.root().string() + ":v1.2.3";
  const auto raw = run_process({"skopeo", "inspect", "--raw", source});
  ASSERT_TRUE(raw);
  ASSERT_EQ(raw->exit_code, 0) << raw->err;
  EXPECT_EQ(oci_digest(raw->out), published.digest);
  const fs::path copy = published.folder.path() / "copy";
  const auto copied = run_process(
      {"skopeo", "--insecure-policy", "copy", source, "oci:" + copy.string() + ":v1.2.3"});
  ASSERT_TRUE(copied);
  ASSERT_EQ(copied->exit_code, 0) << copied->err;
  EXPECT_EQ(digest_of_whole(copy, "v1.2.3"), published.digest);  // and floe reads skopeo's layout
  // floe publishes into it, and skopeo still reads it.
  ASSERT_TRUE(publish_platform(sample_platform("1.3.0"), copy));
  const auto both =
      run_process({"skopeo", "--insecure-policy", "copy", "oci:" + copy.string() + ":v1.3.0",
                   "dir:" + (published.folder.path() / "dir").string()});
  ASSERT_TRUE(both);
  EXPECT_EQ(both->exit_code, 0) << both->err;
}

}  // namespace
}  // namespace floe::oci
