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

/// Whether a column's type is the one that a platform names: sizes count only if the name has some
/// ("decimal" is any decimal). True if one of the two is not understood.
bool is_type_named(const contract::Type& actual, std::string_view name);

}  // namespace floe::policy
