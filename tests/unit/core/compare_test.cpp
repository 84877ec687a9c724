// SPDX-License-Identifier: Apache-2.0
#include "core/platform/compare.h"

#include "base/text.h"
#include "config_support.h"
#include "core/artifact/files.h"
#include "core/platform/effective.h"
#include "unit/core/artifact_support.h"
#include "value/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace floe::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using value::Value;

/// "tightened minor data_architecture.naming.enforcement: warn → strict".
std::string line_of(const Change& change) {
  return std::string(direction_name(change.direction)) + " " + std::string(step_name(change.step)) +
         " " + change_text(change);
}

std::vector<std::string> lines_of(const Platform& before, const Platform& after) {
  std::vector<std::string> lines;
  for (const Change& change : compare_platforms(before, after)) lines.push_back(line_of(change));
  return lines;
}

/// The differences that an edit of the sample platform makes.
template <class Edit>
std::vector<std::string> after_edit(const Edit& edit) {
  const Platform before = testing::sample_platform();
  Platform after = before;
  edit(after);
  return lines_of(before, after);
}

template <class Edit>
std::vector<std::string> before_edit(const Edit& edit) {
  Platform before = testing::sample_platform();
  const Platform after = before;
  edit(before);
  return lines_of(before, after);
}

Value json(const std::string& text) { return *value::read_json(text); }

TEST(Compare, EqualPlatformsDoNotDiffer) {
  EXPECT_THAT(after_edit([](Platform&) {}), IsEmpty());
  EXPECT_EQ(needed_step({}), Step::kNone);
}

TEST(Compare, OrderedRulesHaveADirection) {
  const auto stricter = [](Platform& platform) {
    platform.quality_gates.minimum_test_coverage = 90;
    platform.documentation.require_model_descriptions = true;
    platform.naming.max_length = 40;
    platform.naming.reserved = {"tmp"};
    platform.naming.case_style = "snake_case";
    platform.quality_gates.on_failure = GateAction::kBlock;
    platform.layers[0].materializations = {"view"};
    platform.layers[0].may_depend_on = {};
    platform.layers[2].minimum_coverage = 99.5;
  };
  EXPECT_THAT(
      after_edit(stricter),
      ElementsAre(
          "tightened minor data_architecture.layers.bronze.materializations: + view",
          "tightened minor data_architecture.layers.bronze.may_depend_on: - source",
          "tightened minor data_architecture.layers.gold.quality_gates.minimum_coverage: + 99.5",
          "tightened minor data_architecture.naming.case: + snake_case",
          "tightened minor data_architecture.naming.max_length: + 40",
          "tightened minor data_architecture.naming.reserved: + tmp",
          "tightened minor governance.quality_gates.minimum_test_coverage: 80 → 90",
          "tightened minor governance.quality_gates.on_failure: warn → block",
          "tightened minor governance.documentation.require_model_descriptions: false → true"));
  for (const std::string& line : before_edit(stricter)) {
    EXPECT_THAT(line, ::testing::StartsWith("loosened minor "));
  }
  EXPECT_EQ(before_edit(stricter).size(), 9U);
}

TEST(Compare, RemovalsAndOtherPluginsNeedAMajorStep) {
  EXPECT_THAT(after_edit([](Platform& platform) {
                platform.plugins["compute"].type = "spark";
                platform.plugins["catalog"] = {"polaris", "1.0", Value::map(), ""};
                platform.approved_plugins["compute"] = {"spark"};
                platform.layers.pop_back();
                platform.environments.clear();
              }),
              ElementsAre("changed major plugins.compute.type: duckdb → spark",
                          "added minor plugins.catalog: + polaris",
                          "removed major approved_plugins.compute: - duckdb",
                          "added minor approved_plugins.compute: + spark",
                          "removed major data_architecture.layers.gold: - gold",
                          "removed major environments.prod: - prod"));
  const auto spaces = [](Platform& platform) {
    platform.namespaces = json(R"([{"name": "bronze"}, {"name": "gold", "owner": "a"}])");
  };
  EXPECT_THAT(after_edit(spaces),
              ElementsAre("added minor catalog.namespaces.bronze: + {\"name\":\"bronze\"}",
                          HasSubstr("added minor catalog.namespaces.gold")));
  EXPECT_THAT(before_edit(spaces), ElementsAre(HasSubstr("removed major"), HasSubstr("removed")));
}

TEST(Compare, TextsAndSizesAreAPatch) {
  EXPECT_THAT(
      after_edit([](Platform& platform) {
        platform.owner = "others@acme.example";
        platform.layers[1].description = "Cleaned";
        platform.environments[0].endpoints = json(R"({"compute": "db.duckdb"})");
        platform.environments[0].settings = json(R"({"replicas": {"cube": 2}})");
        platform.artifacts = json(R"({"registry": "oci-layout:./registry"})");
        platform.provenance["plugins"] = {"acme-data-platform v1.2.3", "manifest.yaml:9:1"};
      }),
      ElementsAre("changed patch metadata.owner: platform-team@acme.example → others@acme.example",
                  "added patch data_architecture.layers.silver.description: + Cleaned",
                  "added patch environments.prod.endpoints.compute: + db.duckdb",
                  "added patch environments.prod.replicas.cube: + 2",
                  "added patch artifacts.registry: + oci-layout:./registry",
                  "changed patch provenance: 1 place → 2 places, 1 of them not as before"));
}

TEST(Compare, DataFollowsTheMergeTableOfTheSchema) {
  Platform before = testing::sample_platform();
  before.classification = json(R"({"levels": ["PUBLIC", "INTERNAL", "RESTRICTED"],
    "default_level": "PUBLIC", "declassify_with": ["md5", "sha256"],
    "tags": {"pii": {"level": "INTERNAL"}}})");
  before.retention = json(R"({"default": {"max_days": 30, "min_days": 5}})");
  before.custom_rules = json(R"([{"code": "X001", "description": "a", "sql": "select 1"}])");
  before.schema_registry = json(R"({"reserved_columns": ["rowid"]})");
  Platform after = before;
  after.classification = json(R"({"levels": ["PUBLIC", "INTERNAL", "RESTRICTED"],
    "default_level": "INTERNAL", "declassify_with": ["sha256"], "propagation": "strict",
    "tags": {"pii": {"level": "RESTRICTED", "requires_encryption": true}, "phi": {}}})");
  after.retention = json(R"({"default": {"max_days": 60}, "enforcement": "warn"})");
  after.custom_rules = json(R"([{"code": "X001", "description": "b", "sql": "select 2",
    "severity": "error"}, {"code": "X002", "description": "c", "sql": "select 1"}])");
  after.schema_registry = json(R"({"allowed_types": ["int"], "reserved_columns": ["oid"]})");
  const std::string base = "governance.";
  EXPECT_THAT(
      lines_of(before, after),
      ElementsAre("tightened minor governance.classification.declassify_with: - md5",
                  "tightened minor governance.classification.default_level: PUBLIC → INTERNAL",
                  "tightened minor governance.classification.propagation: + strict",
                  "tightened minor governance.classification.tags.phi: + {}",
                  "tightened minor governance.classification.tags.pii.level: INTERNAL → RESTRICTED",
                  "tightened minor governance.classification.tags.pii.requires_encryption: + true",
                  "loosened minor governance.retention.default.max_days: 30 → 60",
                  "loosened minor governance.retention.default.min_days: - 5",
                  "loosened minor governance.retention.enforcement: + warn",
                  "changed patch governance.custom_rules.X001.description: a → b",
                  "changed patch governance.custom_rules.X001.severity: + error",
                  "changed minor governance.custom_rules.X001.sql: select 1 → select 2",
                  HasSubstr("tightened minor governance.custom_rules.X002: + {\"code\":\"X002\""),
                  "tightened minor catalog.schema_registry.allowed_types: + [\"int\"]",
                  "loosened minor catalog.schema_registry.reserved_columns: - rowid",
                  "tightened minor catalog.schema_registry.reserved_columns: + oid"));
}

TEST(Compare, ALimitWhereThereWasNoneIsStricter) {
  const auto limited = [](Platform& platform) {
    platform.retention = json(R"({"layers": {"gold": {"max_days": 30, "min_days": 0}}})");
  };
  EXPECT_THAT(after_edit(limited),
              ElementsAre("tightened minor governance.retention.layers.gold.max_days: + 30",
                          "changed patch governance.retention.layers.gold.min_days: + 0"));
  EXPECT_THAT(before_edit(limited),
              ElementsAre("loosened minor governance.retention.layers.gold.max_days: - 30",
                          "changed patch governance.retention.layers.gold.min_days: - 0"));
}

TEST(Compare, NumbersAreTheSameHoweverTheyAreWritten) {
  EXPECT_THAT(after_edit([](Platform& platform) { platform.retention = Value::map(); }), IsEmpty());
  Platform one = testing::sample_platform();
  Platform other = one;
  one.retention.set("days", 1);
  other.retention.set("days", 1.0);
  EXPECT_THAT(lines_of(one, other), IsEmpty());
}

// A rule that only one of tighten and compare knows would be found here: whatever differs in the
// files of an artifact shows.

/// All places of a document that can be edited, the document itself not among them.
void collect_values(Value& value, std::vector<Value*>& into) {
  if (value.is_map()) {
    for (value::Member& member : value.edit_map()) {
      into.push_back(&member.value);
      collect_values(member.value, into);
    }
  } else if (value.is_list()) {
    for (Value& item : value.edit_list()) {
      into.push_back(&item);
      collect_values(item, into);
    }
  }
}

int pick_below(std::mt19937& random, std::size_t bound) {
  return std::uniform_int_distribution<int>(0, static_cast<int>(bound) - 1)(random);
}

void mutate_value(Value& value, std::mt19937& random) {
  if (value.is_map() && pick_below(random, 2) == 0 && !value.empty()) {
    value.erase(value.as_map()[static_cast<std::size_t>(pick_below(random, value.size()))].key);
  } else if (value.is_map()) {
    value.set("added", pick_below(random, 2) == 0 ? Value::map() : Value("x"));
  } else if (value.is_list() && !value.empty() && pick_below(random, 2) == 0) {
    Value::List& items = value.edit_list();
    if (pick_below(random, 2) == 0) items.pop_back();
    else std::swap(items.front(), items.back());
  } else if (value.is_list()) {
    value.push(value.empty() ? Value("x") : value.as_list().front());
  } else if (value.is_bool()) {
    value = Value(!value.as_bool());
  } else if (value.is_number()) {
    value = Value(value.as_double() + 1 > 100 ? 1.0 : value.as_double() + 1);
  } else if (value.is_string()) {
    static const char* kWords[] = {"",      "x",      "off",    "warn",       "strict",    "block",
                                   "9.9.9", "notify", "domain", "enterprise", "PascalCase"};
    value = Value(kWords[pick_below(random, std::size(kWords))]);
  } else {
    value = Value(true);
  }
}

/// The platform after one edit of a file; nothing if it is no valid platform any more.
std::optional<Platform> mutated(artifact::Files files, std::mt19937& random) {
  auto file = files.begin();
  std::advance(file, pick_below(random, files.size()));
  Value document = *value::read_json(file->second);
  std::vector<Value*> values;
  collect_values(document, values);
  mutate_value(*values[static_cast<std::size_t>(pick_below(random, values.size()))], random);
  file->second = value::canonical_json(document);
  auto platform = artifact::decode(files);
  if (!platform) return std::nullopt;
  return std::move(*platform);
}

/// A platform whose data sections are as the manifest's schema has them.
Platform platform_with_data() {
  Platform platform = testing::sample_platform();
  platform.classification = json(R"({"levels": ["PUBLIC", "INTERNAL"], "default_level": "PUBLIC",
    "required_for": ["gold"], "declassify_with": ["md5"], "propagation": "warn",
    "tags": {"pii": {"level": "INTERNAL", "requires_encryption": true, "retention_max_days": 9}},
    "auto_detect": [{"pattern": "mail", "tag": "pii"}, {"pattern": "iban", "level": "INTERNAL"}]})");
  platform.access_control = json(R"({"default": "deny", "roles": {"analyst": {}},
    "groups": {"all": ["analyst"]}, "grants": [{"role": "analyst", "access": "READ"}],
    "row_filters": [{"role": "analyst", "table": "*", "condition": "true"}]})");
  platform.retention = json(R"({"enforcement": "strict", "default": {"max_days": 30, "min_days": 5},
    "layers": {"gold": {"delete_strategy": "archive"}}, "snapshots": {"keep_last": 3}})");
  platform.custom_rules = json(R"([{"code": "X001", "description": "a", "sql": "select 1"},
    {"code": "X002", "description": "b", "kind": "require_tag", "tag": "t", "severity": "warning"}])");
  platform.namespaces = json(R"([{"name": "bronze", "grants": [{"role": "a", "access": "READ"}]},
    {"name": "gold", "properties": {"p": "1"}}])");
  platform.schema_registry =
      json(R"({"allowed_types": ["int"], "reserved_columns": ["rowid", "oid"],
    "required_columns": {"gold": [{"name": "loaded_at", "type": "timestamp"}]}})");
  platform.artifacts = json(R"({"verification": "warn", "signing": {"mode": "none"},
    "immutability": {"mutable_latest": true}})");
  platform.quality_gates.by_classification["INTERNAL"] = json(R"({"minimum_test_coverage": 50})");
  platform.quality_gates.notify = {json(R"({"type": "email", "to": ["a@acme.example"]})")};
  return platform;
}

TEST(Compare, NothingOfAnArtifactDiffersUnseen) {
  std::mt19937 random(20261123);
  int different = 0;
  for (int round = 0; round < 4000; ++round) {
    const Platform platform =
        round % 2 == 0 ? platform_with_data() : testing::random_platform(random);
    const artifact::Files files = *artifact::encode(platform);
    const Platform before = *artifact::decode(files);
    EXPECT_THAT(compare_platforms(platform, before), IsEmpty());
    const std::optional<Platform> after = mutated(files, random);
    if (!after) continue;
    const bool differs = *artifact::encode(*after) != files;
    different += differs ? 1 : 0;
    EXPECT_EQ(differs, !compare_platforms(before, *after).empty())
        << testing::text_of(before) << "\n---\n"
        << testing::text_of(*after);
    EXPECT_EQ(differs, !compare_platforms(*after, before).empty());
  }
  EXPECT_GT(different, 1500);
}

// What a manifest tightens, a product may tighten, too: both follow from one table.
TEST(Compare, TheSeedsPlatformAgainstItsTightening) {
  const auto seed = config::manifest_of(config::seed_file("manifest.yaml"));
  const Platform before = make_platform(seed->manifest, seed->sources);
  const auto changed = config::manifest_of(replace_all(
      config::seed_file("manifest.yaml"), "block_on_failure: true", "block_on_failure: false"));
  const Platform after = make_platform(changed->manifest, changed->sources);
  EXPECT_THAT(lines_of(before, after),
              ElementsAre("loosened minor governance.quality_gates.block_on_failure: true → false",
                          "loosened minor governance.quality_gates.on_failure: block → warn"));
}

std::vector<Change> changes_of(Step step) {
  if (step == Step::kNone) return {};
  return {{"a.text", "a", "b", Direction::kChanged, Step::kPatch},
          {"data_architecture.naming.enforcement", "warn", "strict", Direction::kTightened, step}};
}

TEST(SemverStep, TheVersionMustBeAtLeastTheNeededOne) {
  struct Row {
    const char* before;
    Step step;
    const char* needed;
    const char* refused;
  };
  const Row rows[] = {
      {"1.2.3", Step::kPatch, "1.2.4", "1.2.3"},
      {"1.2.3", Step::kMinor, "1.3.0", "1.2.9"},
      {"1.2.3", Step::kMajor, "2.0.0", "1.9.0"},
      {"0.2.3", Step::kMajor, "0.3.0", "0.2.4"},
      {"0.2.3", Step::kMinor, "0.2.4", "0.2.3"},
      {"0.2.3", Step::kPatch, "0.2.4", "0.1.9"},
      {"1.3.0-rc.1", Step::kMinor, "1.4.0", "1.3.1"},
      {"1.2.3", Step::kMinor, "1.3.0", "1.2.4-rc.1"},
      {"1.2.3+build.5", Step::kPatch, "1.2.4", "1.2.3+build.6"},
  };
  for (const Row& row : rows) {
    const auto changes = changes_of(row.step);
    EXPECT_EQ(needed_version(row.before, changes), row.needed) << row.before;
    EXPECT_TRUE(check_step(row.before, row.needed, changes).has_value()) << row.before;
    EXPECT_FALSE(check_step(row.before, row.refused, changes).has_value()) << row.before;
  }
  EXPECT_EQ(needed_version("1.2.3", {}), std::nullopt);
  EXPECT_TRUE(check_step("1.2.3", "1.2.3", {}).has_value());
}

TEST(SemverStep, PreReleasesCountAsTheReleaseTheyLeadTo) {
  const auto changes = changes_of(Step::kMinor);
  EXPECT_TRUE(check_step("1.2.3", "1.3.0-rc.1", changes).has_value());
  EXPECT_TRUE(check_step("1.3.0-rc.1", "1.3.0-rc.2", changes).has_value());
  EXPECT_TRUE(check_step("1.3.0-rc.2", "1.3.0", changes).has_value());
  EXPECT_FALSE(check_step("1.3.0", "1.3.0-rc.2", changes).has_value());
}

TEST(SemverStep, TheRefusalSaysWhatIsNeededAndWhy) {
  const Status status = check_step("1.2.3", "1.2.4", changes_of(Step::kMinor));
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().kind, ErrorKind::kUsage);
  EXPECT_EQ(status.error().message,
            "version 1.2.4 understates what changes: a tightened rule needs at least 1.3.0\n"
            "  tightened  data_architecture.naming.enforcement: warn → strict");
  EXPECT_THAT(status.error().hint, HasSubstr("\"1.3.0\""));
  EXPECT_FALSE(check_step("1.2.3", "no", {}).has_value());
}

}  // namespace
}  // namespace floe::core
