// SPDX-License-Identifier: Apache-2.0
#include "core/oci/reference.h"

#include <gtest/gtest.h>

#include <random>

namespace floe::oci {
namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');

TEST(OciReference, ReadsTheFormOfTheSeed) {
  const auto reference = parse_reference("oci://registry.acme.com/floe-platform:v1.2.3");
  ASSERT_TRUE(reference) << reference.error().message;
  EXPECT_EQ(reference->transport, Transport::kRegistry);
  EXPECT_EQ(reference->host, "registry.acme.com");
  EXPECT_EQ(reference->repository, "floe-platform");
  EXPECT_EQ(reference->tag, "v1.2.3");
  EXPECT_EQ(reference->digest, "");
}

TEST(OciReference, ReadsEveryTransport) {
  const std::string valid[] = {
      "oci://host/repo",
      "oci://host:5000/a/b__c/d-e.f:v1.2.3-rc.1",
      "oci://[2001:db8::1]:443/repo@" + kDigest,
      "oci://127.0.0.1:5000/repo:latest-dev@" + kDigest,
      "oci-layout:./registry",
      "oci-layout:../registry:v1.2.3",
      "oci-layout:/srv/my registry/x:v1.2.3@" + kDigest,
      "oci-layout:me@home/registry:v1.2.3",
      "oci-layout:C:/registry",
      "file:platform.tar",
      "file:platform.tar:v1.2.3",
  };
  for (const std::string& text : valid) {
    const auto reference = parse_reference(text);
    ASSERT_TRUE(reference) << text << ": " << reference.error().message;
    EXPECT_EQ(to_string(*reference), text);
  }
}

TEST(OciReference, RefusesWhatIsNoReference) {
  const std::string invalid[] = {
      "",
      "registry.acme.com/floe-platform:v1.2.3",
      "https://registry.acme.com/floe-platform:v1.2.3",
      "docker://registry.acme.com/floe-platform",
      "oci://",
      "oci://host",
      "oci:///repo",
      "oci://host/",
      "oci://host/Repo",
      "oci://host/a//b",
      "oci://host/../b",
      "oci://host/a_-b",
      "oci://-host/repo",
      "oci://host:0/repo",
      "oci://host:65536/repo",
      "oci://host:x/repo",
      "oci://host:99999999999999999999/repo",
      "oci://host/repo:",
      "oci://host/repo:.v1",
      "oci://host/repo@sha256:abc",
      "oci://host/repo@sha512:" + std::string(128, 'a'),
      "oci://host/repo@SHA256:" + std::string(64, 'A'),
      "oci://host/repo?x=y",
      "oci-layout:",
      "oci-layout::v1.2.3",
      "oci-layout:./registry@sha256:abc",
      "oci-layout:a\nb",
      std::string("oci-layout:a\0b", 14),
      "oci-layout:\xff",
      "oci-layout:" + std::string(5000, 'a'),
      "oci://host/" + std::string(300, 'a'),
      "oci://host/repo:" + std::string(129, 'a'),
  };
  for (const std::string& text : invalid) {
    const auto reference = parse_reference(text);
    ASSERT_FALSE(reference) << text << " became " << to_string(*reference);
    EXPECT_EQ(reference.error().kind, ErrorKind::kUsage);
    EXPECT_FALSE(reference.error().hint.empty());
  }
}

TEST(OciReference, RefusesVersionRanges) {
  for (const std::string range :
       {"^1.2", "~1.2.3", "~>1.0", ">=1.0.0", "1.x", "v1.2.x", "1.2.*", "*", "1.0 || 2.0"}) {
    for (const std::string base : {"oci://host/repo:", "oci-layout:./registry:"}) {
      const auto reference = parse_reference(base + range);
      ASSERT_FALSE(reference) << base + range;
      EXPECT_NE(reference.error().message.find("range"), std::string::npos)
          << reference.error().message;
    }
  }
}

TEST(OciReference, NeverRepeatsCredentials) {
  const auto reference = parse_reference("oci://user:hunter2@host/repo:v1");
  ASSERT_FALSE(reference);
  EXPECT_EQ(describe(reference.error()).find("hunter2"), std::string::npos);
}

TEST(OciReference, AsksForAnExactVersion) {
  for (const std::string text : {"oci-layout:r", "oci-layout:r:v1", "oci://host/r:1.2"}) {
    EXPECT_FALSE(check_exact(*parse_reference(text))) << text;
  }
  for (const std::string text :
       {"oci-layout:r:v1.2.3", "oci-layout:r:latest-dev", "oci-layout:r:v1@sha256:"}) {
    const std::string whole = text.ends_with(":") ? "oci-layout:r:v1@" + kDigest : text;
    EXPECT_TRUE(check_exact(*parse_reference(whole))) << whole;
  }
}

TEST(OciReference, ResolvesFoldersButNotHosts) {
  EXPECT_EQ(to_string(resolve_path(*parse_reference("oci-layout:../r:v1.2.3"), "/srv/product")),
            "oci-layout:/srv/r:v1.2.3");
  EXPECT_EQ(to_string(resolve_path(*parse_reference("oci-layout:/r:v1.2.3"), "/srv/product")),
            "oci-layout:/r:v1.2.3");
  EXPECT_EQ(to_string(resolve_path(*parse_reference("oci://host/r:v1.2.3"), "/srv/product")),
            "oci://host/r:v1.2.3");
}

/// Whatever parses prints to a text that parses to the same; nothing crashes.
TEST(OciReference, PropertyRoundTripOfArbitraryText) {
  std::mt19937 random(20261123);
  const std::string pieces[] = {
      "oci://", "oci-layout:", "file:", ":", "@", "/",  ".", "..", "-",    "_",    "v1.2.3",
      "a",      "sha256:",     kDigest, "[", "]", "80", " ", "é",  "\x01", "\xf0", "~"};
  int valid = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = pieces[random() % 3];
    for (std::size_t i = random() % 8; i > 0; --i) text += pieces[random() % std::size(pieces)];
    const auto reference = parse_reference(text);
    if (!reference) continue;
    ++valid;
    const auto again = parse_reference(to_string(*reference));
    ASSERT_TRUE(again) << text << " printed as " << to_string(*reference);
    ASSERT_EQ(*again, *reference) << text;
  }
  EXPECT_GT(valid, 500);
}

}  // namespace
}  // namespace floe::oci
