// SPDX-License-Identifier: Apache-2.0
// From the text of a manifest to the bytes of its artifact: what matters and what does not.
#include "core/artifact/package.h"
#include "core/config/manifest.h"
#include "core/platform/effective.h"

#include <gtest/gtest.h>

namespace floe::artifact {
namespace {

constexpr const char* kManifest = R"(apiVersion: floe.dev/v1
kind: Manifest
metadata:
  name: acme-data-platform
  version: "1.2.3"
  scope: enterprise
plugins:
  compute:
    type: duckdb
  orchestrator:
    type: dagster
data_architecture:
  pattern: medallion
  naming:
    enforcement: strict
    case: snake_case
governance:
  quality_gates:
    minimum_test_coverage: 80
    block_on_failure: true
)";

/// The same, keys in another order, in flow style, with comments and quotes.
constexpr const char* kReordered = R"(# a comment
kind: Manifest
governance: {quality_gates: {block_on_failure: true, minimum_test_coverage: 80}}
apiVersion: "floe.dev/v1"
data_architecture:
  naming: {case: 'snake_case', enforcement: strict}
  pattern: medallion
plugins:
  orchestrator: {type: dagster}
  compute: {type: duckdb}
metadata: {scope: enterprise, version: '1.2.3', name: acme-data-platform}
)";

Package package_of(const std::string& text) {
  diag::SourceMap sources;
  diag::Sink sink;
  const config::Manifest manifest = config::read_manifest(sources.add("manifest.yaml", text), sink);
  EXPECT_FALSE(sink.has_errors()) << (sink.has_errors() ? sink.sorted().front().message : "");
  auto package = pack(core::make_platform(manifest, sources), {});
  EXPECT_TRUE(package) << describe(package.error());
  return package ? std::move(*package) : Package{};
}

TEST(ArtifactDeterminism, OneManifestGivesOneDigest) {
  EXPECT_EQ(package_of(kManifest).digest, package_of(kManifest).digest);
}

/// The order of keys moves lines, and the artifact says at which line each rule was set; the rules
/// themselves are the same bytes.
TEST(ArtifactDeterminism, TheOrderOfKeysChangesNoRule) {
  const Package one = package_of(kManifest);
  const Package two = package_of(kReordered);
  for (const auto& [path, bytes] : one.files) {
    if (path == "manifest.json") continue;
    EXPECT_EQ(bytes, two.files.find(path)->second) << path;
  }
}

TEST(ArtifactDeterminism, AChangedRuleChangesTheDigest) {
  std::string text = kManifest;
  text.replace(text.find("coverage: 80"), 12, "coverage: 81");
  EXPECT_NE(package_of(text).digest, package_of(kManifest).digest);
}

TEST(ArtifactDeterminism, KeepsWhereEachRuleWasSet) {
  const Package package = package_of(kManifest);
  const core::Platform platform = *decode(package.files);
  EXPECT_EQ(platform.set_at("governance.quality_gates.minimum_test_coverage"),
            "acme-data-platform v1.2.3, set at manifest.yaml:19:5");
}

}  // namespace
}  // namespace floe::artifact
