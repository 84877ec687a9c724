// SPDX-License-Identifier: Apache-2.0
// One row a strategy: what a lower tier gets, and what it is refused.
#include "core/platform/merge.h"

#include "core/platform/explain.h"
#include "core/platform/inherit.h"
#include "value/json.h"
#include "value/yaml.h"

#include <gtest/gtest.h>

namespace floe::core {
namespace {

using value::Value;

Value yaml_of(const std::string& text) {
  diag::SourceMap sources;
  diag::Sink sink;
  Value document = value::read_yaml(sources.add("manifest.yaml", text), {}, sink);
  EXPECT_FALSE(sink.has_errors()) << text;
  return document;
}

/// The merged document as JSON, or what was refused: "path: tried a, required b".
std::string merge_texts(const std::string& upper, const std::string& lower) {
  const Value above = yaml_of(upper);
  const Value below = yaml_of(lower);
  std::vector<Loosening> refused;
  const Value merged = merge_tiers(above, below, merge_rules_for(above, below, "sales"), refused);
  if (refused.empty()) return value::canonical_json(merged);
  EXPECT_EQ(value::canonical_json(merged), value::canonical_json(above)) << "what it was stays";
  std::string lines;
  for (const Loosening& each : refused) {
    lines += each.path + ": tried " + each.tried + ", required " + each.required + "\n";
  }
  return lines;
}

struct MergeRow {
  const char* upper;
  const char* lower;
  const char* expected;
};

const MergeRow kMergeRows[] = {
    // stricter_only, in each of its directions
    {"governance: {quality_gates: {minimum_test_coverage: 70}}",
     "governance: {quality_gates: {minimum_test_coverage: 80}}",
     R"({"governance":{"quality_gates":{"minimum_test_coverage":80}}})"},
    {"governance: {quality_gates: {minimum_test_coverage: 70}}",
     "governance: {quality_gates: {minimum_test_coverage: 60}}",
     "governance.quality_gates.minimum_test_coverage: tried 60, required at least 70\n"},
    {"governance: {cost: {max_fan_out: 5}}", "governance: {cost: {max_fan_out: 6}}",
     "governance.cost.max_fan_out: tried 6, required at most 5\n"},
    {"governance: {security: {run_as_non_root: true}}",
     "governance: {security: {run_as_non_root: false}}",
     "governance.security.run_as_non_root: tried false, required true\n"},
    {"governance: {classification: {levels: [P, I, R], default_level: I}}",
     "governance: {classification: {default_level: P}}",
     "governance.classification.default_level: tried P, required I\n"},
    {"governance: {contracts: {compatibility: backward}}",
     "governance: {contracts: {compatibility: full}}",
     R"({"governance":{"contracts":{"compatibility":"full"}}})"},
    {"governance: {contracts: {compatibility: backward}}",
     "governance: {contracts: {compatibility: forward}}",
     "governance.contracts.compatibility: tried forward, required backward\n"},
    // the default of a section that is there counts; of one that is not, it does not
    {"governance: {retention: {default: {max_days: 9}}}",
     "governance: {retention: {enforcement: warn}}",
     "governance.retention.enforcement: tried warn, required strict\n"},
    {"{}", "governance: {retention: {enforcement: warn}}",
     R"({"governance":{"retention":{"enforcement":"warn"}}})"},
    // but where a tag asks for it, it does without a section
    {"governance: {classification: {tags: {pii: {retention_max_days: 9}}}}",
     "governance: {retention: {enforcement: warn}}",
     "governance.retention.enforcement: tried warn, required strict\n"},
    {"governance: {classification: {tags: {pii: {}}}}",
     "governance: {retention: {enforcement: warn}}",
     R"({"governance":{"classification":{"tags":{"pii":{}}},"retention":{"enforcement":"warn"}}})"},
    // other sections ask for their defaults without being written
    {"{}", "governance: {sql: {errors: warn, enforcement: 'off'}}",
     "governance.sql.errors: tried warn, required strict\n"
     "governance.sql.enforcement: tried off, required warn\n"},
    {"governance: {sql: {enforcement: warn}}", "governance: {sql: {errors: 'off'}}",
     "governance.sql.errors: tried off, required strict\n"},
    {"governance: {}", "governance: {contracts: {enforcement: 'off'}}",
     "governance.contracts.enforcement: tried off, required strict\n"},
    {"{}", "governance: {quality_gates: {count_inferred_columns: false}}",
     "governance.quality_gates.count_inferred_columns: tried false, required true\n"},
    {"{}", "governance: {sql: {enforcement: strict}, contracts: {enforcement: strict}}",
     R"({"governance":{"contracts":{"enforcement":"strict"},"sql":{"enforcement":"strict"}}})"},
    // not so in an entry that only the lower tier has
    {"{}", "governance: {classification: {tags: {pii: {requires_masking_in_non_prod: false}}}}",
     R"({"governance":{"classification":{"tags":{"pii":{"requires_masking_in_non_prod":false}}}}})"},
    // a default level answers what required_for asks every column for
    {"governance: {classification: {levels: [P, S], required_for: [gold]}}",
     "governance: {classification: {default_level: S}}",
     "governance.classification.default_level: tried S, required none, as required_for asks gold "
     "to name its own\n"},
    {"governance: {classification: {levels: [P, S], required_for: [gold], default_level: P}}",
     "governance: {classification: {default_level: S}}",
     R"({"governance":{"classification":{"default_level":"S","levels":["P","S"],)"
     R"("required_for":["gold"]}}})"},
    {"governance: {classification: {levels: [P, S]}}",
     "governance: {classification: {default_level: P, required_for: [gold]}}",
     R"({"governance":{"classification":{"default_level":"P","levels":["P","S"],)"
     R"("required_for":["gold"]}}})"},
    // an entry of its own is held to the default beside it
    {"governance: {retention: {default: {max_days: 9}}}",
     "governance: {retention: {layers: {gold: {max_days: 10}}}}",
     "governance.retention.layers.gold.max_days: tried 10, required at most 9\n"},
    // extend
    {"data_architecture: {naming: {reserved: [a, b]}}",
     "data_architecture: {naming: {reserved: [b, c]}}",
     R"({"data_architecture":{"naming":{"reserved":["a","b","c"]}}})"},
    {"governance: {custom_rules: [{code: X001, kind: require_tag, tag: t, severity: warning}]}",
     "governance: {custom_rules: [{code: X001, severity: error, description: d}]}",
     R"({"governance":{"custom_rules":[{"code":"X001","description":"d","kind":"require_tag",)"
     R"("severity":"error","tag":"t"}]}})"},
    {"governance: {custom_rules: [{code: X001, kind: require_tag, tag: t}]}",
     "governance: {custom_rules: [{code: X001, layers: [gold]}]}",
     "governance.custom_rules.X001.layers: tried gold, required none\n"},
    // intersect: none stands for all only where the schema says so
    {"data_architecture: {layers: {gold: {materializations: [table, view]}}}",
     "data_architecture: {layers: {gold: {materializations: [view]}}}",
     R"({"data_architecture":{"layers":{"gold":{"materializations":["view"]}}}})"},
    {"data_architecture: {layers: {gold: {materializations: [table]}}}",
     "data_architecture: {layers: {gold: {materializations: []}}}",
     "data_architecture.layers.gold.materializations: tried any, required only table\n"},
    {"data_architecture: {layers: {gold: {}}}",
     "data_architecture: {layers: {gold: {materializations: [view]}}}",
     R"({"data_architecture":{"layers":{"gold":{"materializations":["view"]}}}})"},
    {"governance: {classification: {propagation: strict}}",
     "governance: {classification: {declassify_with: [md5]}}",
     "governance.classification.declassify_with: tried md5, required none\n"},
    {"governance: {access_control: {grants: [{role: a, access: READ_WRITE}]}}",
     "governance: {access_control: {grants: [{role: a, access: READ, layer: gold}]}}",
     R"({"governance":{"access_control":{"grants":[{"access":"READ","layer":"gold","role":"a"}]}}})"},
    {"governance: {access_control: {grants: [{role: a, access: READ}]}}",
     "governance: {access_control: {grants: [{role: a, access: READ_WRITE}]}}",
     "governance.access_control.grants: tried {\"access\":\"READ_WRITE\",\"role\":\"a\"}, "
     "required only {\"access\":\"READ\",\"role\":\"a\"}\n"},
    // a pattern of a grant that fewer names match
    {"governance: {access_control: {grants: [{role: a, access: READ, namespace: 's.*'}]}}",
     "governance: {access_control: {grants: [{role: a, access: READ, namespace: s.gold}]}}",
     R"({"governance":{"access_control":{"grants":[)"
     R"({"access":"READ","namespace":"s.gold","role":"a"}]}}})"},
    {"governance: {access_control: {grants: [{role: a, access: READ, namespace: s.gold}]}}",
     "governance: {access_control: {grants: [{role: a, access: READ, namespace: 's.*'}]}}",
     "governance.access_control.grants: tried "
     "{\"access\":\"READ\",\"namespace\":\"s.*\",\"role\":\"a\"}, required only "
     "{\"access\":\"READ\",\"namespace\":\"s.gold\",\"role\":\"a\"}\n"},
    // a role may lose what it inherits, and gain nothing
    {"governance: {access_control: {roles: {a: {inherits: [b]}, b: {}}}}",
     "governance: {access_control: {roles: {b: {inherits: [a]}}}}",
     "governance.access_control.roles.b.inherits: tried a, required none\n"},
    {"governance: {access_control: {roles: {a: {}}}}",
     "governance: {access_control: {roles: {c: {inherits: [a]}}}}",
     "governance.access_control.roles.c: tried one of its own, required only a\n"},
    // fixed
    {"data_architecture: {naming: {case: snake_case}}",
     "data_architecture: {naming: {case: camelCase}}",
     "data_architecture.naming.case: tried camelCase, required snake_case\n"},
    {"data_architecture: {naming: {max_length: 9}}",
     "data_architecture: {naming: {case: camelCase}}",
     R"({"data_architecture":{"naming":{"case":"camelCase","max_length":9}}})"},
    {"data_architecture: {layers: {gold: {prefix: gold_}}}",
     "data_architecture: {layers: {mart: {prefix: mart_}}}",
     "data_architecture.layers.mart: tried one of its own, required only gold\n"},
    {"data_architecture: {layers: {gold: {prefix: gold_}}}", "data_architecture: {pattern: hybrid}",
     "data_architecture.pattern: tried hybrid, required none\n"},
    {"data_architecture: {layers: {gold: {prefix: [gold_]}}}",
     "data_architecture: {layers: {gold: {prefix: gold_}}}",
     R"({"data_architecture":{"layers":{"gold":{"prefix":["gold_"]}}}})"},
    // namespaced
    {"catalog: {namespaces: [{name: fin}]}", "catalog: {namespaces: [{name: sales.gold}]}",
     R"({"catalog":{"namespaces":[{"name":"fin"},{"name":"sales.gold"}]}})"},
    {"catalog: {namespaces: [{name: fin}]}", "catalog: {namespaces: [{name: fin, owner: me}]}",
     "catalog.namespaces: tried fin, required sales\n"},
    // override_within_approved: what is set for a plugin belongs to the one that is chosen
    {"{approved_plugins: {catalog: [a, b]}, plugins: {catalog: {type: a, config: {x: 1}}}}",
     "plugins: {catalog: {type: b}}",
     R"({"approved_plugins":{"catalog":["a","b"]},"plugins":{"catalog":{"type":"b"}}})"},
    {"{approved_plugins: {}, plugins: {catalog: {type: a}}}", "plugins: {catalog: {type: b}}",
     "plugins.catalog.type: tried b, required a\n"},
    {"{approved_plugins: {}, plugins: {}}", "plugins: {catalog: {type: b}}",
     "plugins.catalog.type: tried b, required none\n"},
    // override and own
    {"services: {web: {replicas: 3, version: '1'}}", "services: {web: {replicas: 1}}",
     R"({"services":{"web":{"replicas":1,"version":"1"}}})"},
    {"artifacts: {registry: 'oci-layout:a', verification: warn}", "artifacts: {}",
     R"({"artifacts":{"verification":"warn"}})"},
};

TEST(Merge, FollowsTheStrategyOfEachField) {
  for (const MergeRow& row : kMergeRows) {
    EXPECT_EQ(merge_texts(row.upper, row.lower), row.expected) << row.upper << "\n" << row.lower;
  }
}

TEST(Merge, NamespacesAreNamesNotLetters) {
  EXPECT_TRUE(lies_in_namespace("sales", "sales"));
  EXPECT_TRUE(lies_in_namespace("sales.gold", "sales"));
  EXPECT_FALSE(lies_in_namespace("salesx", "sales"));
  EXPECT_FALSE(lies_in_namespace("sal", "sales"));
  EXPECT_FALSE(lies_in_namespace("sales", ""));
}

TEST(Merge, TheChainOfATierHasEveryValueAboveIt) {
  TierDocument top{yaml_of("governance: {quality_gates: {minimum_test_coverage: 70}}"), {}};
  const std::string path = "governance.quality_gates.minimum_test_coverage";
  top.provenance[path] = {"acme v1.0.0", "manifest.yaml:9:1"};
  TierDocument tier = top;
  for (const int coverage : {80, 90}) {
    LowerTier lower;
    lower.name = "tier " + std::to_string(coverage);
    lower.document = yaml_of(
        "governance: {quality_gates: {minimum_test_coverage: " + std::to_string(coverage) + "}}");
    lower.locations[path] = "x.yaml:1:1";
    std::vector<Loosening> refused;
    tier = put_tier(tier, lower, merge_rules_for(tier.document, lower.document, ""), refused);
  }
  const auto values = explain_values(tier, "governance");
  ASSERT_EQ(values.size(), 1u);
  const std::vector<Setting> chain = {{"acme v1.0.0", "manifest.yaml:9:1", Value(70)},
                                      {"tier 80", "x.yaml:1:1", Value(80)},
                                      {"tier 90", "x.yaml:1:1", Value(90)}};
  EXPECT_EQ(values[0].set_by, chain);
  EXPECT_EQ(values[0].path, path);
}

TEST(Merge, TheChainNamesATierOnlyWhereItsValueHolds) {
  TierDocument top{yaml_of("{governance: {cost: {max_fan_in: 3, max_fan_out: 5, max_models_per_"
                           "product: 9}, contracts: {required_for_layers: [silver, gold]}}}"),
                   {}};
  LowerTier lower;
  lower.name = "lower";
  lower.document = yaml_of(
      "{governance: {cost: {max_fan_in: 3, max_fan_out: 50, max_models_per_product: 8}, contracts: "
      "{required_for_layers: [gold]}}}");
  for (const char* path :
       {"governance.cost.max_fan_in", "governance.cost.max_fan_out",
        "governance.cost.max_models_per_product", "governance.contracts.required_for_layers"}) {
    top.provenance[path] = {"upper", "m.yaml:1:1"};
    lower.locations[path] = "x.yaml:1:1";
  }
  std::vector<Loosening> refused;
  const TierDocument tier =
      put_tier(top, lower, merge_rules_for(top.document, lower.document, ""), refused);
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(tier.provenance.at("governance.cost.max_models_per_product").tier, "lower");
  EXPECT_EQ(tier.provenance.at("governance.cost.max_fan_in").tier, "lower");  // the same is its own
  EXPECT_EQ(tier.provenance.at("governance.cost.max_fan_out").tier, "upper");
  EXPECT_EQ(tier.provenance.at("governance.contracts.required_for_layers").tier, "upper");
}

TEST(Merge, TheChainNamesATierWhereItsNamedItemHolds) {
  const std::string rule = "{governance: {custom_rules: [{code: X001, description: d, kind: ";
  TierDocument top{yaml_of(rule + "require_tag, tag: a, severity: warning}]}}"), {}};
  const std::string path = "governance.custom_rules.X001";
  top.provenance[path] = {"upper", "m.yaml:1:1"};
  const auto tier_of = [&](const std::string& fields) {
    LowerTier lower{"lower", yaml_of(rule + "require_tag, " + fields + "}]}}"), {}};
    lower.locations[path] = "x.yaml:1:1";
    std::vector<Loosening> refused;
    return put_tier(top, lower, merge_rules_for(top.document, lower.document, ""), refused)
        .provenance.at(path)
        .tier;
  };
  EXPECT_EQ(tier_of("tag: a, severity: error"), "lower");
  EXPECT_EQ(tier_of("tag: b, severity: warning"), "upper");
}

}  // namespace
}  // namespace floe::core
