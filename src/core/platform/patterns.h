// SPDX-License-Identifier: Apache-2.0
// The architecture patterns floe knows, as layers with their defaults.
#pragma once

#include "core/platform/platform.h"

#include <string_view>
#include <vector>

namespace floe::core {

/// The layers of a pattern (medallion, kimball, data_vault, hybrid) in the order of the data flow;
/// none for any other name.
std::vector<Layer> pattern_layers(std::string_view pattern);

}  // namespace floe::core
