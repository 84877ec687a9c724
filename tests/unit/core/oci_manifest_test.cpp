// SPDX-License-Identifier: Apache-2.0
// What is read from registries as a manifest or as an index.
#include "core/oci/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace floe::oci {
namespace {

using ::testing::HasSubstr;

const std::string kConfig =
    R"({"mediaType":"application/vnd.oci.empty.v1+json","size":2,"digest":)"
    R"("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"})";

TEST(OciManifest, BothKindsAreRead) {
  EXPECT_TRUE(read_manifest(R"({"schemaVersion":2,"config":)" + kConfig + R"(,"layers":[]})"));
  EXPECT_TRUE(read_index(R"({"schemaVersion":2,"manifests":[]})"));
}

TEST(OciManifest, WhatIsManifestAndIndexAtOnceIsNeither) {
  const std::string both = R"({"schemaVersion":2,"config":)" + kConfig +
                           R"(,"layers":[],"manifests":[)" + kConfig + "]}";
  const auto manifest = read_manifest(both);
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().kind, ErrorKind::kSecurity);
  EXPECT_THAT(manifest.error().message, HasSubstr("a manifest and an index at once"));
  const auto index = read_index(both);
  ASSERT_FALSE(index);
  EXPECT_EQ(index.error().kind, ErrorKind::kSecurity);
}

}  // namespace
}  // namespace floe::oci
