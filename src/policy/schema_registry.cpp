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

NamedType::NamedType(std::string_view name)
    : type_(contract::parse_type(name)), is_sized_(contains(name, "(")) {}

bool NamedType::holds(const contract::Type& actual) const {
  using contract::Family;
  if (actual.family == Family::kUnknown || type_.family == Family::kUnknown) return true;
  if (is_sized_) return contract::compare_types(type_, actual) == contract::TypeStep::kSame;
  if (actual.family != type_.family) return false;
  const auto differs = [](const auto& a, const auto& b) { return a && b && *a != *b; };
  return !differs(actual.bits, type_.bits) && actual.is_signed == type_.is_signed &&
         !differs(actual.has_zone, type_.has_zone);
}

}  // namespace floe::policy
