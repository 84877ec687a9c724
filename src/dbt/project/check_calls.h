// SPDX-License-Identifier: Apache-2.0
// What dbt finds out only when it runs a node: calls of macros that do not exist and variables that
// nobody sets, found by looking at the templates.
#pragma once

#include "dbt/project/load.h"

namespace floe::dbt {

/// Reports, for the nodes of the root package, calls that every rendering reaches (none below an
/// if or a for) and that cannot succeed: an unknown macro (T040), an unknown macro of a known
/// package (T040), var() of a variable that is set nowhere and has no default (T041).
void check_calls(const Loaded& loaded, diag::Sink& sink);

}  // namespace floe::dbt
