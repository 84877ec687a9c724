// SPDX-License-Identifier: Apache-2.0
#include "unit/core/artifact_support.h"

#include "core/artifact/version.h"
#include "value/json.h"

namespace floe::testing {

namespace {

using value::Value;

int pick(std::mt19937& random, int bound) {
  return std::uniform_int_distribution<int>(0, bound - 1)(random);
}

std::string random_text(std::mt19937& random) {
  static const std::string kPieces[] = {"a",  "Z9",          "_",    "-",  ".",   " ",
                                        "\"", "\\",          "/",    "é",  "𝄞",   "\n",
                                        "\t", "${secret:X}", "日本", "{}", "null"};
  std::string text;
  for (int i = pick(random, 6); i > 0; --i) text += kPieces[pick(random, std::size(kPieces))];
  return text;
}

std::string random_name(std::mt19937& random) {
  std::string name = "n";
  for (int i = pick(random, 8); i > 0; --i) name += static_cast<char>('a' + pick(random, 26));
  return name;
}

std::vector<std::string> random_texts(std::mt19937& random) {
  std::vector<std::string> texts(static_cast<std::size_t>(pick(random, 4)));
  for (std::string& text : texts) text = random_text(random);
  return texts;
}

Value random_scalar(std::mt19937& random) {
  switch (pick(random, 5)) {
    case 0: return Value(nullptr);
    case 1: return Value(pick(random, 2) == 0);
    case 2: return Value(static_cast<std::int64_t>(pick(random, 2'000'000)) - 1'000'000);
    case 3: return Value(pick(random, 1'000'000) / 1024.0 + 1.0 / 2048);
    default: return Value(random_text(random));
  }
}

Value random_map(std::mt19937& random, int depth) {
  Value map = Value::map();
  for (int i = pick(random, 4); i > 0; --i) {
    if (depth > 0 && pick(random, 3) == 0) {
      map.set(random_name(random), random_map(random, depth - 1));
    } else if (pick(random, 4) == 0) {
      map.set(random_name(random), Value::list({random_scalar(random), random_scalar(random)}));
    } else {
      map.set(random_name(random), random_scalar(random));
    }
  }
  return map;
}

core::Layer random_layer(std::mt19937& random, const std::string& name) {
  core::Layer layer;
  layer.name = name;
  layer.prefixes = {name + "_"};
  layer.description = random_text(random);
  layer.schema = random_text(random);
  layer.catalog_namespace = random_text(random);
  layer.materializations = random_texts(random);
  layer.may_depend_on = {"source", name};
  layer.required_tests = random_texts(random);
  if (pick(random, 2) == 0) layer.minimum_coverage = pick(random, 101);
  layer.required_documentation = pick(random, 2) == 0;
  layer.scd_types_allowed = random_texts(random);
  layer.scd_default_type = random_text(random);
  return layer;
}

template <class T>
T random_enum(std::mt19937& random, int count) {
  return static_cast<T>(pick(random, count));
}

void random_rules(std::mt19937& random, core::Platform& platform) {
  platform.naming.enforcement = random_enum<core::Enforcement>(random, 3);
  platform.naming.case_style = pick(random, 2) == 0 ? "snake_case" : "";
  if (pick(random, 2) == 0) platform.naming.max_length = 1 + pick(random, 200);
  platform.naming.reserved = random_texts(random);
  platform.naming.patterns = {random_text(random), random_text(random), random_text(random),
                              random_text(random), random_text(random)};
  platform.quality_gates = {random_enum<core::Enforcement>(random, 3),
                            pick(random, 101) * 0.5,
                            pick(random, 2) == 0,
                            random_texts(random),
                            pick(random, 2) == 0,
                            random_enum<core::GateAction>(random, 3),
                            {random_map(random, 1)},
                            {{random_name(random), random_map(random, 1)}}};
  platform.documentation = {random_enum<core::Enforcement>(random, 3), pick(random, 2) == 0,
                            pick(random, 2) == 0, pick(random, 2) == 0};
  platform.ownership = {random_enum<core::Enforcement>(random, 3), pick(random, 2) == 0,
                        pick(random, 2) == 0};
  static const char* const kModes[] = {"", "none", "backward", "full_transitive"};
  platform.contracts = {random_enum<core::Enforcement>(random, 3), pick(random, 2) == 0,
                        random_texts(random), kModes[pick(random, 4)]};
  platform.architecture_enforcement = random_enum<core::Enforcement>(random, 3);
  platform.include_hub_packages = pick(random, 2) == 0;
  platform.sql_enforcement = random_enum<core::Enforcement>(random, 3);
  platform.sql_errors = random_enum<core::Enforcement>(random, 3);
}

}  // namespace

core::Platform sample_platform(const std::string& version) {
  core::Platform platform;
  platform.name = "acme-data-platform";
  platform.version = version;
  platform.scope = "enterprise";
  platform.owner = "platform-team@acme.example";
  platform.plugins["compute"] = {"duckdb", "", Value::map(), ""};
  platform.approved_plugins["compute"] = {"duckdb"};
  platform.pattern = "medallion";
  for (const char* name : {"bronze", "silver", "gold"}) {
    core::Layer layer;
    layer.name = name;
    layer.prefixes = {std::string(name) + "_"};
    layer.may_depend_on = {"source"};
    platform.layers.push_back(layer);
  }
  platform.naming.enforcement = core::Enforcement::kStrict;
  platform.quality_gates.minimum_test_coverage = 80;
  platform.environments.push_back(
      {"prod", core::EnvironmentType::kProduction, "", Value::map(), Value::map()});
  platform.provenance["data_architecture.naming.enforcement"] = {"acme-data-platform v" + version,
                                                                 "manifest.yaml:24:5"};
  return platform;
}

core::Platform random_platform(std::mt19937& random) {
  core::Platform platform;
  platform.name = random_name(random);
  platform.version = std::to_string(pick(random, 9)) + ".2." + std::to_string(pick(random, 99));
  platform.scope = pick(random, 2) == 0 ? "enterprise" : "domain";
  platform.owner = random_text(random);
  platform.description = random_text(random);
  platform.plugins[random_name(random)] = {"t" + random_text(random), random_text(random),
                                           random_map(random, 2), random_text(random)};
  platform.approved_plugins[random_name(random)] = random_texts(random);
  platform.pattern = random_text(random);
  for (const char* name : {"one", "two", "three"}) {
    if (pick(random, 3) != 0) platform.layers.push_back(random_layer(random, name));
  }
  random_rules(random, platform);
  platform.environments.push_back(
      {random_name(random), random_enum<core::EnvironmentType>(random, 4), random_text(random),
       random_map(random, 1), random_map(random, 1)});
  platform.provenance[random_name(random)] = {random_text(random), random_text(random)};
  platform.classification = random_map(random, 2);
  platform.access_control = random_map(random, 2);
  platform.retention = random_map(random, 1);
  platform.cost = random_map(random, 1);
  platform.data_vault = random_map(random, 1);
  platform.documentation.require_port_descriptions = pick(random, 2) == 0;
  platform.documentation.require_exposure_descriptions = pick(random, 2) == 0;
  platform.ownership.require_port_owner = pick(random, 2) == 0;
  platform.custom_rules.push(random_map(random, 2));
  platform.namespaces.push(random_map(random, 2));
  platform.schema_registry = random_map(random, 1);
  platform.artifacts = random_map(random, 1);
  platform.waivers = Value::list({random_map(random, 0)});
  platform.domain = random_map(random, 0);
  platform.parents = {
      {random_text(random), random_text(random), random_text(random), random_text(random)}};
  platform.document = random_map(random, 2);
  platform.provenance[random_name(random)] = {
      "t", "m:1:1", {{random_text(random), "", random_scalar(random)}}};
  return platform;
}

std::unique_ptr<oci::Registry> layout_at(const fs::path& folder, oci::Access access) {
  oci::Reference reference;
  reference.repository = folder.string();
  auto registry = oci::open_registry(reference, "", access);
  return registry ? std::move(*registry) : nullptr;
}

Result<artifact::Published> publish_platform(const core::Platform& platform,
                                             const fs::path& folder) {
  const artifact::Package package = FLOE_TRY(artifact::pack(platform, {}));
  oci::Reference reference;
  reference.repository = folder.string();
  const auto registry = FLOE_TRY(oci::open_registry(reference, "", oci::Access::kPublish));
  return artifact::publish(platform, package, artifact::tag_of(platform.version), registry.get(),
                           false);
}

std::string text_of(const core::Platform& platform) {
  const auto files = artifact::encode(platform);
  if (!files) return describe(files.error());
  std::string text;
  for (const auto& [path, bytes] : *files) text += path + "\n" + bytes + "\n";
  return text;
}

}  // namespace floe::testing
