// SPDX-License-Identifier: Apache-2.0
#include "core/config/manifest.h"

#include "config_support.h"
#include "core/platform/effective.h"
#include "core/platform/patterns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace floe::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;

/// A manifest that is fine, followed by `more`.
std::string with(std::string_view more) {
  return "apiVersion: floe.dev/v1\nkind: Manifest\nmetadata:\n  name: acme\n  version: 1.2.3\n"
         "  scope: enterprise\n" +
         std::string(more);
}

TEST(Manifest, TheSeedIsAcceptedAsItIs) {
  const auto back = manifest_of(seed_file("manifest.yaml"));
  EXPECT_THAT(back->findings(), IsEmpty());
  EXPECT_EQ(back->manifest.name, "acme-data-platform");
  EXPECT_EQ(back->manifest.version, "1.2.3");
  EXPECT_EQ(back->manifest.scope, "enterprise");
}

TEST(Manifest, TheSeedMakesItsPlatform) {
  const auto back = manifest_of(seed_file("manifest.yaml"));
  const core::Platform platform = core::make_platform(back->manifest, back->sources);
  EXPECT_EQ(platform.compute(), "duckdb");
  EXPECT_EQ(platform.plugins.at("semantic_layer").type, "cube");
  EXPECT_EQ(platform.pattern, "medallion");
  ASSERT_EQ(platform.layers.size(), 3u);
  EXPECT_THAT(platform.layers[0].prefixes, ElementsAre("bronze_"));
  EXPECT_THAT(platform.layers[2].may_depend_on, ElementsAre("silver", "gold"));
  EXPECT_EQ(platform.naming.enforcement, core::Enforcement::kStrict);
  EXPECT_EQ(platform.quality_gates.minimum_test_coverage, 80);
  EXPECT_TRUE(platform.quality_gates.block_on_failure);
  EXPECT_EQ(platform.quality_gates.on_failure, core::GateAction::kBlock);
  EXPECT_EQ(platform.set_at("data_architecture.naming.enforcement"),
            "acme-data-platform v1.2.3, set at manifest.yaml:23:5");
  EXPECT_EQ(platform.set_at("data_architecture.layers.gold.may_depend_on"),
            "acme-data-platform v1.2.3, set at manifest.yaml:21:3");
  EXPECT_EQ(platform.set_at("governance.documentation.enforcement"),
            "acme-data-platform v1.2.3, set at manifest.yaml:25:1");
}

TEST(Manifest, EmptyAndForeignFiles) {
  EXPECT_THAT(manifest_of("")->findings(), ElementsAre("C012 0:0 the file is empty"));
  EXPECT_THAT(manifest_of("- a\n")->findings(),
              ElementsAre("C011 1:1 the file must be a mapping, not a list"));
  EXPECT_THAT(manifest_of(seed_file("floe.yaml"))->findings(),
              ElementsAre("C016 2:7 the file is of kind 'DataProduct', not 'Manifest' "
                          "[a DataProduct belongs in a floe.yaml]"));
  EXPECT_THAT(manifest_of("apiVersion: floe.dev/v2\nkind: Manifest\n")->findings(),
              ElementsAre("C016 1:13 apiVersion 'floe.dev/v2' is not known "
                          "[a newer version may need a newer floe]"));
}

TEST(Manifest, UnknownKeysGetASuggestion) {
  EXPECT_THAT(
      manifest_of(with("plugin: {}\ngovernance:\n  quality_gate: {}\nnaming: {}\nx-mine: 1\n"))
          ->findings(),
      ElementsAre("C010 7:1 unknown key 'plugin' [did you mean 'plugins'?]",
                  "C010 9:3 unknown key 'quality_gate' in 'governance' [did you mean "
                  "'quality_gates'?]",
                  "C010 10:1 unknown key 'naming' ['naming' belongs under 'data_architecture']"));
}

TEST(Manifest, IdentityIsChecked) {
  EXPECT_THAT(manifest_of("apiVersion: floe.dev/v1\nkind: Manifest\nmetadata:\n  name: Acme Corp\n"
                          "  version: 1.0\n  scope: company\n")
                  ->findings(),
              ElementsAre("C014 4:9 'metadata.name' is no valid DNS-1123 label: 'Acme Corp'",
                          "C011 5:12 'metadata.version' must be a string, not a number "
                          "[put it in quotes: \"1.0\"]",
                          "C013 6:10 'metadata.scope' can't be 'company'"));
  EXPECT_THAT(manifest_of("apiVersion: floe.dev/v1\nkind: Manifest\n")->findings(),
              ElementsAre("C012 1:1 'metadata' is missing"));
}

TEST(Manifest, TiersNeedTheirSections) {
  EXPECT_THAT(manifest_of("apiVersion: floe.dev/v1\nkind: Manifest\nmetadata: {name: a, version: "
                          "1.2.3, scope: domain}\n")
                  ->codes(),
              ElementsAre("C024", "C024"));
  EXPECT_THAT(manifest_of(with("parent: {ref: 'oci://r.io/p:v1.0.0'}\n"))->codes(),
              ElementsAre("C024"));
  const auto domain = manifest_of(
      "apiVersion: floe.dev/v1\nkind: Manifest\nmetadata: {name: sales, version: 1.2.3, scope: "
      "domain}\nparent: {ref: 'oci://r.io/p:v1.0.0'}\ndomain: {name: sales, namespace: sales, "
      "owners: [a@b.de]}\n");
  EXPECT_THAT(domain->findings(), IsEmpty());
  EXPECT_EQ(domain->manifest.parent_ref, "oci://r.io/p:v1.0.0");
  EXPECT_THAT(domain->manifest.domain_owners, ElementsAre("a@b.de"));
}

TEST(Manifest, EnvironmentsHoldNoEngineAndNoRule) {
  EXPECT_THAT(
      manifest_of(with("environments:\n  prod:\n    type: production\n    compute: spark\n"
                       "    governance: {}\n    endpoints:\n      compute: {type: spark}\n"
                       "      catalog: https://${env:HOST}:8181\n"))
          ->findings(),
      ElementsAre(
          HasSubstr("C022 10:5 an environment can't choose the compute [the engine is set once"),
          HasSubstr("C023 11:5 an environment can't hold 'governance' [rules hold in every"),
          HasSubstr("C022 13:17 an environment can't choose the type")));
}

TEST(Manifest, CredentialsAreRefusedAndNeverShown) {
  const std::string secret = "hunter2-" + std::string("S3cr3t");
  const auto back =
      manifest_of(with("plugins:\n  compute:\n    type: duckdb\n    config:\n"
                       "      password: " +
                       secret + "\n"));
  EXPECT_THAT(back->findings(),
              ElementsAre(HasSubstr("C020 11:17 the value of 'password' looks like a password")));
  const auto beside = manifest_of(with("governance:\n  password: " + secret + "\n"));
  EXPECT_THAT(beside->codes(), ElementsAre("C010", "C020"));
  EXPECT_THAT(diag::render_text(beside->sink.sorted(), beside->sources), Not(HasSubstr(secret)));
  for (const char* format : {"text", "json", "sarif", "github", "junit"}) {
    EXPECT_THAT(diag::render(*diag::parse_format(format), back->sink.sorted(), back->sources),
                Not(HasSubstr(secret)))
        << format;
  }
}

TEST(Manifest, ReferencesOnlyWhereTheyAreFilledIn) {
  EXPECT_THAT(manifest_of(with("plugins:\n  catalog:\n    type: polaris\n    config:\n"
                               "      uri: https://${env:POLARIS}/api\n"
                               "    connection_secret_ref: ${secret:polaris}\n"))
                  ->findings(),
              IsEmpty());
  EXPECT_THAT(manifest_of(with("data_architecture:\n  pattern: ${env:PATTERN}\n"))->codes(),
              ElementsAre("C021"));
  EXPECT_THAT(manifest_of(with("plugins:\n  catalog:\n    type: polaris\n"
                               "    connection_secret_ref: ${vault:x}\n"))
                  ->codes(),
              ElementsAre("C014"));
}

TEST(Manifest, LayersAndNamesMustExist) {
  EXPECT_THAT(
      manifest_of(with("data_architecture:\n  pattern: medallion\n  layers:\n    gold:\n"
                       "      may_depend_on: [sliver, source]\n    platinum:\n"
                       "      description: best\n    raw: {prefix: bronze_}\n"
                       "governance:\n  classification:\n    levels: [PUBLIC, SECRET]\n"
                       "    required_for: [goldd]\n  quality_gates:\n    by_classification:\n"
                       "      SECRT: {minimum_test_coverage: 90}\n"))
          ->findings(),
      IsSupersetOf<::testing::Matcher<std::string>>(
          {"C027 11:23 there is no layer 'sliver' [did you mean 'silver'?]",
           HasSubstr("C012 12:5 'data_architecture.layers.platinum.prefix' is missing"),
           HasSubstr("C028 14:19 the prefix 'bronze_' belongs to layer 'bronze' and to "
                     "layer 'raw'"),
           "C027 18:20 there is no layer 'goldd' [did you mean 'gold'?]",
           "C027 21:7 there is no classification level 'SECRT' [did you mean 'SECRET'?]"}));
}

TEST(Manifest, ContradictionsAreFound) {
  EXPECT_THAT(manifest_of(with("plugins: {compute: {type: duckdb}}\n"
                               "approved_plugins: {compute: [spark]}\n"
                               "governance:\n  quality_gates:\n    block_on_failure: true\n"
                               "    on_failure: warn\n"
                               "artifacts:\n  signing: {mode: key}\n"))
                  ->codes(),
              ElementsAre("C028", "C028", "C012"));
}

TEST(Manifest, RangesPatternsAndListsAreChecked) {
  EXPECT_THAT(
      manifest_of(with("governance:\n  quality_gates:\n    minimum_test_coverage: 180\n"
                       "    required_tests: [a, a]\n    block_on_failure: yes\n"
                       "  custom_rules:\n    - code: 1\n      description: x\n      sql: select 1\n"
                       "      sql_file: a.sql\n"
                       "data_architecture:\n  naming:\n    patterns: {models: '(a', columns: "
                       "'(?!a)b'}\n    max_length: .nan\n"))
          ->findings(),
      ElementsAre("C014 9:28 'governance.quality_gates.minimum_test_coverage' can't be 180",
                  "C015 10:25 'a' is in 'governance.quality_gates.required_tests' twice [remove "
                  "one of the two]",
                  "C011 11:23 'governance.quality_gates.block_on_failure' must be true or false, "
                  "not a string [write true]",
                  "C011 13:13 'governance.custom_rules[0].code' must be a string, not a whole "
                  "number [put it in quotes: \"1\"]",
                  HasSubstr("C028 16:7 'governance.custom_rules[0].sql' and "),
                  HasSubstr("C014 19:24 'data_architecture.naming.patterns.models' is no valid "
                            "pattern: '(a' [missing closing parenthesis"),
                  HasSubstr("look-ahead and look-behind are not supported"),
                  HasSubstr("C011 20:17 'data_architecture.naming.max_length' must be a whole "
                            "number")));
}

TEST(Manifest, RulesThatNothingEnforcesYetAreTold) {
  const auto back = manifest_of(with("governance:\n  security: {run_as_non_root: true}\n"));
  EXPECT_THAT(back->codes(), ElementsAre("C030"));
  EXPECT_FALSE(back->sink.has_errors());
}

TEST(Manifest, WhatAccessControlRefersToIsThere) {
  const auto back = manifest_of(
      with("data_architecture: {pattern: medallion}\n"
           "catalog:\n"
           "  namespaces:\n"
           "    - {name: sales.gold, layer: gold, grants: [{role: nobody, access: READ}]}\n"
           "governance:\n"
           "  classification: {levels: [PUBLIC, SECRET], tags: {pii: {}}}\n"
           "  access_control:\n"
           "    roles: {reader: {}, analyst: {inherits: [reder]}}\n"
           "    groups: {all: [analist]}\n"
           "    grants:\n"
           "      - {role: raeder, access: READ}\n"
           "      - {role: reader, access: READ, layer: golden}\n"
           "      - {role: reader, access: READ, classification: TOP}\n"
           "      - {role: reader, access: READ, namespace: sales.glod}\n"
           "      - {role: reader, access: READ, namespace: sales.*, layer: bronze}\n"
           "    column_masks:\n"
           "      - {role: analyst, tag: phi, mask: sha256}\n"
           "      - {role: analyst, mask: sha256}\n"));
  EXPECT_THAT(
      back->findings(),
      ElementsAre(HasSubstr("C027 10:55 there is no role 'nobody'"),
                  HasSubstr("C027 14:46 there is no role 'reder' [did you mean 'reader'?]"),
                  HasSubstr("C027 15:20 there is no role 'analist'"),
                  HasSubstr("C027 17:16 there is no role 'raeder'"),
                  HasSubstr("C027 18:45 there is no layer 'golden'"),
                  HasSubstr("C027 19:54 there is no classification level 'TOP'"),
                  HasSubstr("C027 20:49 there is no namespace 'sales.glod'"),
                  HasSubstr("C028 21:65 the grant is for layer 'bronze' in namespace 'sales.*'"),
                  HasSubstr("C027 23:30 there is no tag 'phi'"),
                  HasSubstr("C012 24:9 a column mask needs 'tag' or 'classification'")));
}

TEST(Manifest, AccessControlDoesNotContradictItself) {
  const auto back =
      manifest_of(with("governance:\n"
                       "  classification: {tags: {pii: {}}}\n"
                       "  access_control:\n"
                       "    roles: {a: {inherits: [b]}, b: {inherits: [c]}, c: {inherits: [b]}}\n"
                       "    grants:\n"
                       "      - {role: a, access: READ, namespace: x}\n"
                       "      - {role: a, access: READ_WRITE, namespace: x}\n"
                       "      - {role: a, access: READ, namespace: x}\n"
                       "    column_masks:\n"
                       "      - {role: a, tag: pii, mask: sha256}\n"
                       "      - {role: a, tag: pii, mask: \"'***'\"}\n"));
  EXPECT_THAT(
      back->findings(),
      ElementsAre(HasSubstr("C028 10:33 roles inherit in a circle: b inherits c inherits b"),
                  HasSubstr("C028 13:27 two grants of role 'a' contradict each other: READ and "
                            "READ_WRITE"),
                  HasSubstr("C015 14:9"),
                  HasSubstr("C028 17:35 two masks of role 'a' contradict each other")));
}

TEST(Manifest, RetentionFitsTogether) {
  const auto back = manifest_of(
      with("data_architecture: {pattern: medallion}\n"
           "governance:\n"
           "  classification: {levels: [PUBLIC], tags: {pii: {retention_max_days: 30}}}\n"
           "  retention:\n"
           "    default: {max_days: 90}\n"
           "    required_for: [gould]\n"
           "    layers: {glod: {max_days: 9}, gold: {min_days: 91}}\n"
           "    classifications: {SECRET: {max_days: 90}}\n"
           "    tags: {pii: {max_days: 60}, phi: {}}\n"
           "    snapshots: {expire_after_days: 70}\n"));
  EXPECT_THAT(back->findings(),
              ElementsAre(HasSubstr("C027 12:20 there is no layer 'gould'"),
                          HasSubstr("C027 13:14 there is no layer 'glod'"),
                          HasSubstr("C028 13:52 'gold' is kept at least 91 days, but at most 90"),
                          HasSubstr("C027 14:23 there is no classification level 'SECRET'"),
                          HasSubstr("C028 15:28 'governance.retention.tags.pii.max_days' is 60"),
                          HasSubstr("C027 15:33 there is no tag 'phi'"),
                          HasSubstr("C028 16:36 'glod' is kept 9 days at most, but snapshots"),
                          HasSubstr("C028 16:36 'pii' is kept 60 days at most, but snapshots")));
}

TEST(Platform, LayersCanBeChangedAndAdded) {
  const auto back = manifest_of(
      with("data_architecture:\n  pattern: kimball\n  layers:\n    core:\n"
           "      prefix: [dim_, fact_, fct_]\n      materializations: [table]\n"
           "      quality_gates: {minimum_coverage: 90, required_tests: [unique_pk]}\n"
           "    marts:\n      prefix: mart_\n      scd: {types_allowed: [1, type2]}\n"));
  EXPECT_THAT(back->findings(), IsEmpty());
  const core::Platform platform = core::make_platform(back->manifest, back->sources);
  ASSERT_EQ(platform.layers.size(), 3u);
  EXPECT_THAT(platform.layers[1].prefixes, ElementsAre("dim_", "fact_", "fct_"));
  EXPECT_EQ(platform.layers[1].minimum_coverage, 90);
  EXPECT_THAT(platform.layers[1].may_depend_on, ElementsAre("staging", "core"));
  EXPECT_THAT(platform.layers[2].may_depend_on, ElementsAre("staging", "core", "marts"));
  EXPECT_THAT(platform.layers[2].scd_types_allowed, ElementsAre("1", "type2"));
  EXPECT_EQ(platform.set_at("data_architecture.layers.core.prefix"),
            "acme v1.2.3, set at manifest.yaml:11:7");
  EXPECT_EQ(platform.set_at("data_architecture.layers.staging.prefix"),
            "acme v1.2.3, set at manifest.yaml:8:3");
}

TEST(Platform, AskingIsEnforcedUnlessSaidOtherwise) {
  const auto enforcement = [](std::string_view section) {
    const auto back = manifest_of(with(section));
    EXPECT_THAT(back->findings(), IsEmpty());
    return core::make_platform(back->manifest, back->sources).documentation.enforcement;
  };
  EXPECT_EQ(enforcement(""), core::Enforcement::kOff);
  EXPECT_EQ(enforcement("governance: {documentation: {require_model_descriptions: true}}\n"),
            core::Enforcement::kStrict);
  EXPECT_EQ(enforcement("governance: {documentation: {require_model_descriptions: true, "
                        "enforcement: warn}}\n"),
            core::Enforcement::kWarn);
}

TEST(Platform, EnvironmentsKeepEndpointsAndSettings) {
  const auto back = manifest_of(
      with("environments:\n  prod:\n    type: production\n    schema_prefix: p_\n"
           "    endpoints: {catalog: 'https://c'}\n    credentials: {catalog: '${secret:c}'}\n"));
  EXPECT_THAT(back->findings(), IsEmpty());
  const core::Platform platform = core::make_platform(back->manifest, back->sources);
  ASSERT_EQ(platform.environments.size(), 1u);
  EXPECT_EQ(platform.environments[0].type, core::EnvironmentType::kProduction);
  EXPECT_EQ(platform.environments[0].schema_prefix, "p_");
  EXPECT_EQ(platform.environments[0].endpoints.find("catalog")->as_string(), "https://c");
  EXPECT_NE(platform.environments[0].settings.find("credentials"), nullptr);
  EXPECT_EQ(platform.environments[0].settings.find("type"), nullptr);
}

TEST(Patterns, EveryPatternIsSound) {
  for (const char* pattern : {"medallion", "kimball", "data_vault", "hybrid"}) {
    const auto layers = core::pattern_layers(pattern);
    ASSERT_FALSE(layers.empty()) << pattern;
    std::vector<std::string> names = {"source"};
    for (const core::Layer& layer : layers) names.push_back(layer.name);
    for (const core::Layer& layer : layers) {
      EXPECT_FALSE(layer.prefixes.empty());
      for (const std::string& upstream : layer.may_depend_on) {
        EXPECT_THAT(names, ::testing::Contains(upstream)) << pattern;
      }
    }
  }
  EXPECT_THAT(core::pattern_layers("none"), IsEmpty());
}

}  // namespace
}  // namespace floe::config
