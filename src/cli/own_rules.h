// SPDX-License-Identifier: Apache-2.0
// The rules that the data product around here and its platform bring themselves.
#pragma once

#include "cli/command.h"
#include "policy/custom/custom_rules.h"

#include <optional>
#include <vector>

namespace floe::cli {

/// The platform that governs the current folder, with what the product tightens; nothing without a
/// product. A platform that can't be had now is no reason to fail: that its rules are missing is
/// said on stderr.
std::optional<core::Platform> platform_here(const Args& args);
/// Its own rules, and those that the product adds.
std::vector<policy::CustomRule> rules_of_platform(const Args& args);

}  // namespace floe::cli
