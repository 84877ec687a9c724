// SPDX-License-Identifier: Apache-2.0
#include "policy/class_gates.h"

#include "policy/classification.h"
#include "policy/facts.h"

namespace floe::policy {

std::vector<ClassGate> class_gates(const Context& context) {
  std::vector<ClassGate> gates;
  if (context.classes == nullptr) return gates;
  const auto& written = context.platform.quality_gates.by_classification;
  const auto& levels = context.classes->scheme().levels;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const auto found = written.find(levels[i]);
    if (found == written.end()) continue;
    ClassGate& gate = gates.emplace_back();
    gate.name = levels[i];
    gate.level = static_cast<int>(i);
    const value::Value* coverage = found->second.find("minimum_test_coverage");
    if (coverage != nullptr && coverage->is_number()) gate.minimum_coverage = coverage->as_double();
    gate.required_tests = texts_of(found->second.find("required_tests"));
    gate.setting = "governance.quality_gates.by_classification." + levels[i];
  }
  return gates;
}

std::vector<std::string> columns_from(const Context& context, const dbt::Node& node, int level) {
  std::vector<std::string> names;
  if (context.classes == nullptr) return names;
  for (const auto& [name, column] : context.classes->of(node.unique_id)) {
    if (column.level() >= level) names.push_back(name);
  }
  return names;
}

}  // namespace floe::policy
