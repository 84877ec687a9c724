// SPDX-License-Identifier: Apache-2.0
#include "base/version.h"

namespace floe {

std::string_view version() { return FLOE_VERSION; }

}  // namespace floe
