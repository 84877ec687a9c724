// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/hooks.h"

namespace floe::dbt {

std::vector<Hook> hooks_of(const Node& node) {
  std::vector<Hook> hooks;
  for (const char* key : {"pre-hook", "post-hook"}) {
    const Value* list = node.config.find(key);
    if (list == nullptr || !list->is_list()) continue;
    for (const Value& hook : list->as_list()) {
      const Value* sql = hook.find("sql");
      if (sql != nullptr && sql->is_string()) hooks.push_back({&sql->as_string(), hook.span});
    }
  }
  return hooks;
}

}  // namespace floe::dbt
