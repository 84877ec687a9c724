// SPDX-License-Identifier: Apache-2.0
// The selection methods: which graph members one `method.args:value` names. Internal to selection.
#pragma once

#include "dbt/graph/select.h"

#include <functional>

namespace floe::dbt {

/// What the methods look at.
struct SelectContext {
  const Project& project;
  const Graph& graph;
  const SelectOptions& options;
  std::vector<Warning>& warnings;
};

/// The members that a criterion names, without its `+` and `@` (every method but `selector`).
Result<NodeSet> search(const SelectContext& context, const SelectSpec& criterion);

/// `state:VALUE`.
Result<NodeSet> search_state(const SelectContext& context, std::string_view value);

/// The text of a selector value.
std::string selector_text(const Value& value);

}  // namespace floe::dbt
