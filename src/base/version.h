// SPDX-License-Identifier: Apache-2.0
// Which floe this is.
#pragma once

#include <string_view>

namespace floe {

/// The version of this floe: "0.1.0".
std::string_view version();

}  // namespace floe
