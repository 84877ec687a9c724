// SPDX-License-Identifier: Apache-2.0
// Which of the notes on a version counts.
#include "core/artifact/deprecation.h"

#include "unit/core/artifact_support.h"
#include "value/json.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace floe::artifact {
namespace {

using floe::testing::TempFolder;

/// A published version and the registry that holds it.
struct Noted {
  TempFolder folder;
  std::unique_ptr<oci::Registry> registry = floe::testing::layout_at(folder.path() / "registry");
  oci::Descriptor subject;

  Noted() {
    EXPECT_TRUE(floe::testing::publish_platform(floe::testing::sample_platform(),
                                                folder.path() / "registry"));
    subject = **registry->resolve("v1.2.3");
  }

  std::string reason() {
    const auto found = find_deprecation(*registry, subject.digest);
    if (!found) return "error: " + describe(found.error());
    return *found ? (*found)->reason : "none";
  }

  /// Lists the same manifests the other way round.
  void turn_round() const {
    const fs::path path = folder.path() / "registry" / "index.json";
    value::Value index = *value::read_json(*read_file(path));
    std::vector<value::Value> entries = index.find("manifests")->as_list();
    std::reverse(entries.begin(), entries.end());
    index.set("manifests", value::Value::list(std::move(entries)));
    ASSERT_TRUE(write_file(path, value::write_json(index)));
  }

  /// Attaches something that looks like a note but for its type.
  void attach(const std::string& type, const std::string& note) {
    const std::vector<oci::BlobSource> blobs{
        oci::blob_of(std::string(oci::kEmptyBlob), std::string(oci::kEmptyType)),
        oci::blob_of(note, type)};
    oci::Manifest manifest;
    manifest.artifact_type = type;
    manifest.layers = {blobs[1].descriptor};
    manifest.subject = subject;
    ASSERT_TRUE(registry->push_blobs(blobs));
    ASSERT_TRUE(registry->push_manifest(oci::write_manifest(manifest)));
  }
};

TEST(Deprecation, TheLastNoteCountsHoweverTheyAreListed) {
  Noted noted;
  EXPECT_EQ(noted.reason(), "none");
  ASSERT_TRUE(deprecate(*noted.registry, noted.subject, {true, "first", ""}));
  ASSERT_TRUE(deprecate(*noted.registry, noted.subject, {true, "second", ""}));
  EXPECT_EQ(noted.reason(), "second");
  noted.turn_round();
  EXPECT_EQ(noted.reason(), "second");
  ASSERT_TRUE(deprecate(*noted.registry, noted.subject, {false, "", ""}));
  EXPECT_EQ(noted.reason(), "none");
  noted.turn_round();
  EXPECT_EQ(noted.reason(), "none");
}

TEST(Deprecation, WhatIsNoNoteDoesNotCount) {
  Noted noted;
  ASSERT_TRUE(deprecate(*noted.registry, noted.subject, {true, "first", ""}));
  noted.attach(std::string(kDeprecationType) + "-draft",
               R"({"sequence":9,"deprecated":true,"reason":"draft"})");
  for (const char* bad : {"", "[]", "{}", R"({"sequence":"9","deprecated":true})",
                          R"({"sequence":9,"deprecated":"yes"})", R"({"sequence":9})"}) {
    noted.attach(std::string(kDeprecationType), bad);
  }
  EXPECT_EQ(noted.reason(), "first");
}

TEST(Deprecation, ItsTextCannotBreakOutOfALine) {
  Noted noted;
  ASSERT_TRUE(deprecate(*noted.registry, noted.subject, {true, "a\nerror: b\x1b[2J", ""}));
  EXPECT_EQ(noted.reason(), "a error: b [2J");
}

}  // namespace
}  // namespace floe::artifact
