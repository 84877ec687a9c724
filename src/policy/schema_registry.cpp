// SPDX-License-Identifier: Apache-2.0
#include "policy/schema_registry.h"

#include "base/text.h"
#include "policy/facts.h"

namespace floe::policy {

std::vector<RegistryColumn> required_columns(const core::Platform& platform,
                                             const std::string& layer) {
  std::vector<RegistryColumn> columns;
  const value::Value* layers = platform.schema_registry.find("required_columns");
  const value::Value* list = layers == nullptr ? nullptr : layers->find(layer);
  if (list == nullptr || !list->is_list()) return columns;
  for (const value::Value& entry : list->as_list()) {
    columns.push_back({text_at(entry, "name"), text_at(entry, "type")});
  }
  return columns;
}

bool is_type_named(const contract::Type& actual, std::string_view name) {
  using contract::Family;
  const contract::Type wanted = contract::parse_type(name);
  if (actual.family == Family::kUnknown || wanted.family == Family::kUnknown) return true;
  if (contains(name, "(")) {
    return contract::compare_types(wanted, actual) == contract::TypeStep::kSame;
  }
  if (actual.family != wanted.family) return false;
  const auto differs = [](const auto& a, const auto& b) { return a && b && *a != *b; };
  return !differs(actual.bits, wanted.bits) && actual.is_signed == wanted.is_signed &&
         !differs(actual.has_zone, wanted.has_zone);
}

}  // namespace floe::policy
