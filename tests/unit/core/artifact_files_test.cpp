// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/files.h"
#include "core/artifact/version.h"
#include "unit/core/artifact_support.h"
#include "value/json.h"

#include <gtest/gtest.h>

namespace floe::artifact {
namespace {

using testing::random_platform;
using testing::sample_platform;
using testing::text_of;
using value::Value;

/// The sample's files with one of them changed through `edit`.
Files edited(const std::string& path, const std::function<void(Value&)>& edit) {
  Files files = *encode(sample_platform());
  Value document = *value::read_json(files[path]);
  edit(document);
  files[path] = value::write_json(document);
  return files;
}

TEST(ArtifactFiles, AreTheTreeOfTheSeed) {
  const auto files = encode(sample_platform());
  ASSERT_TRUE(files) << files.error().message;
  std::vector<std::string> paths;
  for (const auto& [path, bytes] : *files) paths.push_back(path);
  EXPECT_EQ(paths, (std::vector<std::string>{
                       "architecture/layer-constraints.json", "architecture/naming-rules.json",
                       "catalog/namespaces.json", "catalog/schema-registry.json", "manifest.json",
                       "policies/access-control.json", "policies/classification.json",
                       "policies/custom-rules.json", "policies/quality-gates.json",
                       "policies/retention.json"}));
}

TEST(ArtifactFiles, AreCanonicalAndCarryASchemaVersion) {
  const Files files = *encode(sample_platform());
  for (const auto& [path, bytes] : files) {
    const auto document = value::read_json(bytes);
    ASSERT_TRUE(document) << path;
    EXPECT_EQ(value::canonical_json(*document), bytes) << path;
    ASSERT_NE(document->find("schemaVersion"), nullptr) << path;
    EXPECT_EQ(document->find("schemaVersion")->as_string(), kSchemaVersion);
  }
}

/// Fails to compile when Platform gets a field: it must be given a place in platform_fields.h (or,
/// like reference and digest, be left out on purpose), in random_platform and here.
TEST(ArtifactFiles, KnowAllFieldsOfAPlatform) {
  const core::Platform platform = sample_platform();
  const auto& [name, version, scope, owner, description, reference, digest, plugins, approved,
               pattern, layers, naming, gates, documentation, ownership, contracts, architecture,
               sql, sql_errors, environments, provenance, classification, access, retention, cost,
               data_vault, hub_packages, rules, product_rules, namespaces, registry, artifacts,
               waivers, domain, parents, document] = platform;
  EXPECT_EQ(name, "acme-data-platform");
  const auto& [layer_name, prefixes, layer_description, schema, catalog_namespace, materializations,
               may_depend_on, required_tests, coverage, required_documentation, scd_types,
               scd_default] = layers[0];
  EXPECT_EQ(layer_name, "bronze");
  const auto& [naming_enforcement, case_style, max_length, reserved, patterns] = naming;
  EXPECT_EQ(naming_enforcement, core::Enforcement::kStrict);
  EXPECT_FALSE(hub_packages);
  EXPECT_TRUE(product_rules.empty());  // never part of an artifact
  const auto& [gates_enforcement, minimum, inferred, tests, block, on_failure, notify,
               by_classification] = gates;
  EXPECT_EQ(minimum, 80);
  EXPECT_TRUE(inferred);
  const auto& [contracts_enforcement, for_ports, for_layers, compatibility] = contracts;
  EXPECT_EQ(contracts_enforcement, core::Enforcement::kStrict);
  const auto& [documentation_enforcement, models, columns, sources, ports, exposures] =
      documentation;
  EXPECT_EQ(documentation_enforcement, core::Enforcement::kOff);
  const auto& [ownership_enforcement, product, model, port] = ownership;
  EXPECT_EQ(ownership_enforcement, core::Enforcement::kOff);
}

TEST(ArtifactFiles, HoldWhatFollowsFromPolicies) {
  core::Platform platform = sample_platform();
  const std::string plain = encode(platform)->at("policies/access-control.json");
  EXPECT_EQ(plain.find("resolved"), std::string::npos);
  platform.access_control =
      *value::read_json(R"({"grants": [{"role": "reader", "access": "READ"}]})");
  platform.retention = *value::read_json(R"({"default": {"max_days": 9}})");
  const Files files = *encode(platform);
  const auto access = value::read_json(files.at("policies/access-control.json"));
  const value::Value* granted = access->find_path("resolved.roles.reader.grants");
  ASSERT_NE(granted, nullptr);
  EXPECT_EQ(granted->size(), 1u);
  const auto retention = value::read_json(files.at("policies/retention.json"));
  EXPECT_EQ(*retention->find_path("effective.layers.gold.max_days"), value::Value(9));
  EXPECT_EQ(*encode(*decode(files)), files);
}

TEST(ArtifactFiles, OfAnOlderMinorVersionLackOnlyWhatCameLater) {
  Files files = *encode(sample_platform());
  value::Value manifest = *value::read_json(files.at("manifest.json"));
  manifest.set("schemaVersion", "1.0");
  for (const char* later : {"effective", "domain", "parents"}) manifest.erase(later);
  files["manifest.json"] = value::canonical_json(manifest);
  EXPECT_TRUE(decode(files));
  manifest.erase("plugins");
  files["manifest.json"] = value::canonical_json(manifest);
  EXPECT_FALSE(decode(files));
}

TEST(ArtifactFiles, PropertyRoundTrip) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    const core::Platform platform = random_platform(random);
    const auto files = encode(platform);
    ASSERT_TRUE(files) << files.error().message;
    const auto back = decode(*files);
    ASSERT_TRUE(back) << describe(back.error());
    ASSERT_EQ(text_of(*back), text_of(platform));
    EXPECT_EQ(back->classification, platform.classification);
    EXPECT_EQ(back->layers.size(), platform.layers.size());
    EXPECT_EQ(back->naming.max_length, platform.naming.max_length);
    EXPECT_EQ(back->quality_gates.minimum_test_coverage,
              platform.quality_gates.minimum_test_coverage);
  }
}

TEST(ArtifactFiles, DoNotDependOnTheOrderOfKeys) {
  core::Platform one = sample_platform();
  core::Platform two = sample_platform();
  one.classification.set("a", 1);
  one.classification.set("b", 2);
  two.classification.set("b", 2);
  two.classification.set("a", 1);
  EXPECT_EQ(*encode(one), *encode(two));
}

TEST(ArtifactFiles, LeaveOutReferenceAndDigest) {
  core::Platform platform = sample_platform();
  platform.reference = "oci-layout:/home/me/registry:v1.2.3";
  platform.digest = "sha256:0";
  EXPECT_EQ(text_of(platform), text_of(sample_platform()));
}

TEST(ArtifactFiles, RefuseNumbersThatJsonWouldChange) {
  core::Platform platform = sample_platform();
  platform.retention.set("days", (std::int64_t{1} << 53) + 1);
  const auto files = encode(platform);
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().kind, ErrorKind::kUsage);
}

TEST(ArtifactFiles, RefuseANewerMajorVersionClearly) {
  const auto platform = decode(
      edited("policies/retention.json", [](Value& file) { file.set("schemaVersion", "2.0"); }));
  ASSERT_FALSE(platform);
  EXPECT_EQ(platform.error().kind, ErrorKind::kEnvironment);
  EXPECT_NE(platform.error().message.find("newer floe"), std::string::npos);
  EXPECT_NE(platform.error().hint.find("update floe"), std::string::npos);
}

TEST(ArtifactFiles, ReadANewerMinorVersionWithUnknownMembers) {
  const auto edit = [](Value& file) { file.set("colour", "blue"); };
  EXPECT_FALSE(decode(edited("policies/retention.json", edit)));
  EXPECT_TRUE(decode(edited("policies/retention.json", [&](Value& file) {
    edit(file);
    file.set("schemaVersion", "1.7");
  })));
}

TEST(ArtifactFiles, RefuseWhatIsMissingOrUnknown) {
  Files files = *encode(sample_platform());
  files.erase("policies/retention.json");
  EXPECT_FALSE(decode(files));
  files = *encode(sample_platform());
  files["policies/more.json"] = "{}";
  EXPECT_FALSE(decode(files));
  files = *encode(sample_platform());
  files["../../etc/passwd"] = "{}";
  EXPECT_FALSE(decode(files));
}

TEST(ArtifactFiles, RefuseContradictions) {
  const auto refuses = [](const std::string& path, const std::function<void(Value&)>& edit) {
    const auto platform = decode(edited(path, edit));
    return !platform && platform.error().kind == ErrorKind::kSecurity;
  };
  const std::string layers = "architecture/layer-constraints.json";
  EXPECT_TRUE(refuses("manifest.json", [](Value& f) { f.set("name", "Not A Label"); }));
  EXPECT_TRUE(refuses("manifest.json", [](Value& f) { f.set("version", "1.2"); }));
  EXPECT_TRUE(refuses("manifest.json", [](Value& f) { f.set("scope", "galaxy"); }));
  EXPECT_TRUE(refuses("manifest.json", [](Value& f) { f.set("owner", "a\x1b[31mb"); }));
  EXPECT_TRUE(refuses("manifest.json", [](Value& f) { f.erase("plugins"); }));
  EXPECT_TRUE(refuses(layers, [](Value& f) { f.set("enforcement", "lenient"); }));
  EXPECT_TRUE(
      refuses(layers, [](Value& f) { f.edit("layers")->edit_list()[0].set("name", "gold"); }));
  EXPECT_TRUE(refuses(layers, [](Value& f) {
    f.edit("layers")->edit_list()[0].set("prefixes", Value::list({Value("")}));
  }));
  EXPECT_TRUE(refuses(layers, [](Value& f) {
    f.edit("layers")->edit_list()[0].set("may_depend_on", Value::list({Value("nowhere")}));
  }));
  EXPECT_TRUE(refuses("policies/quality-gates.json", [](Value& f) {
    f.edit("quality_gates")->set("minimum_test_coverage", 101);
  }));
}

/// Every JSON node of every file, replaced by values of other types or removed: no crash, and what
/// is accepted encodes again.
TEST(ArtifactFiles, PropertySurviveHostileValues) {
  std::mt19937 random(7);
  const Value hostile[] = {Value(nullptr), Value(true),       Value(-1),
                           Value(1e300),   Value("\x1b]0;x"), Value(std::string(100'000, 'x')),
                           Value::list(),  Value::map()};
  int refused = 0;
  for (int round = 0; round < 1500; ++round) {
    Files files = *encode(random_platform(random));
    auto file = std::next(files.begin(), static_cast<int>(random() % files.size()));
    Value document = *value::read_json(file->second);
    Value* at = &document;
    while ((at->is_map() || at->is_list()) && at->size() > 0 && random() % 4 != 0) {
      const std::size_t index = random() % at->size();
      at = at->is_map() ? &at->edit_map()[index].value : &at->edit_list()[index];
    }
    *at = hostile[random() % std::size(hostile)];
    file->second = value::write_json(document);
    const auto platform = decode(files);
    if (platform) EXPECT_TRUE(encode(*platform)) << file->first;
    else ++refused;
  }
  EXPECT_GT(refused, 500);
}

TEST(ArtifactFiles, PropertySurviveHostileBytes) {
  std::mt19937 random(8);
  const Files good = *encode(sample_platform());
  for (int round = 0; round < 2000; ++round) {
    Files files = good;
    auto file = std::next(files.begin(), static_cast<int>(random() % files.size()));
    std::string& bytes = file->second;
    const std::size_t at = random() % bytes.size();
    switch (random() % 4) {
      case 0: bytes[at] = static_cast<char>(random()); break;
      case 1: bytes.resize(at); break;
      case 2: bytes.insert(at, std::string(200, '[')); break;
      default: bytes.erase(at, 1 + random() % 5); break;
    }
    static_cast<void>(decode(files));
  }
}

TEST(Version, ParsesSemverOnly) {
  for (const char* text : {"0.0.0", "1.2.3", "1.2.3-rc.1", "1.2.3-0a.b-c+build.007", "10.20.30"}) {
    EXPECT_TRUE(parse_version(text)) << text;
  }
  for (const char* text : {"", "1", "1.2", "v1.2.3", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3+",
                           "1.2.3.4", "1.2.x", "-1.2.3", "1.2.99999999999999999999"}) {
    EXPECT_FALSE(parse_version(text)) << text;
  }
}

TEST(Version, OrdersAsSemverDoes) {
  const char* ordered[] = {"1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta",
                           "1.0.0-beta",  "1.0.0-beta.2",  "1.0.0-beta.11",
                           "1.0.0-rc.1",  "1.0.0",         "1.0.1",
                           "1.10.0",      "2.0.0"};
  for (std::size_t i = 0; i + 1 < std::size(ordered); ++i) {
    EXPECT_TRUE(compare(*parse_version(ordered[i]), *parse_version(ordered[i + 1])) < 0)
        << ordered[i];
  }
}

TEST(Version, TagsGoBothWays) {
  EXPECT_EQ(tag_of("1.2.3"), "v1.2.3");
  EXPECT_EQ(tag_of("1.2.3+a"), "v1.2.3_a");
  EXPECT_EQ(version_of_tag("v1.2.3_a"), "1.2.3+a");
  EXPECT_EQ(version_of_tag("1.2.3"), "1.2.3");
  EXPECT_EQ(version_of_tag("latest"), std::nullopt);
}

}  // namespace
}  // namespace floe::artifact
