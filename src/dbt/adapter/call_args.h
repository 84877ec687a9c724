// SPDX-License-Identifier: Apache-2.0
// Arguments of native functions picked by position or name, for methods with a simple signature.
#pragma once

#include "dbt/context/base_context.h"
#include "dbt/jinja/object.h"

#include <string_view>

namespace floe::dbt {

/// The argument at `position` or called `name`; None when it was not given.
inline jinja::Value argument(const jinja::Args& args, std::size_t position, std::string_view name) {
  if (position < args.size()) return args[position];
  if (const jinja::Value* value = args.find(name)) return *value;
  return jinja::Value::none();
}

}  // namespace floe::dbt
