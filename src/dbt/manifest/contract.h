// SPDX-License-Identifier: Apache-2.0
// The contract of a model: whether it is enforced, and the checksum that manifest.json carries.
#pragma once

#include "dbt/project/model.h"

#include <string>

namespace floe::dbt {

/// config.contract.enforced.
bool contract_enforced(const Node& node);

/// The checksum over columns and constraints; empty unless the contract is enforced.
std::string contract_checksum(const Node& node);

}  // namespace floe::dbt
