// SPDX-License-Identifier: Apache-2.0
// The effective platform: what a compiled platform artifact says once it is read back. Policies,
// compile and run see only this, never a manifest.yaml.
#pragma once

#include "value/value.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace floe::core {

enum class Enforcement { kOff, kWarn, kStrict };   // off < warn < strict
enum class GateAction { kNotify, kWarn, kBlock };  // notify < warn < block
enum class EnvironmentType { kDevelopment, kPreview, kStaging, kProduction };

std::string_view enforcement_name(Enforcement enforcement);
std::string_view gate_action_name(GateAction action);
/// `enforcement` of a section that is kept as data: strict if it says nothing, off if there is no
/// such section.
Enforcement enforcement_of(const value::Value& section);

struct PluginChoice {
  std::string type;     // "duckdb"
  std::string version;  // "" if not pinned
  value::Value config = value::Value::map();
  std::string connection_secret_ref;
};

/// One layer of the data architecture, defaults of the pattern filled in. Order is the data flow.
struct Layer {
  std::string name;                   // "bronze"
  std::vector<std::string> prefixes;  // {"bronze_"}; kimball's core layer has {"dim_", "fact_"}
  std::string description;
  std::string schema;  // target schema, "" if the product's own
  std::string catalog_namespace;
  std::vector<std::string> materializations;  // allowed; empty: any
  std::vector<std::string> may_depend_on;     // layer names, and "source" for direct source reads
  std::vector<std::string> required_tests;
  std::optional<double> minimum_coverage;
  bool required_documentation = false;
  std::vector<std::string> scd_types_allowed;
  std::string scd_default_type;
};

struct NamingPatterns {
  std::string models, columns, sources, seeds, snapshots;  // RE2 syntax; "" = no pattern
};

struct Naming {
  Enforcement enforcement = Enforcement::kWarn;
  std::string case_style;  // "snake_case", "camelCase", "PascalCase", "" = not checked
  std::optional<std::int64_t> max_length;
  std::vector<std::string> reserved;
  NamingPatterns patterns;
};

struct QualityGates {
  Enforcement enforcement = Enforcement::kStrict;
  double minimum_test_coverage = 0;    // percent
  bool count_inferred_columns = true;  // in coverage, besides those that are declared
  std::vector<std::string> required_tests;
  bool block_on_failure = false;
  GateAction on_failure = GateAction::kWarn;
  std::vector<value::Value> notify;  // {type, url|secret ref, …}
  std::map<std::string, value::Value> by_classification;
};

/// What governance.documentation and governance.ownership ask for.
struct Documentation {
  Enforcement enforcement = Enforcement::kOff;
  bool require_model_descriptions = false;
  bool require_column_descriptions = false;
  bool require_source_descriptions = false;
  bool require_port_descriptions = false;
  bool require_exposure_descriptions = false;
};

struct Ownership {
  Enforcement enforcement = Enforcement::kOff;
  bool require_product_owner = false;
  bool require_model_owner = false;
  bool require_port_owner = false;
};

/// What governance.contracts asks for.
struct Contracts {
  Enforcement enforcement = Enforcement::kStrict;
  bool required_for_output_ports = false;
  std::vector<std::string> required_for_layers;
  std::string compatibility;  // "backward", "full_transitive", …; "" is none

  bool operator==(const Contracts&) const = default;
};

struct Environment {
  std::string name;
  EnvironmentType type = EnvironmentType::kDevelopment;
  std::string schema_prefix;
  value::Value endpoints = value::Value::map();
  value::Value settings = value::Value::map();
};

/// A value as a tier set it that a lower tier has set again.
struct Setting {
  std::string tier;      // "acme-data-platform v1.2.3"
  std::string location;  // "manifest.yaml:24:5"
  value::Value value;    // null where it is a mapping

  bool operator==(const Setting&) const = default;
};

/// Where a value of the manifest was set: "manifest.yaml:24:5" and the tier that set it.
struct Provenance {
  std::string tier;                 // "acme-data-platform v1.2.3"
  std::string location;             // "manifest.yaml:24:5"; "" if it is a default
  std::vector<Setting> above = {};  // what the tiers above it had set, the highest first
};

/// The platform that a domain's platform inherits from, pinned.
struct ParentTier {
  std::string name;
  std::string version;
  std::string reference;
  std::string digest;

  std::string tier() const { return name + " v" + version; }
  bool operator==(const ParentTier&) const = default;
};

struct Platform {
  std::string name;
  std::string version;  // "1.2.3"
  std::string scope;    // "enterprise" or "domain"
  std::string owner;
  std::string description;
  std::string reference;  // as it was asked for: oci://…:v1.2.3
  std::string digest;     // sha256:… of the OCI manifest

  std::map<std::string, PluginChoice> plugins;                       // by category
  std::map<std::string, std::vector<std::string>> approved_plugins;  // by category
  std::string pattern;                                               // "medallion", …
  std::vector<Layer> layers;
  Naming naming;
  QualityGates quality_gates;
  Documentation documentation;
  Ownership ownership;
  Contracts contracts;
  Enforcement architecture_enforcement = Enforcement::kStrict;
  Enforcement sql_enforcement = Enforcement::kWarn;  // of how SQL is written
  Enforcement sql_errors = Enforcement::kStrict;     // of SQL that would fail
  std::vector<Environment> environments;
  /// Dotted path of the manifest → where it was set. Keys are the paths of 01-config, such as
  /// "data_architecture.naming.enforcement".
  std::map<std::string, Provenance> provenance;

  /// The parts kept as data until their own rules read them.
  value::Value classification = value::Value::map();
  value::Value access_control = value::Value::map();
  value::Value retention = value::Value::map();
  value::Value cost = value::Value::map();
  value::Value data_vault = value::Value::map();
  bool include_hub_packages = false;  // whether rules judge what they define, too
  value::Value custom_rules = value::Value::list();
  /// Codes of those that a data product adds for itself (tighten.h); none in an artifact.
  std::vector<std::string> product_rules;
  value::Value namespaces = value::Value::list();
  value::Value schema_registry = value::Value::map();
  value::Value artifacts = value::Value::map();
  value::Value waivers = value::Value::list();

  /// Of a domain tier: name, namespace, owners.
  value::Value domain = value::Value::map();
  /// What it inherits from, the nearest first; none of an enterprise platform.
  std::vector<ParentTier> parents;
  /// The effective manifest that all of this was read from, defaults filled in: what a lower tier
  /// is merged with, and what `floe platform explain` prints. Empty in artifacts of floe's first
  /// schema version.
  value::Value document = value::Value::map();

  /// "acme-data-platform v1.2.3".
  std::string tier() const { return name + " v" + version; }
  const Layer* find_layer(std::string_view layer_name) const;
  /// Whether a custom rule is one that the data product adds.
  bool is_product_rule(std::string_view code) const;
  /// The layer whose prefix `model_name` carries (the longest prefix wins), or nullptr.
  const Layer* layer_of(std::string_view model_name) const;
  /// compute plugin type, "duckdb" by default.
  std::string compute() const;
  /// "acme-data-platform v1.2.3, set at manifest.yaml:24:5" for a dotted manifest path; falls back
  /// to the nearest enclosing path, then to "… default".
  std::string set_at(std::string_view dotted_path) const;
};

}  // namespace floe::core
