// SPDX-License-Identifier: Apache-2.0
// `config` while nodes run: reads the resolved config; calling it does nothing any more.
#pragma once

#include "dbt/jinja/object.h"
#include "dbt/warnings/warnings.h"
#include "value/value.h"

#include <functional>
#include <string>

namespace floe::runtime {

/// `warn`, if not null, is told of what is read in a way that dbt warns of.
jinja::Value runtime_config(const value::Value& config, std::string unique_id,
                            std::function<void(const dbt::Warning&)> warn);

/// Macros may change the mappings that config.get() gives them; dbt's manifest shows it. Brings
/// such changes from `object` (a runtime_config) back into the config it was made of.
void keep_config_changes(const jinja::Value& object, value::Value& config);

}  // namespace floe::runtime
