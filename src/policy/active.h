// SPDX-License-Identifier: Apache-2.0
// Which rules a platform turns on, without looking at any project.
#pragma once

#include "policy/rule.h"

#include <string>
#include <vector>

namespace floe::policy {

/// Whether a product could break the rule: it is enforced, and the platform asks for what it checks
/// (a coverage rule without a minimum asks for nothing).
bool is_active(const core::Platform& platform, const Rule& rule);

/// The codes of all active rules and of the platform's own (X001), in order.
std::vector<std::string> active_codes(const core::Platform& platform);

}  // namespace floe::policy
