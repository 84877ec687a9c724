// SPDX-License-Identifier: Apache-2.0
// The rules that the data product around here and its platform bring themselves.
#pragma once

#include "cli/command.h"
#include "policy/custom/custom_rules.h"

#include <vector>

namespace floe::cli {

/// The own rules of the platform that governs the current folder, and those that the product adds;
/// none without a product. A
/// platform that can't be had now is no reason to fail: that its rules are missing is said on
/// stderr.
std::vector<policy::CustomRule> rules_of_platform(const Args& args);

}  // namespace floe::cli
