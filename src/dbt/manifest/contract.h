// SPDX-License-Identifier: Apache-2.0
// The contract of a model: whether it is enforced.
#pragma once

#include "dbt/project/model.h"

namespace floe::dbt {

/// config.contract.enforced.
bool contract_enforced(const Node& node);

}  // namespace floe::dbt
