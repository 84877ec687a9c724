// SPDX-License-Identifier: Apache-2.0
// Custom rules that need no SQL.
#pragma once

#include "policy/custom/custom_rules.h"

namespace floe::policy {

/// Checks a rule of a declarative kind (require_meta, require_tag, require_test,
/// forbid_materialization, require_tags_for_prefix) on the models it applies to. A rule without a
/// kind checks nothing.
void check_declarative(const Context& context, const CustomRule& rule, diag::Sink& sink);

}  // namespace floe::policy
