// SPDX-License-Identifier: Apache-2.0
// Writes template values as YAML text, in the style of PyYAML's safe_dump.
#pragma once

#include "dbt/jinja/value.h"

#include <string>

namespace floe::dbt {

std::string yaml_text(const jinja::Value& value, bool sort_keys);

}  // namespace floe::dbt
