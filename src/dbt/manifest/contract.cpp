// SPDX-License-Identifier: Apache-2.0
#include "dbt/manifest/contract.h"

namespace floe::dbt {

bool contract_enforced(const Node& node) {
  const Value* enforced = node.config.find_path("contract.enforced");
  return enforced != nullptr && enforced->is_bool() && enforced->as_bool();
}

}  // namespace floe::dbt
