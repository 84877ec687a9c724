// SPDX-License-Identifier: Apache-2.0
#include "dbt/context/builtins.h"

namespace floe::dbt {

jinja::Value make_modules() { return jinja::Value::dict(); }

}  // namespace floe::dbt
