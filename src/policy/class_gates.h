// SPDX-License-Identifier: Apache-2.0
// governance.quality_gates.by_classification: what sensitive data needs beyond other data.
#pragma once

#include "policy/rule.h"

#include <optional>
#include <string>
#include <vector>

namespace floe::policy {

/// What columns of a level, and of more sensitive ones, need.
struct ClassGate {
  std::string name;  // of the level
  int level = 0;
  std::optional<double> minimum_coverage;  // percent
  std::vector<std::string> required_tests;
  std::string setting;  // "governance.quality_gates.by_classification.RESTRICTED"
};

/// The gates of the platform's levels, least sensitive first.
std::vector<ClassGate> class_gates(const Context& context);

/// The columns of a node that are of a level or a more sensitive one, in lower case.
std::vector<std::string> columns_from(const Context& context, const dbt::Node& node, int level);

}  // namespace floe::policy
