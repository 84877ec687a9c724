// SPDX-License-Identifier: Apache-2.0
// The environment variables of this process, as data.
#pragma once

#include <map>
#include <string>

namespace floe {

/// All variables by name; entries without '=' are left out. Of a name that is there twice the first
/// counts.
std::map<std::string, std::string> process_environment();

}  // namespace floe
