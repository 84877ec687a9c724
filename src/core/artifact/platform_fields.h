// SPDX-License-Identifier: Apache-2.0
// Which field of a Platform stands where in the artifact: one list for writing and reading.
// `P` is Platform or const Platform; `A` is Writer or Reader.
#pragma once

#include "core/artifact/codec.h"
#include "core/platform/access.h"
#include "core/platform/platform.h"
#include "core/platform/retention.h"

#include <array>

namespace floe::artifact {

template <>
struct EnumWords<core::Enforcement> {
  static constexpr std::array<std::string_view, 3> words{"off", "warn", "strict"};
};
template <>
struct EnumWords<core::GateAction> {
  static constexpr std::array<std::string_view, 3> words{"notify", "warn", "block"};
};
template <>
struct EnumWords<core::EnvironmentType> {
  static constexpr std::array<std::string_view, 4> words{"development", "preview", "staging",
                                                         "production"};
};

/// Whether T is S, const or not.
template <class T, class S>
concept Is = std::is_same_v<std::remove_const_t<T>, S>;

template <class A, Is<core::PluginChoice> T>
void fields(A& a, T& plugin) {
  a.field("type", plugin.type);
  a.field("version", plugin.version);
  a.field("config", plugin.config);
  a.field("connection_secret_ref", plugin.connection_secret_ref);
}

template <class A, Is<core::Layer> T>
void fields(A& a, T& layer) {
  a.field("name", layer.name);
  a.field("prefixes", layer.prefixes);
  a.field("description", layer.description);
  a.field("schema", layer.schema);
  a.field("catalog_namespace", layer.catalog_namespace);
  a.field("materializations", layer.materializations);
  a.field("may_depend_on", layer.may_depend_on);
  a.field("required_tests", layer.required_tests);
  a.field("minimum_coverage", layer.minimum_coverage);
  a.field("required_documentation", layer.required_documentation);
  a.field("scd_types_allowed", layer.scd_types_allowed);
  a.field("scd_default_type", layer.scd_default_type);
}

template <class A, Is<core::NamingPatterns> T>
void fields(A& a, T& patterns) {
  a.field("models", patterns.models);
  a.field("columns", patterns.columns);
  a.field("sources", patterns.sources);
  a.field("seeds", patterns.seeds);
  a.field("snapshots", patterns.snapshots);
}

template <class A, Is<core::Naming> T>
void fields(A& a, T& naming) {
  a.field("enforcement", naming.enforcement);
  a.field("case", naming.case_style);
  a.field("max_length", naming.max_length);
  a.field("reserved", naming.reserved);
  a.field("patterns", naming.patterns);
}

template <class A, Is<core::QualityGates> T>
void fields(A& a, T& gates) {
  a.field("enforcement", gates.enforcement);
  a.field("minimum_test_coverage", gates.minimum_test_coverage);
  a.field("count_inferred_columns", gates.count_inferred_columns);
  a.field("required_tests", gates.required_tests);
  a.field("block_on_failure", gates.block_on_failure);
  a.field("on_failure", gates.on_failure);
  a.field("notify", gates.notify);
  a.field("by_classification", gates.by_classification);
}

/// What only some platforms set to something else than `nothing`: written where they do, so that
/// others keep their bytes.
template <class A, class T>
void rare_field(A& a, std::string_view key, T& target, const std::remove_const_t<T>& nothing) {
  using Plain = std::remove_const_t<T>;
  std::optional<Plain> told;
  if (!(target == nothing)) told = target;
  a.field(key, told);
  if constexpr (!std::is_const_v<T>) target = told.value_or(nothing);
}

/// What only some platforms have.
template <class A, class T>
void rare_field(A& a, std::string_view key, T& target) {
  using Plain = std::remove_const_t<T>;
  if constexpr (std::is_same_v<Plain, value::Value>) {
    rare_field(a, key, target, value::Value::map());
  } else {
    rare_field(a, key, target, Plain());
  }
}

template <class A, Is<core::Documentation> T>
void fields(A& a, T& documentation) {
  a.field("enforcement", documentation.enforcement);
  a.field("require_model_descriptions", documentation.require_model_descriptions);
  a.field("require_column_descriptions", documentation.require_column_descriptions);
  a.field("require_source_descriptions", documentation.require_source_descriptions);
  rare_field(a, "require_port_descriptions", documentation.require_port_descriptions);
  rare_field(a, "require_exposure_descriptions", documentation.require_exposure_descriptions);
}

template <class A, Is<core::Ownership> T>
void fields(A& a, T& ownership) {
  a.field("enforcement", ownership.enforcement);
  a.field("require_product_owner", ownership.require_product_owner);
  a.field("require_model_owner", ownership.require_model_owner);
  rare_field(a, "require_port_owner", ownership.require_port_owner);
}

template <class A, Is<core::Contracts> T>
void fields(A& a, T& contracts) {
  a.field("enforcement", contracts.enforcement);
  a.field("required_for_output_ports", contracts.required_for_output_ports);
  a.field("required_for_layers", contracts.required_for_layers);
  a.field("compatibility", contracts.compatibility);
}

/// What follows from a policy, for those who apply it: floe makes it anew and does not read it.
template <class A, class P, class Make>
void derived_field(A& a, std::string_view key, P& platform, const value::Value& policy,
                   const Make& make) {
  std::optional<value::Value> derived;
  if constexpr (std::is_const_v<P>) {
    if (!policy.empty()) derived = make(platform);
  }
  a.field(key, derived);
}

template <class A, Is<core::Environment> T>
void fields(A& a, T& environment) {
  a.field("name", environment.name);
  a.field("type", environment.type);
  a.field("schema_prefix", environment.schema_prefix);
  a.field("endpoints", environment.endpoints);
  a.field("settings", environment.settings);
}

template <class A, Is<core::Setting> T>
void fields(A& a, T& setting) {
  a.field("tier", setting.tier);
  a.field("location", setting.location);
  a.field("value", setting.value);
}

template <class A, Is<core::Provenance> T>
void fields(A& a, T& provenance) {
  a.field("tier", provenance.tier);
  a.field("location", provenance.location);
  a.added_field("above", provenance.above);
}

template <class A, Is<core::ParentTier> T>
void fields(A& a, T& parent) {
  a.field("name", parent.name);
  a.field("version", parent.version);
  a.field("reference", parent.reference);
  a.field("digest", parent.digest);
}

/// The file `path` of the artifact. Every path of parts() has its case in part_fields.
template <class A, Is<core::Platform> P>
void part_fields(std::string_view path, A& a, P& platform) {
  if (path == "manifest.json") {
    a.field("name", platform.name);
    a.field("version", platform.version);
    a.field("scope", platform.scope);
    a.field("owner", platform.owner);
    a.field("description", platform.description);
    a.field("plugins", platform.plugins);
    a.field("approved_plugins", platform.approved_plugins);
    a.field("environments", platform.environments);
    a.field("artifacts", platform.artifacts);
    a.field("provenance", platform.provenance);
    a.added_field("domain", platform.domain);
    a.added_field("parents", platform.parents);
    a.added_field("effective", platform.document);
  } else if (path == "policies/classification.json") {
    a.field("classification", platform.classification);
  } else if (path == "policies/access-control.json") {
    a.field("access_control", platform.access_control);
    derived_field(a, "resolved", platform, platform.access_control, core::resolved_access);
  } else if (path == "policies/quality-gates.json") {
    a.field("quality_gates", platform.quality_gates);
    a.field("documentation", platform.documentation);
    a.field("ownership", platform.ownership);
    a.added_field("sql_enforcement", platform.sql_enforcement);
    rare_field(a, "sql_errors", platform.sql_errors, core::Enforcement::kStrict);
    rare_field(a, "contracts", platform.contracts);
    rare_field(a, "cost", platform.cost);
    rare_field(a, "include_hub_packages", platform.include_hub_packages);
    a.added_field("waivers", platform.waivers);
  } else if (path == "policies/retention.json") {
    a.field("retention", platform.retention);
    derived_field(a, "effective", platform, platform.retention, core::effective_retention);
  } else if (path == "policies/custom-rules.json") {
    a.field("custom_rules", platform.custom_rules);
  } else if (path == "catalog/namespaces.json") {
    a.field("namespaces", platform.namespaces);
  } else if (path == "catalog/schema-registry.json") {
    a.field("schema_registry", platform.schema_registry);
  } else if (path == "architecture/naming-rules.json") {
    a.field("naming", platform.naming);
  } else if (path == "architecture/layer-constraints.json") {
    a.field("enforcement", platform.architecture_enforcement);
    a.field("pattern", platform.pattern);
    a.field("layers", platform.layers);
    rare_field(a, "data_vault", platform.data_vault);
  }
}

}  // namespace floe::artifact
