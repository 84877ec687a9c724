// SPDX-License-Identifier: Apache-2.0
#include "core/platform/tighten.h"

#include "base/text.h"
#include "config_support.h"
#include "core/platform/effective.h"
#include "value/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace floe::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Tightened {
  core::Platform platform;
  std::vector<std::string> findings;
  std::vector<std::string> platforms;  // what each finding says about the platform
};

/// The seed's platform, tightened by a product with these sections.
Tightened tighten(const std::string& sections) {
  const auto manifest = manifest_of(seed_file("manifest.yaml"));
  Tightened result{core::make_platform(manifest->manifest, manifest->sources), {}, {}};
  result.platform.approved_plugins["catalog"] = {"polaris", "rest"};
  const auto product = product_of(seed_file("floe.yaml") + sections);
  core::tighten_platform(result.platform, product->product, product->sources, product->sink);
  result.findings = product->findings();
  for (const diag::Diagnostic& found : product->sink.sorted()) {
    result.platforms.push_back(found.platform);
  }
  return result;
}

TEST(Tighten, NothingAskedIsNothingChanged) {
  const Tightened result = tighten("");
  EXPECT_THAT(result.findings, IsEmpty());
  EXPECT_EQ(result.platform.quality_gates.minimum_test_coverage, 80);
}

TEST(Tighten, StricterIsTaken) {
  const Tightened result = tighten(R"(
governance:
  quality_gates: {minimum_test_coverage: 95, required_tests: [unique_pk]}
  documentation: {require_model_descriptions: true}
  ownership: {require_product_owner: true, enforcement: warn}
data_architecture:
  naming: {max_length: 40, reserved: [tmp], case: snake_case}
  layers:
    gold: {materializations: [table], may_depend_on: [silver], quality_gates: {minimum_coverage: 99}}
)");
  EXPECT_THAT(result.findings, IsEmpty());
  const core::Platform& platform = result.platform;
  EXPECT_EQ(platform.quality_gates.minimum_test_coverage, 95);
  EXPECT_THAT(platform.quality_gates.required_tests, ElementsAre("unique_pk"));
  EXPECT_EQ(platform.documentation.enforcement, core::Enforcement::kStrict);
  EXPECT_EQ(platform.ownership.enforcement, core::Enforcement::kWarn);
  EXPECT_EQ(platform.naming.max_length, 40);
  EXPECT_THAT(platform.find_layer("gold")->may_depend_on, ElementsAre("silver"));
  EXPECT_EQ(platform.find_layer("gold")->minimum_coverage, 99);
  EXPECT_EQ(platform.set_at("governance.quality_gates.minimum_test_coverage"),
            "customer-analytics v1.0, set at floe.yaml:20:42");
}

TEST(Tighten, LooserIsRefusedAndChangesNothing) {
  const Tightened result = tighten(R"(
governance:
  quality_gates: {minimum_test_coverage: 60, block_on_failure: false}
data_architecture:
  pattern: kimball
  naming: {enforcement: warn}
  layers:
    gold: {may_depend_on: [bronze]}
    platinum: {prefix: plat_}
)");
  EXPECT_THAT(
      result.findings,
      ElementsAre(HasSubstr("P002 20:42 'governance.quality_gates.minimum_test_coverage' loosens "
                            "a rule: tried 60, the platform requires at least 80"),
                  HasSubstr("P002 20:64"), HasSubstr("P002 22:12"),
                  HasSubstr("tried warn, the platform requires strict"),
                  HasSubstr("tried bronze, the platform requires only silver and gold"),
                  HasSubstr("P002 26:5")));
  EXPECT_THAT(result.platforms[0], HasSubstr("acme-data-platform v1.2.3, set at manifest.yaml:"));
  EXPECT_EQ(result.platform.quality_gates.minimum_test_coverage, 80);
  EXPECT_TRUE(result.platform.quality_gates.block_on_failure);
  EXPECT_EQ(result.platform.naming.enforcement, core::Enforcement::kStrict);
  EXPECT_EQ(result.platform.pattern, "medallion");
}

TEST(Tighten, AnEmptyListOfMaterializationsIsNotAllOfThem) {
  const std::string sections = R"(
data_architecture:
  layers:
    gold: {materializations: []}
)";
  const auto manifest = manifest_of(
      replace_all(seed_file("manifest.yaml"), "  naming:\n",
                  "  layers:\n    gold: {materializations: [table], scd: {types_allowed: [1, 2]}}\n"
                  "  naming:\n"));
  const auto tightened = [&](const std::string& asked) {
    core::Platform platform = core::make_platform(manifest->manifest, manifest->sources);
    const auto product = product_of(seed_file("floe.yaml") + asked);
    core::tighten_platform(platform, product->product, product->sources, product->sink);
    return std::make_pair(platform, product->findings());
  };
  const auto [loose, refused] = tightened(sections);
  EXPECT_THAT(refused, ElementsAre(HasSubstr("tried any, the platform requires only table")));
  EXPECT_THAT(loose.find_layer("gold")->materializations, ElementsAre("table"));
  // Numbers of a list count as their texts do.
  const auto [fewer, taken] =
      tightened("data_architecture: {layers: {gold: {scd: {types_allowed: [2]}}}}\n");
  EXPECT_THAT(taken, IsEmpty());
  EXPECT_THAT(fewer.find_layer("gold")->scd_types_allowed, ElementsAre("2"));
  const auto [same, more] =
      tightened("data_architecture: {layers: {gold: {scd: {types_allowed: [3]}}}}\n");
  EXPECT_THAT(more, ElementsAre(HasSubstr("tried 3, the platform requires only 1 and 2")));
}

TEST(Tighten, PluginsAreChosenAmongTheApproved) {
  const Tightened result = tighten(
      "plugins:\n  catalog: {type: rest}\n  compute: {type: spark}\n  ingestion: {type: dlt}\n");
  EXPECT_EQ(result.platform.plugins.at("catalog").type, "rest");
  EXPECT_EQ(result.platform.compute(), "duckdb");
  EXPECT_THAT(result.findings,
              ElementsAre("P001 20:19 the compute plugin 'spark' is not approved [remove it: the "
                          "platform decides for everybody]"));
}

TEST(Tighten, ModesOfCompatibilityAreOrderedByWhatTheyGuarantee) {
  const auto with_mode = [](const std::string& held, const std::string& asked) {
    const auto manifest = manifest_of(seed_file("manifest.yaml"));
    core::Platform platform = core::make_platform(manifest->manifest, manifest->sources);
    platform.contracts.compatibility = held;
    const auto product = product_of(seed_file("floe.yaml") +
                                    "governance: {contracts: {compatibility: " + asked + "}}\n");
    core::tighten_platform(platform, product->product, product->sources, product->sink);
    const auto findings = product->findings();
    return findings.empty() ? platform.contracts.compatibility : findings.front();
  };
  EXPECT_EQ(with_mode("full", "full_transitive"), "full_transitive");
  EXPECT_EQ(with_mode("backward", "full"), "full");
  EXPECT_EQ(with_mode("forward", "forward_transitive"), "forward_transitive");
  EXPECT_EQ(with_mode("", "backward"), "backward");
  EXPECT_THAT(with_mode("backward", "forward"),
              HasSubstr("tried forward, the platform requires backward"));
  EXPECT_THAT(with_mode("full", "backward_transitive"),
              HasSubstr("tried backward_transitive, the platform requires full"));
  EXPECT_THAT(with_mode("full", "none"), HasSubstr("tried none, the platform requires full"));
}

TEST(Tighten, WhatHasNoEffectIsToldOrRefused) {
  const Tightened result = tighten(R"(
plugins: {compute: {type: duckdb, config: {path: x.db}, version: "1.0"}}
data_architecture:
  layers:
    gold: {prefix: dim_, description: d, scd: {default_type: 1}}
    silver: {prefix: [silver_]}
)");
  EXPECT_THAT(
      result.findings,
      ElementsAre(HasSubstr("C030 19:35 'plugins.compute.config' is checked"),
                  HasSubstr("C030 19:57 'plugins.compute.version' is checked"),
                  HasSubstr("'data_architecture.layers.gold.prefix' loosens a rule: tried "
                            "dim_, the platform requires gold_"),
                  HasSubstr("'data_architecture.layers.gold.description' is checked"),
                  HasSubstr("'data_architecture.layers.gold.scd.default_type' is checked")));
}

TEST(Tighten, ALayersSchemaMayBeSetWhereThePlatformSetsNone) {
  const auto layer = [](const std::string& held, const std::string& asked) {
    const auto manifest = manifest_of(seed_file("manifest.yaml"));
    core::Platform platform = core::make_platform(manifest->manifest, manifest->sources);
    for (core::Layer& each : platform.layers) each.schema = held;
    const auto product = product_of(
        seed_file("floe.yaml") + "data_architecture: {layers: {gold: {schema: " + asked + "}}}\n");
    core::tighten_platform(platform, product->product, product->sources, product->sink);
    const auto findings = product->findings();
    return findings.empty() ? platform.find_layer("gold")->schema : findings.front();
  };
  EXPECT_EQ(layer("", "marts"), "marts");
  EXPECT_THAT(layer("gold", "marts"), HasSubstr("tried marts, the platform requires gold"));
}

constexpr const char* kGoverned = R"(apiVersion: floe.dev/v1
kind: Manifest
metadata: {name: acme, version: "1.0.0", scope: enterprise, owner: platform@acme.example}
plugins: {compute: {type: duckdb}}
data_architecture: {pattern: medallion}
governance:
  quality_gates: {by_classification: {SECRET: {minimum_test_coverage: 80}}}
  classification:
    levels: [PUBLIC, INTERNAL, SECRET]
    propagation: warn
    tags: {pii: {level: INTERNAL}}
    declassify_with: [sha256, md5]
  access_control:
    roles: {reader: {}}
    grants: [{role: reader, access: READ, layer: gold}]
  retention: {default: {max_days: 10}, required_for: [gold]}
  cost: {max_fan_out: 5, enforcement: warn}
)";

/// A platform that governs data, tightened by a product with this governance.
Tightened tighten_governed(const std::string& governance, bool with_document = true) {
  const auto manifest = manifest_of(kGoverned);
  Tightened result{core::make_platform(manifest->manifest, manifest->sources), {}, {}};
  if (!with_document) result.platform.document = value::Value::map();
  const auto product = product_of(seed_file("floe.yaml") + governance);
  core::tighten_platform(result.platform, product->product, product->sources, product->sink);
  result.findings = product->findings();
  for (const diag::Diagnostic& found : product->sink.sorted()) {
    result.platforms.push_back(found.platform);
  }
  return result;
}

std::string text_of(const value::Value& section, std::string_view path) {
  const value::Value* found = section.find_path(path);
  return found == nullptr ? "" : value::canonical_json(*found);
}

TEST(Tighten, SectionsOfDataAreMergedLikeADomains) {
  const std::string asked = R"(
governance:
  quality_gates: {by_classification: {SECRET: {minimum_test_coverage: 90}, INTERNAL: {required_tests: [unique]}}}
  classification:
    propagation: strict
    required_for: [gold]
    tags: {pii: {level: SECRET}, health: {level: SECRET}}
    declassify_with: [sha256]
  access_control:
    grants: []
    column_masks: [{role: reader, tag: pii, mask: sha256}]
  retention: {default: {max_days: 5}, required_for: [silver], layers: {gold: {max_days: 3}}}
  cost: {max_fan_out: 4, max_fan_in: 2, enforcement: strict}
)";
  for (const bool with_document : {true, false}) {
    const Tightened result = tighten_governed(asked, with_document);
    EXPECT_THAT(result.findings, IsEmpty());
    const core::Platform& platform = result.platform;
    EXPECT_EQ(text_of(platform.classification, "propagation"), "\"strict\"");
    EXPECT_EQ(text_of(platform.classification, "required_for"), R"(["gold"])");
    EXPECT_EQ(text_of(platform.classification, "levels"), R"(["PUBLIC","INTERNAL","SECRET"])");
    EXPECT_EQ(text_of(platform.classification, "tags"),
              R"({"health":{"level":"SECRET"},"pii":{"level":"SECRET"}})");
    EXPECT_EQ(text_of(platform.classification, "declassify_with"), R"(["sha256"])");
    EXPECT_EQ(text_of(platform.access_control, "grants"), "[]");
    EXPECT_EQ(text_of(platform.access_control, "column_masks"),
              R"([{"mask":"sha256","role":"reader","tag":"pii"}])");
    EXPECT_EQ(text_of(platform.retention, "default.max_days"), "5");
    EXPECT_EQ(text_of(platform.retention, "required_for"), R"(["gold","silver"])");
    EXPECT_EQ(text_of(platform.retention, "layers.gold.max_days"), "3");
    EXPECT_EQ(text_of(platform.cost, "max_fan_out"), "4");
    EXPECT_EQ(text_of(platform.cost, "max_fan_in"), "2");
    EXPECT_EQ(text_of(platform.cost, "enforcement"), "\"strict\"");
    const auto& gates = platform.quality_gates.by_classification;
    EXPECT_EQ(text_of(gates.at("SECRET"), "minimum_test_coverage"), "90");
    EXPECT_EQ(text_of(gates.at("INTERNAL"), "required_tests"), R"(["unique"])");
    EXPECT_THAT(platform.set_at("governance.retention.default.max_days"),
                HasSubstr("customer-analytics v1.0, set at floe.yaml:"));
    // What the product leaves out is still the platform's.
    EXPECT_THAT(platform.set_at("governance.classification.default_level"),
                HasSubstr("acme v1.0.0"));
    EXPECT_THAT(platform.set_at("governance.sql.enforcement"), HasSubstr("acme v1.0.0"));
  }
}

TEST(Tighten, SectionsOfDataAreNotLoosened) {
  const Tightened result = tighten_governed(R"(
governance:
  quality_gates: {by_classification: {SECRET: {minimum_test_coverage: 60}}}
  classification: {propagation: "off", declassify_with: [sha256, lower], levels: [PUBLIC, SECRET]}
  access_control: {default: allow, grants: [{role: reader, access: READ_WRITE, layer: gold}]}
  retention: {default: {max_days: 999}, enforcement: warn}
  cost: {max_fan_out: 50}
)");
  const auto loosens = [](const std::string& path, const std::string& words) {
    return ::testing::AllOf(
        HasSubstr("P002"), HasSubstr("'governance." + path + "' loosens a rule"), HasSubstr(words));
  };
  EXPECT_THAT(
      result.findings,
      ::testing::UnorderedElementsAre(
          loosens("quality_gates.by_classification.SECRET.minimum_test_coverage",
                  "tried 60, the platform requires at least 80"),
          loosens("classification.propagation", "tried off, the platform requires warn"),
          loosens("classification.declassify_with",
                  "tried lower, the platform requires only sha256, md5"),
          loosens("classification.levels", "tried PUBLIC, SECRET"),
          loosens("access_control.default", "tried allow, the platform requires deny"),
          loosens("access_control.grants", "READ_WRITE"),
          loosens("retention.default.max_days", "tried 999, the platform requires at most 10"),
          loosens("retention.enforcement", "tried warn, the platform requires strict"),
          loosens("cost.max_fan_out", "tried 50, the platform requires at most 5")));
  for (std::size_t i = 0; i < result.platforms.size(); ++i) {
    const bool is_default = contains(result.findings[i], "access_control.default'") ||
                            contains(result.findings[i], "retention.enforcement'");
    EXPECT_THAT(result.platforms[i], HasSubstr(is_default ? "acme v1.0.0 default"
                                                          : "acme v1.0.0, set at manifest.yaml:"));
  }
  EXPECT_EQ(text_of(result.platform.retention, "default.max_days"), "10");
  EXPECT_EQ(text_of(result.platform.cost, "max_fan_out"), "5");
  EXPECT_EQ(text_of(result.platform.classification, "propagation"), "\"warn\"");
  EXPECT_THAT(result.platform.set_at("governance.retention.default.max_days"),
              HasSubstr("acme v1.0.0"));
}

TEST(Tighten, WhatAProductsGovernanceNamesIsThere) {
  const Tightened result = tighten_governed(R"(
governance:
  quality_gates: {by_classification: {SECRT: {minimum_test_coverage: 90}}}
  classification: {required_for: [glod], auto_detect: [{pattern: mail}]}
  retention: {layers: {golden: {max_days: 5}}}
  custom_rules:
    - {code: X900, description: d, kind: require_tag, layers: [siver]}
)");
  EXPECT_THAT(result.findings,
              ::testing::UnorderedElementsAre(
                  HasSubstr("there is no classification level 'SECRT'"),
                  HasSubstr("there is no layer 'glod' [did you mean 'gold'?]"),
                  HasSubstr("needs 'tag' or 'level'"), HasSubstr("there is no layer 'golden'"),
                  HasSubstr("'governance.custom_rules.X900.tag' is missing"),
                  HasSubstr("there is no layer 'siver' [did you mean 'silver'?]")));
}

}  // namespace
}  // namespace floe::config
