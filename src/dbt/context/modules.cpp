// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/modules/modules.h"

#include "dbt/context/builtins.h"

namespace floe::dbt {

jinja::Value make_modules() {
  static const jinja::Value kModules = jinja::context_modules();
  return kModules;
}

}  // namespace floe::dbt
