// SPDX-License-Identifier: Apache-2.0
// The one table of a platform's rules and of which way each is stricter: for products that tighten
// (tighten.h) and for comparing two versions (compare.h).
#pragma once

#include "core/platform/platform.h"

#include <string>

namespace floe::core {

// A visitor has a method for each order of strictness, called with the rule's dotted manifest path
// and its value in every platform of the visit:
//   enforcement  off < warn < strict
//   gate_action  notify < warn < block
//   flag         true is stricter
//   coverage     a percentage, higher is stricter; of a layer perhaps not set, which is like 0
//   limit        lower is stricter; perhaps not set, which is no limit
//   extend       names, more are stricter
//   subset       names, fewer are stricter; with `empty_is_all` none stands for all
//   compatibility  none, backward, forward, full and their _transitive forms, as the schema has it
//   fixed        a text that can be set where there is none; no order between two texts

/// Visits the rules of layer `path` ("data_architecture.layers.gold"), which all of `layers` are.
template <class Visitor, class... L>
void visit_layer_rules(Visitor& visitor, const std::string& path, L&... layers) {
  visitor.subset(path + ".materializations", true, layers.materializations...);
  visitor.subset(path + ".may_depend_on", false, layers.may_depend_on...);
  visitor.extend(path + ".quality_gates.required_tests", layers.required_tests...);
  visitor.coverage(path + ".quality_gates.minimum_coverage", layers.minimum_coverage...);
  visitor.flag(path + ".quality_gates.required_documentation", layers.required_documentation...);
  visitor.subset(path + ".scd.types_allowed", true, layers.scd_types_allowed...);
}

/// Visits all rules but those of layers: pattern, naming, quality, documentation, ownership,
/// contracts.
template <class Visitor, class... P>
void visit_rules(Visitor& visitor, P&... platforms) {
  const std::string base = "data_architecture.";
  visitor.fixed(base + "pattern", platforms.pattern...);
  visitor.enforcement(base + "enforcement", platforms.architecture_enforcement...);
  const std::string naming = base + "naming.";
  visitor.enforcement(naming + "enforcement", platforms.naming.enforcement...);
  visitor.fixed(naming + "case", platforms.naming.case_style...);
  visitor.limit(naming + "max_length", platforms.naming.max_length...);
  visitor.extend(naming + "reserved", platforms.naming.reserved...);
  visitor.fixed(naming + "patterns.models", platforms.naming.patterns.models...);
  visitor.fixed(naming + "patterns.columns", platforms.naming.patterns.columns...);
  visitor.fixed(naming + "patterns.sources", platforms.naming.patterns.sources...);
  visitor.fixed(naming + "patterns.seeds", platforms.naming.patterns.seeds...);
  visitor.fixed(naming + "patterns.snapshots", platforms.naming.patterns.snapshots...);

  const std::string gates = "governance.quality_gates.";
  visitor.enforcement(gates + "enforcement", platforms.quality_gates.enforcement...);
  visitor.coverage(gates + "minimum_test_coverage",
                   platforms.quality_gates.minimum_test_coverage...);
  visitor.extend(gates + "required_tests", platforms.quality_gates.required_tests...);
  visitor.flag(gates + "count_inferred_columns", platforms.quality_gates.count_inferred_columns...);
  visitor.flag(gates + "block_on_failure", platforms.quality_gates.block_on_failure...);
  visitor.gate_action(gates + "on_failure", platforms.quality_gates.on_failure...);

  const std::string texts = "governance.documentation.";
  visitor.flag(texts + "require_model_descriptions",
               platforms.documentation.require_model_descriptions...);
  visitor.flag(texts + "require_column_descriptions",
               platforms.documentation.require_column_descriptions...);
  visitor.flag(texts + "require_source_descriptions",
               platforms.documentation.require_source_descriptions...);
  visitor.flag(texts + "require_port_descriptions",
               platforms.documentation.require_port_descriptions...);
  visitor.flag(texts + "require_exposure_descriptions",
               platforms.documentation.require_exposure_descriptions...);
  visitor.enforcement(texts + "enforcement", platforms.documentation.enforcement...);

  const std::string owners = "governance.ownership.";
  visitor.flag(owners + "require_product_owner", platforms.ownership.require_product_owner...);
  visitor.flag(owners + "require_model_owner", platforms.ownership.require_model_owner...);
  visitor.flag(owners + "require_port_owner", platforms.ownership.require_port_owner...);
  visitor.enforcement(owners + "enforcement", platforms.ownership.enforcement...);
  visitor.enforcement("governance.sql.enforcement", platforms.sql_enforcement...);
  visitor.enforcement("governance.sql.errors", platforms.sql_errors...);
  visitor.flag("governance.include_hub_packages", platforms.include_hub_packages...);

  const std::string contracts = "governance.contracts.";
  visitor.enforcement(contracts + "enforcement", platforms.contracts.enforcement...);
  visitor.flag(contracts + "required_for_output_ports",
               platforms.contracts.required_for_output_ports...);
  visitor.extend(contracts + "required_for_layers", platforms.contracts.required_for_layers...);
  visitor.compatibility(contracts + "compatibility", platforms.contracts.compatibility...);
}

}  // namespace floe::core
