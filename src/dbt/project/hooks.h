// SPDX-License-Identifier: Apache-2.0
// The hooks of a node, as its config has them.
#pragma once

#include "dbt/project/model.h"

#include <string>
#include <vector>

namespace floe::dbt {

struct Hook {
  const std::string* sql;  // a template
  diag::Span span;
};

/// First those before the node, then those after it, each in the order in which they run. They are
/// valid as long as the node's config is not changed.
std::vector<Hook> hooks_of(const Node& node);

}  // namespace floe::dbt
