// SPDX-License-Identifier: Apache-2.0
// catalog.schema_registry: what columns tables have, may have and must not have.
#pragma once

#include "core/contract/type.h"
#include "policy/rule.h"

#include <string>
#include <string_view>
#include <vector>

namespace floe::policy {

struct RegistryColumn {
  std::string name;
  std::string type;  // "" any
};

/// The columns that every model of a layer has.
std::vector<RegistryColumn> required_columns(const core::Platform& platform,
                                             const std::string& layer);

/// A type as a platform names it. Sizes count only if the name has some ("decimal" is any decimal).
class NamedType {
 public:
  explicit NamedType(std::string_view name);
  /// Whether a column's type is this one. True if one of the two is not understood.
  bool holds(const contract::Type& actual) const;

 private:
  contract::Type type_;
  bool is_sized_ = false;
};

}  // namespace floe::policy
