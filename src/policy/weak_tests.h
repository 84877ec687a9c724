// SPDX-License-Identifier: Apache-2.0
// Tests that let failures through.
#pragma once

#include "dbt/project/model.h"
#include "policy/own_test_macros.h"

#include <string>

namespace floe::policy {

/// How a data test was weakened, in words ("has severity warn"); "" if it was not.
std::string weakness_of(const dbt::Project& project, const OwnTestMacros& own,
                        const dbt::Node& test);

}  // namespace floe::policy
