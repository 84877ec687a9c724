// SPDX-License-Identifier: Apache-2.0
#include "core/platform/platform.h"

#include <algorithm>

namespace floe::core {

std::string_view enforcement_name(Enforcement enforcement) {
  switch (enforcement) {
    case Enforcement::kOff: return "off";
    case Enforcement::kWarn: return "warn";
    case Enforcement::kStrict: return "strict";
  }
  return "strict";
}

std::string_view gate_action_name(GateAction action) {
  switch (action) {
    case GateAction::kNotify: return "notify";
    case GateAction::kWarn: return "warn";
    case GateAction::kBlock: return "block";
  }
  return "block";
}

Enforcement enforcement_of(const value::Value& section) {
  if (section.empty()) return Enforcement::kOff;
  const value::Value* word = section.find("enforcement");
  if (word == nullptr || !word->is_string()) return Enforcement::kStrict;
  if (word->as_string() == "off") return Enforcement::kOff;
  return word->as_string() == "warn" ? Enforcement::kWarn : Enforcement::kStrict;
}

const Layer* Platform::find_layer(std::string_view layer_name) const {
  const auto found = std::find_if(layers.begin(), layers.end(),
                                  [&](const Layer& layer) { return layer.name == layer_name; });
  return found == layers.end() ? nullptr : &*found;
}

bool Platform::is_product_rule(std::string_view code) const {
  return std::find(product_rules.begin(), product_rules.end(), code) != product_rules.end();
}

const Layer* Platform::layer_of(std::string_view model_name) const {
  const Layer* best = nullptr;
  std::size_t longest = 0;
  for (const Layer& layer : layers) {
    for (const std::string& prefix : layer.prefixes) {
      if (prefix.size() > longest && model_name.starts_with(prefix)) {
        best = &layer;
        longest = prefix.size();
      }
    }
  }
  return best;
}

std::string Platform::compute() const {
  const auto found = plugins.find("compute");
  return found == plugins.end() || found->second.type.empty() ? "duckdb" : found->second.type;
}

std::string Platform::set_at(std::string_view dotted_path) const {
  std::string path(dotted_path);
  for (;;) {
    const auto found = provenance.find(path);
    if (found != provenance.end()) {
      const auto& [tier, location, above] = found->second;
      return location.empty() ? tier + " default" : tier + ", set at " + location;
    }
    const std::size_t dot = path.rfind('.');
    if (dot == std::string::npos) return name + " v" + version + " default";
    path.resize(dot);
  }
}

}  // namespace floe::core
