// SPDX-License-Identifier: Apache-2.0
// What plugins.transform_runtime.config may hold for the runtimes that start a dbt executable.
#pragma once

#include <string_view>

namespace floe::plugins::dbt_runtime {

/// The JSON Schema of the configuration.
std::string_view config_schema();

}  // namespace floe::plugins::dbt_runtime
