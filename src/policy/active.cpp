// SPDX-License-Identifier: Apache-2.0
#include "policy/active.h"

#include "policy/classification.h"

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
    {"test-coverage", [](const Platform& p) { return p.quality_gates.minimum_test_coverage > 0; }},
    {"layer-coverage",
     [](const Platform& p) {
       return any_layer(p,
                        [](const Layer& layer) { return layer.minimum_coverage.value_or(0) > 0; });
     }},
    {"required-test", [](const Platform& p) { return requires_test(p); }},
    {"primary-key",
     [](const Platform& p) { return requires_test(p, {"not_null_pk", "unique_pk"}); }},
    {"weakened-test", [](const Platform& p) { return requires_test(p); }},
    {"gate-action", [](const Platform&) { return true; }},
    {"model-description",
     [](const Platform& p) {
       return p.documentation.require_model_descriptions ||
              any_layer(p, [](const Layer& layer) { return layer.required_documentation; });
     }},
    {"column-description",
     [](const Platform& p) { return p.documentation.require_column_descriptions; }},
    {"source-description",
     [](const Platform& p) { return p.documentation.require_source_descriptions; }},
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
    {"port-contract", [](const Platform& p) { return p.contracts.required_for_output_ports; }},
    {"layer-contract", [](const Platform& p) { return !p.contracts.required_for_layers.empty(); }},
    {"contract-drift", asks_for_contracts},
    // No product can break these by itself: they are about what is published besides.
    {"breaking-change", nobody_asks},
    {"unmet-expectation", nobody_asks},
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
