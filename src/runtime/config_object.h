// SPDX-License-Identifier: Apache-2.0
// `config` while nodes run: reads the resolved config; calling it does nothing any more.
#pragma once

#include "dbt/jinja/object.h"
#include "value/value.h"

#include <string>

namespace floe::runtime {

jinja::Value runtime_config(const value::Value& config, std::string unique_id);

}  // namespace floe::runtime
