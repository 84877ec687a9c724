// SPDX-License-Identifier: Apache-2.0
#include "policy/active.h"

#include "core/platform/access.h"
#include "core/platform/retention.h"
#include "policy/classification.h"
#include "policy/vault.h"

#include <algorithm>
#include <array>

namespace floe::policy {

namespace {

using core::Layer;
using core::Platform;

struct Asks {
  std::string_view slug;
  bool (*asks)(const Platform&);
};

template <class Wants>
bool any_layer(const Platform& platform, const Wants& wants) {
  return std::any_of(platform.layers.begin(), platform.layers.end(), wants);
}

bool has_layers(const Platform& platform) { return !platform.layers.empty(); }

bool has_dimensions(const Platform& platform) {
  return any_layer(platform, [](const Layer& layer) {
    return std::any_of(layer.prefixes.begin(), layer.prefixes.end(),
                       [](const std::string& prefix) { return prefix.starts_with("dim_"); });
  });
}

/// Whether a test is required somewhere: any, or one of these.
bool requires_test(const Platform& platform, std::initializer_list<std::string_view> names = {}) {
  const auto wanted = [&](const std::vector<std::string>& tests) {
    if (names.size() == 0) return !tests.empty();
    return std::any_of(tests.begin(), tests.end(), [&](const std::string& test) {
      return std::find(names.begin(), names.end(), test) != names.end();
    });
  };
  return wanted(platform.quality_gates.required_tests) ||
         any_layer(platform, [&](const Layer& layer) { return wanted(layer.required_tests); });
}

bool asks_for_contracts(const Platform& platform) {
  return platform.contracts != core::Contracts();
}

bool has_gate_of_level(const Platform& platform, std::string_view field) {
  const auto& gates = platform.quality_gates.by_classification;
  return has_classification(platform, "levels") &&
         std::any_of(gates.begin(), gates.end(),
                     [&](const auto& gate) { return gate.second.find(field) != nullptr; });
}

bool has_access(const Platform& platform, std::string_view name) {
  const value::Value* entries = platform.access_control.find(name);
  return entries != nullptr && !entries->empty();
}

bool has_registry(const Platform& platform, std::string_view name) {
  const value::Value* entries = platform.schema_registry.find(name);
  return entries != nullptr && !entries->empty();
}

bool limits_retention(const Platform& platform) {
  const core::RetentionPolicy policy(platform);
  const auto limits = [](const core::RetentionRule& rule) {
    return rule.max_days || rule.min_days;
  };
  const auto any_limits = [&](const std::map<std::string, core::RetentionRule>& rules) {
    return std::any_of(rules.begin(), rules.end(),
                       [&](const auto& rule) { return limits(rule.second); });
  };
  return limits(policy.general()) || any_limits(policy.layers()) || any_limits(policy.levels()) ||
         any_limits(policy.tags());
}

bool nobody_asks(const Platform&) { return false; }

/// What each rule looks for in a platform before it looks at a project.
constexpr std::array kAsks = std::to_array<Asks>({
    {"layer-prefix", has_layers},
    {"name-case", [](const Platform& p) { return !p.naming.case_style.empty(); }},
    {"model-pattern", [](const Platform& p) { return !p.naming.patterns.models.empty(); }},
    {"reserved-name", [](const Platform& p) { return !p.naming.reserved.empty(); }},
    {"name-length", [](const Platform& p) { return p.naming.max_length.has_value(); }},
    {"column-name",
     [](const Platform& p) {
       return !p.naming.case_style.empty() || !p.naming.patterns.columns.empty();
     }},
    {"source-pattern", [](const Platform& p) { return !p.naming.patterns.sources.empty(); }},
    {"seed-pattern", [](const Platform& p) { return !p.naming.patterns.seeds.empty(); }},
    {"snapshot-pattern", [](const Platform& p) { return !p.naming.patterns.snapshots.empty(); }},
    {"reserved-column", [](const Platform& p) { return has_registry(p, "reserved_columns"); }},
    {"layer-dependency", has_layers},
    {"direct-source-read", has_layers},
    {"layer-materialization",
     [](const Platform& p) {
       return any_layer(p, [](const Layer& layer) { return !layer.materializations.empty(); });
     }},
    {"layer-folder", has_layers},
    {"layer-schema", has_layers},
    {"fact-without-dimension",
     [](const Platform& p) { return p.pattern == "kimball" || p.pattern == "hybrid"; }},
    {"scd-columns", has_dimensions},
    {"scd-type",
     [](const Platform& p) {
       return any_layer(p, [](const Layer& layer) { return !layer.scd_types_allowed.empty(); });
     }},
    {"vault-columns", has_vault},
    {"link-hubs", has_vault},
    {"satellite-parent", has_vault},
    {"hub-attributes",
     [](const Platform& p) { return has_vault(p) && VaultNames(p).hubs_hold_keys_only; }},
    {"required-column", [](const Platform& p) { return has_registry(p, "required_columns"); }},
    {"column-type", [](const Platform& p) { return has_registry(p, "allowed_types"); }},
    {"test-coverage", [](const Platform& p) { return p.quality_gates.minimum_test_coverage > 0; }},
    {"layer-coverage",
     [](const Platform& p) {
       return any_layer(p,
                        [](const Layer& layer) { return layer.minimum_coverage.value_or(0) > 0; });
     }},
    {"required-test", [](const Platform& p) { return requires_test(p); }},
    {"primary-key",
     [](const Platform& p) { return requires_test(p, {"not_null_pk", "unique_pk"}); }},
    {"weakened-test",
     [](const Platform& p) { return requires_test(p) || has_gate_of_level(p, "required_tests"); }},
    {"gate-action", [](const Platform&) { return true; }},
    {"class-coverage",
     [](const Platform& p) { return has_gate_of_level(p, "minimum_test_coverage"); }},
    {"class-test", [](const Platform& p) { return has_gate_of_level(p, "required_tests"); }},
    {"model-description",
     [](const Platform& p) {
       return p.documentation.require_model_descriptions ||
              any_layer(p, [](const Layer& layer) { return layer.required_documentation; });
     }},
    {"column-description",
     [](const Platform& p) { return p.documentation.require_column_descriptions; }},
    {"source-description",
     [](const Platform& p) { return p.documentation.require_source_descriptions; }},
    {"port-description",
     [](const Platform& p) { return p.documentation.require_port_descriptions; }},
    {"exposure-description",
     [](const Platform& p) { return p.documentation.require_exposure_descriptions; }},
    {"classification-missing",
     [](const Platform& p) { return has_classification(p, "required_for"); }},
    {"classification-unknown", [](const Platform& p) { return has_classification(p, "levels"); }},
    {"sensitive-name", [](const Platform& p) { return has_classification(p, "auto_detect"); }},
    {"mask-missing", [](const Platform& p) { return has_classification(p, "tags"); }},
    {"port-exposure", [](const Platform& p) { return has_classification(p, "levels"); }},
    {"classification-lost", [](const Platform& p) { return has_classification(p, "levels"); }},
    {"lineage-unknown", [](const Platform& p) { return has_classification(p, "levels"); }},
    {"product-owner", [](const Platform& p) { return p.ownership.require_product_owner; }},
    {"model-owner", [](const Platform& p) { return p.ownership.require_model_owner; }},
    {"port-owner", [](const Platform& p) { return p.ownership.require_port_owner; }},
    {"port-grant", [](const Platform& p) { return core::AccessModel(p).denies_by_default(); }},
    {"port-unmasked",
     [](const Platform& p) {
       return has_access(p, "column_masks") && has_classification(p, "levels");
     }},
    {"approved-namespace", [](const Platform& p) { return !p.namespaces.empty(); }},
    {"retention-missing",
     [](const Platform& p) {
       const value::Value* layers = p.retention.find("required_for");
       return layers != nullptr && !layers->empty();
     }},
    {"retention-range", limits_retention},
    {"retention-conflict", limits_retention},
    {"size-limit",
     [](const Platform& p) {
       const value::Value& cost = p.cost;
       return cost.size() > (cost.find("enforcement") == nullptr ? 0U : 1U);
     }},
    {"port-contract", [](const Platform& p) { return p.contracts.required_for_output_ports; }},
    {"layer-contract", [](const Platform& p) { return !p.contracts.required_for_layers.empty(); }},
    {"contract-drift", asks_for_contracts},
    {"untested-promise", asks_for_contracts},
    // No product can break these by itself: they are about what is published besides.
    {"breaking-change", nobody_asks},
    {"unmet-expectation", nobody_asks},
    {"unported-read", nobody_asks},
    {"tight-requirement", nobody_asks},
    {"unknown-input-port", nobody_asks},
    {"denied-access", nobody_asks},
    {"unsatisfiable-freshness", nobody_asks},
    {"product-cycle", nobody_asks},
});

}  // namespace

bool is_active(const Platform& platform, const Rule& rule) {
  if (!severity_of(platform, rule.governs)) return false;
  const auto* row = std::find_if(kAsks.begin(), kAsks.end(),
                                 [&](const Asks& row) { return row.slug == rule.slug; });
  return row == kAsks.end() || row->asks(platform);
}

std::vector<std::string> active_codes(const Platform& platform) {
  std::vector<std::string> codes;
  for (const Rule* rule : all_rules()) {
    if (is_active(platform, *rule)) codes.emplace_back(rule->code);
  }
  for (const value::Value& rule : platform.custom_rules.as_list()) {
    const value::Value* code = rule.find("code");
    if (code != nullptr && code->is_string()) codes.push_back(code->as_string());
  }
  return codes;
}

}  // namespace floe::policy
