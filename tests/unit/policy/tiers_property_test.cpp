// SPDX-License-Identifier: Apache-2.0
// What fails under a platform fails under every platform below it: over random chains of manifests
// and random projects.
#include "core/platform/effective.h"
#include "core/platform/inherit.h"
#include "core/platform/tighten.h"
#include "policy/rule.h"
#include "value/json.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <set>

namespace floe::policy {
namespace {

using value::Value;

constexpr int kChainsWithProjects = 4000;

/// FLOE_TEST_SEED repeats a run.
unsigned seed_of_chains() {
  const char* given = std::getenv("FLOE_TEST_SEED");
  return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10))
                          : std::random_device()();
}

struct RandomProject {
  dbt::Project project;
  dbt::ColumnFacts facts;
  mesh::Mesh mesh;
};

/// A port that promises a column "id" of another type.
mesh::Offer offer_of(const std::string& model) {
  contract::Column id;
  id.name = "id";
  id.logical_type = "integer";
  contract::Table table;
  table.name = model;
  table.has_columns = true;
  table.columns.push_back(id);
  mesh::Offer offer;
  offer.name = model;
  offer.model = model;
  offer.has_contract = true;
  offer.contract.emplace().tables.push_back(table);
  return offer;
}

class ChainMaker {
 public:
  explicit ChainMaker(unsigned seed) : random_(seed) {}

  Value manifest() {
    Value document = Value::map();
    document.set("data_architecture", architecture());
    Value governance = Value::map();
    maybe(governance, "quality_gates", gates());
    maybe(governance, "documentation",
          flags({"require_model_descriptions", "require_column_descriptions"}));
    maybe(governance, "ownership", flags({"require_product_owner", "require_model_owner"}));
    maybe(governance, "include_hub_packages", Value(chance(50)));
    maybe(governance, "sql", words({"enforcement", "errors"}));
    maybe(governance, "contracts", contracts());
    maybe(governance, "classification", classification());
    maybe(governance, "retention", asking("required_for", layer_names()));
    maybe(governance, "cost", asking("max_models_per_product", Value(std::int64_t{1 + pick(6)})));
    maybe(document, "catalog", registry());
    document.set("governance", std::move(governance));
    return document;
  }

  /// A few models with columns and tests, named as people name them; some have SQL that fails, some
  /// do not keep the contract of a port.
  void fill(RandomProject& made) {
    dbt::Project& project = made.project;
    project.name = "shop";
    std::vector<std::string> names;
    for (const char* name : {"bronze_orders", "silver_orders", "gold_orders", "GoldX", "dim_date",
                             "fact_sales", "stg_payments", "a_name_that_is_a_little_longer"}) {
      if (!chance(50)) continue;
      add_model(project, name, names);
      dbt::RelationColumns& known = made.facts.relations[std::string("model.shop.") + name];
      for (const char* column : {"id", "Name"})
        known.columns.push_back({column, "VARCHAR", {}, ""});
      known.complete = true;
      if (chance(20)) known.sql_error = "Binder Error: no such column";
      if (chance(20)) known.traits.changing = {"now"};
      if (chance(30)) made.mesh.offers.push_back(offer_of(name));
    }
  }

  bool chance(int percent) { return pick(100) < percent; }

 private:
  int pick(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random_); }
  std::string word(std::vector<std::string> words) {
    return words[static_cast<std::size_t>(pick(static_cast<int>(words.size())))];
  }
  std::vector<std::string> some(const std::vector<std::string>& words) {
    std::vector<std::string> chosen;
    for (const std::string& each : words) {
      if (chance(50)) chosen.push_back(each);
    }
    return chosen;
  }
  void maybe(Value& map, const std::string& key, Value value) {
    if (chance(45)) map.set(key, std::move(value));
  }

  Value flags(const std::vector<std::string>& names) {
    Value map = Value::map();
    for (const std::string& name : names) maybe(map, name, Value(chance(60)));
    maybe(map, "enforcement", Value(word({"off", "warn", "strict"})));
    return map;
  }

  /// A section of words of enforcement.
  Value words(const std::vector<std::string>& names) {
    Value map = Value::map();
    for (const std::string& name : names) maybe(map, name, Value(word({"off", "warn", "strict"})));
    return map;
  }

  /// A section that asks for nothing where it is not there.
  Value asking(const std::string& name, Value value) {
    Value map = words({"enforcement"});
    maybe(map, name, std::move(value));
    return map;
  }

  Value layer_names() { return Value::texts(some({"bronze", "silver", "gold"})); }

  Value contracts() {
    Value section = words({"enforcement"});
    maybe(section, "required_for_layers", layer_names());
    return section;
  }

  /// Always the same levels: another order is refused as a whole.
  Value classification() {
    Value section = Value::map();
    section.set("levels", Value::texts({"PUBLIC", "INTERNAL", "RESTRICTED"}));
    maybe(section, "required_for", layer_names());
    maybe(section, "default_level", Value(word({"PUBLIC", "INTERNAL", "RESTRICTED"})));
    maybe(section, "propagation", Value(word({"off", "warn", "strict"})));
    Value pii = Value::map();
    maybe(pii, "retention_max_days", Value(std::int64_t{30}));
    Value tags = Value::map();
    maybe(tags, "pii", std::move(pii));
    maybe(section, "tags", std::move(tags));
    return section;
  }

  Value registry() {
    Value catalog = Value::map();
    catalog.set("schema_registry", asking("reserved_columns", Value::texts(some({"id", "name"}))));
    return catalog;
  }

  Value gates() {
    Value gates = Value::map();
    maybe(gates, "enforcement", Value(word({"off", "warn", "strict"})));
    maybe(gates, "minimum_test_coverage", Value(static_cast<std::int64_t>(pick(101))));
    maybe(gates, "required_tests",
          Value::texts(some({"not_null_pk", "unique_pk", "documentation"})));
    maybe(gates, "count_inferred_columns", Value(chance(50)));
    maybe(gates, "block_on_failure", Value(chance(50)));
    maybe(gates, "on_failure", Value(word({"notify", "warn", "block"})));
    return gates;
  }

  Value layer() {
    Value layer = Value::map();
    maybe(layer, "materializations", Value::texts(some({"table", "view", "incremental"})));
    maybe(layer, "may_depend_on", Value::texts(some({"source", "bronze", "silver", "gold"})));
    maybe(layer, "prefix", Value(word({"bronze_", "gold_", "stg_"})));
    Value gates = Value::map();
    maybe(gates, "required_tests", Value::texts(some({"not_null_pk", "unique_pk"})));
    maybe(gates, "minimum_coverage", Value(static_cast<std::int64_t>(pick(101))));
    maybe(gates, "required_documentation", Value(chance(50)));
    maybe(layer, "quality_gates", std::move(gates));
    return layer;
  }

  Value architecture() {
    Value section = Value::map();
    maybe(section, "pattern", Value(word({"medallion", "kimball", "hybrid", "data_vault"})));
    maybe(section, "enforcement", Value(word({"off", "warn", "strict"})));
    Value layers = Value::map();
    for (const char* name : {"bronze", "gold", "staging", "extra"}) maybe(layers, name, layer());
    maybe(section, "layers", std::move(layers));
    Value naming = Value::map();
    maybe(naming, "enforcement", Value(word({"off", "warn", "strict"})));
    maybe(naming, "case", Value(word({"snake_case", "PascalCase"})));
    maybe(naming, "max_length", Value(static_cast<std::int64_t>(8 + pick(20))));
    maybe(naming, "reserved", Value::texts(some({"dim_date", "id", "GoldX"})));
    Value patterns = Value::map();
    maybe(patterns, "models", Value(word({"^[a-z_]+$", "^.*orders$"})));
    maybe(naming, "patterns", std::move(patterns));
    maybe(section, "naming", std::move(naming));
    return section;
  }

  void add_model(dbt::Project& project, const std::string& name, std::vector<std::string>& above) {
    auto node = std::make_unique<dbt::Node>();
    node->name = name;
    node->unique_id = "model.shop." + name;
    node->package_name = "shop";
    node->original_file_path = "models/" + name + ".sql";
    node->config.set("materialized", word({"table", "view", "incremental"}));
    if (chance(50)) node->description = "What it is";
    // Longer than the tag "pii" allows.
    if (chance(30)) {
      node->meta =
          value::Value::map({{"floe", value::Value::map({{"retention_days", std::int64_t{400}},
                                                         {"tags", Value::texts({"pii"})}})}});
    }
    for (const std::string& other : above) {
      if (!chance(30)) continue;
      node->depends_on_nodes.push_back("model.shop." + other);
      node->refs.push_back({other, std::nullopt, {}, {}});
    }
    for (const char* column_name : {"id", "Name"}) {
      if (!chance(70)) continue;
      dbt::Column column;
      column.name = column_name;
      if (chance(50)) column.description = "What it holds";
      node->columns.emplace_back(column_name, column);
      for (const char* kind : {"not_null", "unique"}) {
        if (chance(50)) add_test(project, kind, name, column_name);
      }
    }
    above.push_back(name);
    const std::string id = node->unique_id;
    project.nodes.emplace(id, std::move(node));
  }

  void add_test(dbt::Project& project, const std::string& kind, const std::string& on,
                const std::string& column) {
    auto node = std::make_unique<dbt::Node>();
    node->type = dbt::ResourceType::kTest;
    node->unique_id = "test.shop." + kind + "_" + on + "_" + column;
    node->package_name = "shop";
    node->test_metadata = dbt::TestMetadata{kind, std::nullopt, Value::map()};
    node->column_name = column;
    node->attached_node = "model.shop." + on;
    const std::string id = node->unique_id;
    project.nodes.emplace(id, std::move(node));
  }

  std::mt19937 random_;
};

core::Platform platform_of_document(const Value& document) {
  config::Manifest manifest;
  manifest.name = "acme";
  manifest.version = "1.0.0";
  manifest.document = document;
  return core::make_platform(manifest, diag::SourceMap());
}

/// What a lower tier makes of a platform; what it may not set stays.
core::Platform lowered(const core::Platform& upper, const Value& lower) {
  std::vector<core::Loosening> refused;
  const core::MergeRules rules = core::merge_rules_for(upper.document, lower, "sales");
  return platform_of_document(core::merge_tiers(upper.document, lower, rules, refused));
}

/// "N001 model.shop.x" of every error.
std::set<std::string> errors_of(const core::Platform& platform, const RandomProject& made) {
  const diag::SourceMap sources;
  const config::DataProduct product;
  diag::Sink sink;
  Context context = make_context(platform, product, made.project, sources, &made.facts);
  context.mesh = &made.mesh;
  enforce(context, sink);
  std::set<std::string> errors;
  for (const diag::Diagnostic& finding : sink.sorted()) {
    if (finding.severity == diag::Severity::kError)
      errors.insert(finding.code + " " + finding.node);
  }
  return errors;
}

TEST(TiersProperty, WhatFailsUnderTheParentFailsUnderTheChild) {
  const unsigned seed = seed_of_chains();
  RecordProperty("seed", std::to_string(seed));
  ChainMaker maker(seed);
  std::size_t errors = 0;
  std::size_t further = 0;
  for (int round = 0; round < kChainsWithProjects; ++round) {
    RandomProject project;
    maker.fill(project);
    core::Platform platform = platform_of_document(maker.manifest());
    std::set<std::string> above = errors_of(platform, project);
    for (int tier = 0; tier < 2; ++tier) {
      const Value lower = maker.manifest();
      const core::Platform below = lowered(platform, lower);
      const std::set<std::string> found = errors_of(below, project);
      for (const std::string& error : above) {
        ASSERT_TRUE(found.contains(error)) << "to repeat: FLOE_TEST_SEED=" << seed << "\n"
                                           << error << " is gone\n"
                                           << value::write_json(platform.document, 1) << "\n"
                                           << value::write_json(lower, 1);
      }
      errors += above.size();
      further += found.size() > above.size() ? 1 : 0;
      platform = below;
      above = found;
    }
  }
  // Else it would say nothing.
  EXPECT_GT(errors, 4000u);
  EXPECT_GT(further, 500u);
}

TEST(TiersProperty, WhatFailsUnderAPlatformFailsWhateverAProductSays) {
  const unsigned seed = seed_of_chains();
  RecordProperty("seed", std::to_string(seed));
  ChainMaker maker(seed);
  std::size_t errors = 0;
  for (int round = 0; round < kChainsWithProjects; ++round) {
    RandomProject project;
    maker.fill(project);
    core::Platform platform = platform_of_document(maker.manifest());
    const std::set<std::string> above = errors_of(platform, project);
    const std::string before = value::write_json(platform.document, 1);
    config::DataProduct product;
    product.tightenings = maker.manifest();
    diag::Sink sink;
    core::tighten_platform(platform, product, diag::SourceMap(), sink);
    const std::set<std::string> found = errors_of(platform, project);
    for (const std::string& error : above) {
      ASSERT_TRUE(found.contains(error)) << "to repeat: FLOE_TEST_SEED=" << seed << "\n"
                                         << error << " is gone\n"
                                         << before << "\n"
                                         << value::write_json(product.tightenings, 1);
    }
    errors += above.size();
  }
  EXPECT_GT(errors, 4000u);
}

}  // namespace
}  // namespace floe::policy
